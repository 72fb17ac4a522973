"""What each job makes of a store that fails in its midst, of files of crashed writers, and of what changes meanwhile."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import accounts, exports
from core.auth import access
from core.auth.access import Action
from core.config import Site
from core.documents import Documents
from core.errors import TrefoilError
from core.events import ObjectCreated
from core.ingest import handler as ingestion
from core.ingest.handler import ingest
from core.jobs.handler import run
from core.readings import rewrite
from core.readings.table import ReadingsTable
from core.services import Services
from core.store import Store, listing
from demo.weather import WeatherStandIn
from tests.core.ingest.files import HEADER
from tests.core.ingest.test_handler import drop

WEEK = 7 * 24 * 3600


def fill(store: Store, points: int = 7) -> list[str]:
    """Readings of several points in three files, and their rows in order."""
    rows = [
        f"10123456789{point:02},2026-01-01T{hour:02}:00:00Z,{version},{point}.{hour}{version}\n"
        for point in range(points)
        for hour in range(1, 5)
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
    assert (store.folder / done["key"]).read_text() == HEADER.decode() + "".join(rows)
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


def test_an_ingestion_whose_account_is_deleted_meanwhile_leaves_nothing(
    services: Services, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(ReadingsTable):
        def merge(self, *arguments: Any, **options: Any) -> int:
            delete(services)
            return super().merge(*arguments, **options)

    monkeypatch.setattr(ingestion, "ReadingsTable", Slow)
    assert ingest(store, drop(store, "a.csv", HEADER + b"1012345678901,2026-01-01T00:00:00Z,1,1\n")) is None
    assert [meta["path"] for prefix in accounts.OWNED for meta in listing(store, f"{prefix}/A")] == []
    assert not accounts.exists(services.documents, "A")


def test_a_deletion_takes_back_what_was_granted_on_that_account_only(services: Services, store: Store) -> None:
    for resource in ("A", "A1", "*"):
        access.grant(services.documents, "podge", Action.READ, resource)
    accounts.ensure(services.documents, "A")
    delete(services)
    held = access.grants(services.documents, "podge")
    assert sorted(grant.resource for grant in held) == ["*", "A1"]


@pytest.mark.parametrize("account", ["..", "", "a/b", "x" * 65])
def test_what_cannot_be_an_account_is_not_deleted(services: Services, store: Store, account: str) -> None:
    fill(store)
    before = listing(store, "readings")
    message = {"job": "delete-account", "account": account, "identity": ""}
    assert run(services, json.dumps(message).encode()) == {"account": account, "removed": 0}
    assert listing(store, "readings") == before


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
        ingest(store, drop(store, f"{day}.csv", HEADER + b"1012345678901,2026-01-%02dT00:00:00Z,1,1\n" % day))
    first, second = (run(services, b'{"job":"maintain","account":"A"}') for _ in range(2))
    assert (first["compacted"], second["compacted"]) == (True, False)
    assert ReadingsTable(store, "A").open().version() == 10  # type: ignore[union-attr]


def test_without_sites_there_is_nothing_to_fetch(services: Services) -> None:
    assert run(services, b'{"job":"forecast","date":"2026-01-01"}') == {}


def test_a_store_that_fails_while_forecasts_are_stored_is_tried_again(services: Services, store: Store) -> None:
    source = WeatherStandIn()
    config = replace(services.config, forecast_url=source.url, forecast_sites=(Site("london", 51.5, 0),))
    services = replace(services, config=config)
    assert store.folder is not None
    (store.folder / "forecasts").write_text("in the way")
    with pytest.raises(TrefoilError, match="did not serve forecasts/london"):
        run(services, b'{"job":"forecast","date":"2026-01-01"}')
    (store.folder / "forecasts").unlink()
    assert run(services, b'{"job":"forecast","date":"2026-01-01"}')["london"]["status"] == "stored"
    source.close()


def test_an_object_of_a_deleted_account_is_nobodys(services: Services, store: Store) -> None:
    fill(store)
    delete(services)
    assert ingest(store, ObjectCreated("incoming/A/0.csv")) is None
    assert not accounts.exists(services.documents, "A")
