"""Several objects that come at once: what is told of each is what would be told of it alone, in fewer commits."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.energy.accounts import accounts
from core.energy.ingest import handler, intake
from core.energy.ingest.handler import ingest, ingest_together
from core.energy.readings import query
from core.energy.readings.table import ReadingsTable
from core.kernel.documents import Documents
from core.kernel.errors import TrefoilError, unavailable
from core.kernel.events import ObjectCreated
from core.kernel.store import Store, open_store
from tests.core.energy.ingest.files import HEADER, line, mpan
from tests.core.energy.ingest.test_handler import drop, kwh
from tests.requests import noted

SAME = ("status", "reason", "rows", "accepted", "rejected", "readings", "landed", "duplicates", "conflicts", "replaced")


def versions(store: Store, account: str = "A") -> int:
    table = ReadingsTable(store, account).open()
    return 0 if table is None else table.version() + 1


def told(found: Any) -> dict[str, Any]:
    assert isinstance(found, dict)
    return found


def test_ten_files_of_one_account_are_one_commit_and_one_file(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [drop(store, f"{number}.csv", HEADER + line(point=mpan(number))) for number in range(10)]
    asked = noted(monkeypatch)
    found = [told(one) for one in ingest_together(store, events)]
    assert [one["landed"] for one in found] == [1] * 10
    assert {one["table_version"] for one in found} == {1}
    assert versions(store) == 2
    written = [one for one in asked if one.startswith("put readings/A")]
    assert len(written) == 3  # the table's first entry, the file and its entry
    assert [point.point for point in query.points(store, "A")] == sorted(mpan(number) for number in range(10))
    assert ingest_together(store, events) == found
    assert versions(store) == 2


def test_files_of_several_accounts_are_a_commit_each(store: Store) -> None:
    events = [drop(store, f"{number}.csv", HEADER + line(), account=f"A{number % 2}") for number in range(2)]
    events += [drop(store, "more.csv", HEADER + line("2026-02-01T00:00:00Z"), account="A0")]
    ingest_together(store, events)
    assert (versions(store, "A0"), versions(store, "A1")) == (2, 2)


def test_one_that_is_refused_or_unaddressable_or_gone_leaves_the_others_be(store: Store) -> None:
    good, bad = drop(store, "good.csv", HEADER + line()), drop(store, "bad.csv", b"hello")
    other = ObjectCreated("elsewhere/x.csv")
    events = [bad, ObjectCreated("incoming/A/gone.csv"), good, ObjectCreated("incoming/A//x.csv"), other]
    refused, gone, accepted, unaddressable, elsewhere = ingest_together(store, events)
    assert (told(refused)["status"], told(unaddressable)["status"]) == ("refused", "refused")
    assert told(accepted)["landed"] == 1
    assert gone is None
    assert elsewhere is None


def test_one_whose_account_goes_meanwhile_does_not_take_the_others_along(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [drop(store, f"{account}.csv", HEADER + line(), account=account) for account in ("Gone", "Kept")]
    stage = intake.stage
    documents = Documents(store)

    def staged(*arguments: Any, **options: Any) -> Any:
        accounts.remove(documents, "Gone")
        return stage(*arguments, **options)

    monkeypatch.setattr(intake, "stage", staged)
    gone, kept = ingest_together(store, events)
    assert gone is None
    assert told(kept)["landed"] == 1
    assert (versions(store, "Gone"), versions(store, "Kept")) == (0, 2)


def test_a_store_that_fails_fails_those_that_wait_for_it_and_no_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [drop(store, f"{number}.csv", HEADER + line(), account=f"A{number}") for number in range(2)]
    upload = ReadingsTable._upload

    def failing(self: ReadingsTable, *arguments: Any) -> Any:
        if self._prefix == "readings/A0":
            raise unavailable("the store did not serve it")
        return upload(self, *arguments)

    monkeypatch.setattr(ReadingsTable, "_upload", failing)
    failed, done = ingest_together(store, events)
    assert isinstance(failed, TrefoilError)
    assert told(done)["landed"] == 1
    monkeypatch.undo()
    assert told(ingest(store, events[0]))["landed"] == 1


def test_what_is_small_does_not_wait_for_what_is_large(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "SMALL", 100)
    events = [
        drop(store, "large.csv", HEADER + line(point=mpan(2)) + line("2026-01-01T00:30:00Z", point=mpan(2))),
        drop(store, "small.csv", HEADER + line(point=mpan(1))),
    ]
    large, small = map(told, ingest_together(store, events))
    assert (small["table_version"], large["table_version"]) == (1, 2)


FILES = st.lists(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(1, 3)), min_size=1, max_size=4),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES)
def test_together_the_table_and_the_reports_are_those_of_one_after_the_other(files: Sequence[Any]) -> None:
    """Also where files share readings, hold one twice, or have intervals that overlap."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        found = []
        for name in (one, other):
            store = open_store(Path(name).as_uri())
            events = []
            for number, rows in enumerate(files):
                content = HEADER + b"".join(
                    line(
                        f"2026-01-01T00:{30 * (slot % 2):02}:00Z".replace("T00", f"T{slot // 2:02}"),
                        f"{value}",
                        mpan(at),
                    )
                    for at, slot, value in rows
                )
                events.append(drop(store, f"{number}.csv", content, created=1.9e9 + number))
            reports = ingest_together(store, events) if name == one else [ingest(store, event) for event in events]
            points = [(point.point, point.first, point.last, point.rows) for point in query.points(store, "A")]
            values = [kwh(store, point=mpan(at)) for at in range(4)]
            found.append(([{field: told(report)[field] for field in SAME} for report in reports], points, values))
        assert found[0] == found[1]


def test_one_that_meets_a_lost_file_fails_alone(store: Store) -> None:
    ingest(store, drop(store, "before.csv", HEADER + line(point=mpan(1))))
    (lost,) = (store.folder / "readings/A").glob("*.parquet")  # type: ignore[operator]
    lost.unlink()
    events = [drop(store, f"{number}.csv", HEADER + line(kwh="9", point=mpan(number))) for number in range(3)]
    found = ingest_together(store, events)
    assert [isinstance(one, TrefoilError) for one in found] == [False, True, False]


def test_what_one_leaves_on_disk_is_gone_before_the_next_large_one_is_read(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "SMALL", 0)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    stage, seen = intake.stage, []

    def staged(*arguments: Any, **options: Any) -> Any:
        seen.append([path.name for path in scratch.rglob("*") if path.is_file() and path.suffix != ".gz"])
        return stage(*arguments, **options)

    monkeypatch.setattr(intake, "stage", staged)
    bad = drop(store, "bad.csv", b"hello")
    ingest_together(store, [bad, *(drop(store, f"{n}.csv", HEADER + line(point=mpan(n))) for n in range(3))])
    assert seen == [[]] * 4


def test_the_report_of_a_refused_name_goes_with_an_account_that_goes_meanwhile(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents, ensure = Documents(store), accounts.ensure

    def made_and_gone(*arguments: Any) -> str:
        made = ensure(*arguments)
        accounts.remove(documents, "A")
        return made

    monkeypatch.setattr(accounts, "ensure", made_and_gone)
    ingest(store, ObjectCreated("incoming/A//x.csv"))
    assert documents.list("ingestions/A") == []
