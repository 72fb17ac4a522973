"""What each job makes of a store that fails in its midst, of files of crashed writers, and of what changes meanwhile."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from core.energy.accounts import accounts
from core.energy.exports import documents as exports
from core.energy.forecasts.settings import Forecasting, Site
from core.energy.functions import FUNCTIONS
from core.energy.ingest import handler as ingestion
from core.energy.ingest import intake
from core.energy.ingest.handler import ingest
from core.energy.readings import query, rewrite
from core.energy.readings.table import ReadingsTable
from core.kernel.auth import access
from core.kernel.documents import Documents
from core.kernel.errors import TrefoilError
from core.kernel.events import ObjectCreated
from core.kernel.services import Services
from core.kernel.store import Store, listing
from demo.weather import WeatherStandIn
from tests.core.energy.ingest.files import HEADER, mpan
from tests.core.energy.ingest.test_handler import drop
from tests.core.energy.running import run

WEEK = 7 * 24 * 3600


def fill(store: Store, points: int = 7) -> list[str]:
    """Readings of several points in three files, and their rows in order."""
    rows = [
        f"{mpan(point)},2026-01-01T{n // 2:02}:{n % 2 * 30:02}:00Z,{version},{point}.{n}{version}\n"
        for point in range(points)
        for n in range(2, 6)
        for version in (1, 2)
    ]
    for number in range(3):
        ingest(store, drop(store, f"{number}.csv", HEADER + "".join(rows[number::3]).encode()))
    return rows


def export(services: Services, form: str = "csv") -> dict[str, Any]:
    asked = exports.create(services.documents, services.clock, "A", form=form, begin=None, end=None)
    run(services, json.dumps({"job": "export", "account": "A", "id": asked["id"]}).encode())
    return exports.get(services.documents, "A", asked["id"]) or {}


def data_file(store: Store) -> Path:
    assert store.folder is not None
    return next((store.folder / "readings" / "A").glob("*.parquet"))


@pytest.mark.parametrize("rows_per_slice", [1, 9, 10_000])
def test_an_export_is_in_order_however_it_is_sliced(
    services: Services, store: Store, monkeypatch: pytest.MonkeyPatch, rows_per_slice: int
) -> None:
    rows = fill(store)
    monkeypatch.setattr(rewrite, "ROWS_PER_SLICE", rows_per_slice)
    done = export(services)
    assert store.folder is not None
    exported = ["{},import,{},30,{},{},kWh,actual\n".format(*row.strip().split(",")) for row in rows]
    header = "point,channel,start,minutes,version,value,unit,quality\n"
    assert (store.folder / done["key"]).read_text() == header + "".join(exported)
    assert done["rows"] == len(rows)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_store_that_fails_in_the_midst_of_an_export_leaves_no_file(
    services: Services, store: Store, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    fill(store)
    monkeypatch.setattr(rewrite, "ROWS_PER_SLICE", 1)
    lost = data_file(store)
    content = lost.read_bytes()
    lost.write_bytes(content[: len(content) // 2])
    with pytest.raises(TrefoilError, match="did not serve"):
        export(services, form)
    (document,) = listing(store, "exports/A")
    assert Documents(store).get(document["path"]).value["status"] == "queued"  # type: ignore[union-attr]
    lost.write_bytes(content)
    assert export(services, form)["status"] == "done"


def test_an_export_of_an_account_deleted_while_it_is_written_leaves_no_file(
    services: Services, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    opened = ReadingsTable.open

    def open_then_delete(self: ReadingsTable) -> object:
        table = opened(self)
        delete(services)
        monkeypatch.undo()
        return table

    monkeypatch.setattr(ReadingsTable, "open", open_then_delete)
    with pytest.raises(TrefoilError):  # on a folder, the files are gone at once
        export(services)
    assert listing(store, "exports/A") == []


def delete(services: Services) -> Any:
    message = {"job": "delete-account", "account": "A", "identity": accounts.identity(services.documents, "A")}
    return run(services, json.dumps(message).encode())


OLD = HEADER + b"1012345678903,2026-01-01T00:00:00Z,1,1\n"
NEW = HEADER + b"1012345678903,2026-02-01T00:00:00Z,1,2\n"


def held(store: Store, account: str = "A") -> list[str]:
    folders = [place.rstrip("/") for place in FUNCTIONS.owned_by(account) if place.endswith("/")]
    return [meta["path"] for folder in folders for meta in listing(store, folder)]


def at(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, happens: Callable[[], object], *, after: bool) -> None:
    """Let something happen once before or after a function of the code under test runs."""
    original = getattr(owner, name)
    done: list[bool] = []

    def instead(*arguments: Any, **options: Any) -> Any:
        if not after and not done:
            done.append(True)
            happens()
        result = original(*arguments, **options)
        if after and not done:
            done.append(True)
            happens()
        return result

    monkeypatch.setattr(owner, name, instead)


WINDOWS = {
    "before it is looked up": (ingestion, "look_up", False),
    "once it was looked up": (ingestion, "look_up", True),
    "while it is read": (intake, "stage", False),
    "before the rows are merged": (ReadingsTable, "merge_all", False),
    "while the rows are uploaded": (ReadingsTable, "_upload", True),
    "right after the commit": (ReadingsTable, "_commit", True),
    "before the table is looked after": (ReadingsTable, "look_after", False),
    "before the report is written": (Documents, "put", False),
    "once the report is written": (Documents, "put", True),
}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("had_a_table", [False, True], ids=["a first file", "a later file"])
def test_an_account_deleted_during_an_ingestion_leaves_nothing(
    services: Services, store: Store, monkeypatch: pytest.MonkeyPatch, window: str, had_a_table: bool
) -> None:
    accounts.ensure(services.documents, "A")
    if had_a_table:
        ingest(store, drop(store, "first.csv", NEW))
    owner, name, after = WINDOWS[window]
    event = drop(store, "a.csv", OLD)
    with monkeypatch.context() as patch:
        at(patch, owner, name, lambda: delete(services), after=after)
        with suppress(TrefoilError):  # what it met may be a store in disorder; it comes again then
            ingest(store, event)
    ingest(store, event)
    assert held(store) == []
    assert not accounts.exists(services.documents, "A")


@pytest.mark.parametrize("window", WINDOWS)
def test_a_file_of_a_new_account_of_that_name_is_not_lost_and_alone(
    services: Services, store: Store, monkeypatch: pytest.MonkeyPatch, window: str
) -> None:
    """The old ingestion goes on while the account is deleted, and made anew by another file."""
    accounts.ensure(services.documents, "A")
    owner, name, after = WINDOWS[window]
    event, successor = drop(store, "a.csv", OLD), ObjectCreated("incoming/A/new.csv")

    def delete_and_drop() -> None:
        delete(services)
        drop(store, "new.csv", NEW)

    with monkeypatch.context() as patch:
        at(patch, owner, name, delete_and_drop, after=after)
        with suppress(TrefoilError):
            ingest(store, event)
    ingest(store, event)
    assert (ingest(store, successor) or {})["accepted"] == 1
    (point,) = query.points(store, "A")
    assert (point.rows, point.first.month) == (1, 2)
    assert [path for path in held(store) if path.startswith("ingestions")] != []


def test_while_an_account_is_deleted_it_is_gone_and_new_files_wait(services: Services, store: Store) -> None:
    identity = accounts.ensure(services.documents, "A")
    assert accounts.condemn(services.documents, "A", identity)
    assert not accounts.exists(services.documents, "A")
    with pytest.raises(TrefoilError, match="account 'A' is being deleted"):
        ingest(store, drop(store, "a.csv", OLD))
    assert delete_again(services, identity)["removed"] == 1
    event = drop(store, "b.csv", NEW)
    assert (ingest(store, event) or {})["accepted"] == 1


def delete_again(services: Services, identity: str) -> Any:
    message = {"job": "delete-account", "account": "A", "identity": identity}
    return run(services, json.dumps(message).encode())


@pytest.mark.parametrize("name", ["compact", "tidy"])
def test_an_account_deleted_during_its_upkeep_leaves_nothing(
    services: Services, store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for day in range(1, 10):
        ingest(store, drop(store, f"{day}.csv", HEADER + b"1012345678903,2026-01-%02dT00:00:00Z,1,1\n" % day))
    windows = {"compact": (ReadingsTable, "_upload", True), "tidy": (ReadingsTable, "tidy", False)}
    owner, method, after = windows[name]
    with monkeypatch.context() as patch:
        at(patch, owner, method, lambda: delete(services), after=after)
        with suppress(TrefoilError):
            run(services, b'{"job":"maintain","account":"A"}')
    assert held(store) == []


def test_a_deletion_takes_along_what_no_client_lists(services: Services, store: Store) -> None:
    """Unfinished uploads of a process that was killed, and names that no object store could hold."""
    accounts.ensure(services.documents, "A")
    assert store.folder is not None
    folder = store.folder / "exports" / "A"
    folder.mkdir(parents=True)
    for name in ("part.csv#1", "line\nbreak", "deep"):
        (folder / name).mkdir() if name == "deep" else (folder / name).write_text("x")
    (folder / "deep" / "er").write_text("x")
    assert delete(services)["removed"] == 3
    assert not folder.exists()


def test_a_deletion_takes_back_what_was_granted_on_that_account_only(services: Services, store: Store) -> None:
    for resource in ("A", "A1", "*"):
        access.grant(services.documents, "podge", "read", resource)
    accounts.ensure(services.documents, "A")
    delete(services)
    held = access.grants(services.documents, "podge")
    assert sorted(grant.resource for grant in held) == ["*", "A1"]


def test_the_upkeep_removes_what_crashed_writers_left_after_a_week(services: Services, store: Store) -> None:
    fill(store)
    lost = [data_file(store).with_name(f"part-lost-{number}.parquet") for number in range(2)]
    for path, age in zip(lost, (WEEK + 60, WEEK - 60), strict=True):
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age,) * 2)
    done = run(services, b'{"job":"maintain","account":"A"}')
    assert done["vacuumed"] == 1
    assert [path.exists() for path in lost] == [False, True]
    assert len(export(services)["key"]) > 0


def test_the_upkeep_of_an_account_that_is_gone_does_nothing(services: Services) -> None:
    done = run(services, b'{"job":"maintain","account":"A"}')
    assert done == {"account": "A", "compacted": False, "vacuumed": 0}


def test_the_upkeep_twice_does_nothing_more(services: Services, store: Store) -> None:
    for day in range(1, 10):
        ingest(store, drop(store, f"{day}.csv", HEADER + b"1012345678903,2026-01-%02dT00:00:00Z,1,1\n" % day))
    first, second = (run(services, b'{"job":"maintain","account":"A"}') for _ in range(2))
    assert (first["compacted"], second["compacted"]) == (True, False)
    assert ReadingsTable(store, "A").open().version() == 10  # type: ignore[union-attr]


def test_without_sites_there_is_nothing_to_fetch(services: Services) -> None:
    assert run(services, b'{"job":"forecast","date":"2026-01-01"}') == {}


def test_a_store_that_fails_while_forecasts_are_stored_is_tried_again(services: Services, store: Store) -> None:
    assert store.folder is not None
    with closing(WeatherStandIn()) as source:
        own = Forecasting(source.url, (Site("london", 51.5, 0),))
        services = replace(services, own=replace(services.own, forecasting=own))
        (store.folder / "forecasts").write_text("in the way")
        with pytest.raises(TrefoilError, match="did not serve forecasts/london"):
            run(services, b'{"job":"forecast","date":"2026-01-01"}')
        (store.folder / "forecasts").unlink()
        assert run(services, b'{"job":"forecast","date":"2026-01-01"}')["london"]["status"] == "stored"


def test_an_object_of_a_deleted_account_is_nobodys(services: Services, store: Store) -> None:
    fill(store)
    delete(services)
    assert ingest(store, ObjectCreated("incoming/A/0.csv")) is None
    assert not accounts.exists(services.documents, "A")
