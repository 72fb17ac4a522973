"""Files that are ingested while the answers to a table's log entries are lost: each counts once, and once only."""

from __future__ import annotations

import multiprocessing
import os
from typing import Any

from core.energy.ingest.handler import ingest, ingest_together
from core.energy.readings import query
from core.energy.readings.table import ReadingsTable
from core.kernel.events import ObjectCreated
from core.kernel.store import open_store
from tests.beds.fault_proxy import Fault, FaultProxy, Rule
from tests.core.energy.ingest.files import HEADER, line, mpan
from tests.faults.stores.conftest import Failing

FILES = 6


def test_no_reading_is_there_twice_though_each_entry_s_answer_is_lost(
    failing: Failing, proxy: FaultProxy, place: str
) -> None:
    """Files with new readings, and the same reading again, which rewrites what holds it; then all are made one."""
    for number in range(FILES):
        own = line(point=mpan(number)) + line(point=mpan(FILES), kwh=f"{number}.5")
        failing.harness.drop(f"{place}/incoming/Lost/{number}.csv", HEADER + own)
    entry = r"_delta_log/\d+\.json"
    proxy.plan(*(Rule(fault, "PUT", entry, share=0.3) for fault in (Fault.LOST_BUSY, Fault.LOST_CLOSED)), seed=3)
    arguments = (f"{failing.harness.store.url}/{place}", failing.variable, failing.endpoint)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(ingested, arguments)
        lost = [one for one in proxy.taken() if one.fault]
        proxy.plan()
        found = pool.apply(read, arguments)
    assert lost
    assert found == {"rows": {mpan(number): 1 for number in range(FILES + 1)}, "last": [float(f"{FILES - 1}.5")]}


def ingested(url: str, variable: str, endpoint: str) -> None:
    """In a process of its own: the engine keeps the interpreter's lock while it waits. Each event comes twice."""
    os.environ[variable] = endpoint
    store = open_store(url)
    events = [ObjectCreated(f"incoming/Lost/{number}.csv") for number in range(FILES)]
    for event in events[:-2]:
        ingest(store, event)
    assert not [one for one in ingest_together(store, events) if isinstance(one, Exception)]
    ReadingsTable(store, "Lost").compact(at=2)


def read(url: str, variable: str, endpoint: str) -> dict[str, Any]:
    os.environ[variable] = endpoint
    store = open_store(url)
    last = query.readings(store, "Lost", query.Series(mpan(FILES)), limit=10)
    assert last is not None
    rows = {one.point: one.rows for one in query.points(store, "Lost")}
    return {"rows": rows, "last": [float(value) for value in last.column("value").to_pylist()]}
