"""A table as it was before readings had channel, minutes and quality: read rightly, and brought to the form of now.

`former/` was written by the code of November 2026: two MPANs, one of them with a wrong check digit (none was asked for),
and an NMI; three files, the second of which sends four half hours again.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.energy.ingest.handler import ingest
from core.energy.readings import query
from core.energy.readings.schema import TABLE
from core.energy.readings.table import ReadingsTable
from core.energy.readings.zones import named
from core.kernel.store import Store
from tests.core.energy.ingest.files import HEADER, MPAN, line
from tests.core.energy.ingest.test_handler import drop
from tests.core.energy.readings.asking import totals

FIRST = datetime(2026, 3, 28, tzinfo=UTC)
UNCHECKED, NMI = "1012345678901", "NMI0001234"


@pytest.fixture
def former(store: Store) -> Store:
    assert store.folder is not None
    shutil.copytree(Path(__file__).parent / "former", store.folder, dirs_exist_ok=True)
    return store


def expected() -> list[Decimal]:
    """The first MPAN at latest: version 3 of two half hours, and what the second file sent of four others."""
    values = [Decimal(f"0.{100 + number}") for number in range(96)]
    values[2:6] = [Decimal(f"-{number}.5") for number in range(4)]
    values[:2] = [Decimal("0.25"), Decimal("1.25")]
    return values


def values(store: Store, point: str, **wanted: Any) -> list[Decimal]:
    table = query.readings(store, "A", query.Series(point, **wanted), limit=1000)
    return [] if table is None else table.column("value").to_pylist()


def check(store: Store) -> None:
    assert values(store, MPAN) == expected()
    assert values(store, MPAN, version=1)[:3] == [Decimal("0.100"), Decimal("0.101"), Decimal("-0.5")]
    assert values(store, MPAN, channel="export") == []
    assert values(store, UNCHECKED) == [Decimal("1.000000001")] * 4
    assert values(store, NMI) == [Decimal("999999999.123456789")] * 3
    days = totals(store, "A", query.Series(MPAN, zone=named("Europe/London")), resolution="day")
    assert [(total.start.day, total.minutes) for total in days] == [(28, 1440), (29, 1380), (30, 60)]
    assert sum(total.value for total in days) == sum(expected())
    summary = {point.point: point for point in query.points(store, "A")}
    assert sorted(summary) == [UNCHECKED, MPAN, NMI]
    assert (summary[MPAN].versions, summary[MPAN].channels, summary[MPAN].minutes) == ([1, 3], ["import"], [30])
    assert (summary[MPAN].first, summary[MPAN].last) == (FIRST, FIRST + timedelta(minutes=30 * 95))
    assert [summary[point].rows for point in sorted(summary)] == [4, 98, 3]


def columns(store: Store) -> list[str]:
    table = ReadingsTable(store, "A").open()
    assert table is not None
    return [field.name for field in table.schema().fields]


def test_it_is_read_as_it_is(former: Store) -> None:
    check(former)
    assert "kwh" in columns(former)


def test_the_next_file_brings_it_to_the_form_of_now(former: Store) -> None:
    report = ingest(former, drop(former, "new.csv", HEADER + line("2026-04-01T00:00:00Z", "7")))
    assert report is not None
    assert (report["landed"], report["replaced"]) == (1, 0)
    assert columns(former) == TABLE.names
    assert values(former, MPAN)[-1] == 7
    former_rows = values(former, MPAN)[:-1]
    assert former_rows == expected()
    table = ReadingsTable(former, "A").open()
    assert table is not None
    found = duckdb.sql(f"SELECT DISTINCT channel, minutes, quality FROM read_parquet({table.file_uris()!r})").fetchall()
    assert found == [("import", 30, "actual")]


def test_a_compaction_brings_it_to_the_form_of_now_and_changes_no_reading(former: Store) -> None:
    assert ReadingsTable(former, "A").compact(at=1)
    assert columns(former) == TABLE.names
    check(former)


def test_a_file_that_sends_former_readings_again_replaces_them(former: Store) -> None:
    content = HEADER + line("2026-03-28T12:00:00Z", "5") + line("2026-03-28T12:30:00Z", "0.125")
    report = ingest(former, drop(former, "again.csv", content, created=1.9e9))
    assert report is not None
    assert (report["landed"], report["duplicates"], report["replaced"]) == (1, 1, 1)
    assert report["first_conflicts"] == [
        {
            "point": MPAN,
            "channel": "import",
            "start": "2026-03-28T12:00:00Z",
            "version": 1,
            "won": "5 (actual)",
            "lost": "0.124 (actual)",
            "why": "the later file wins",
        }
    ]


@pytest.mark.parametrize("dies_at", ["_upload", "_commit"])
def test_a_crash_while_it_is_brought_to_the_form_of_now_loses_nothing(
    former: Store, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    event = drop(former, "new.csv", HEADER + line("2026-04-01T00:00:00Z", "7"))

    def die(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ReadingsTable, dies_at, die)
        with pytest.raises(KeyboardInterrupt):
            ingest(former, event)
    check(former)
    original = ReadingsTable._commit

    def once(self: ReadingsTable, *arguments: Any, **named_: Any) -> bool:
        """Die right after the table was brought to the form of now, before the file's rows are in."""
        done = original(self, *arguments, **named_)
        if named_.get("replacing"):
            raise KeyboardInterrupt
        return done

    with monkeypatch.context() as patch:
        patch.setattr(ReadingsTable, "_commit", once)
        with pytest.raises(KeyboardInterrupt):
            ingest(former, event)
    assert columns(former) == TABLE.names
    check(former)
    assert (ingest(former, event) or {})["landed"] == 1
    assert values(former, MPAN) == [*expected(), 7]
