"""Clocks that differ by ten minutes, of the store and of processes: nothing is taken for older or newer than it is."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import obstore
import pytest

from core.energy.exports import documents as exports
from core.energy.ingest.handler import ingest
from core.energy.readings import query
from core.energy.readings.table import ReadingsTable
from core.energy.trading import products
from core.energy.trading.trades import TradeRequest, create
from core.kernel.api.context import Call
from core.kernel.auth import login
from core.kernel.auth.authorizer import Principal
from core.kernel.clock import system_clock
from core.kernel.dead_letters import DeadLetters
from core.kernel.documents import Documents
from core.kernel.events import GivenUp, ObjectCreated
from core.kernel.http import Request
from core.kernel.services import Services
from core.kernel.store import Store, listing, open_store
from core.kernel.workflow import runs
from tests.beds.fault_proxy import FaultProxy
from tests.contract.system import PRODUCT
from tests.core.energy.ingest.files import HEADER, line, mpan
from tests.faults.stores.conftest import Failing
from tests.stores.test_requests import deployed

SKEWS = [timedelta(minutes=10), timedelta(minutes=-10)]
skewed = pytest.mark.parametrize("skew", SKEWS, ids=["ahead", "behind"])


def shifted(skew: timedelta) -> Callable[[], datetime]:
    return lambda: system_clock() + skew


def test_the_later_file_wins_by_whatever_clock_the_store_has(failing: Failing, proxy: FaultProxy, place: str) -> None:
    """Both are dated by the store, so its clock may be wrong, and the second one is delivered before the first."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for skew in SKEWS:
            there = f"{place}/{skew.total_seconds():.0f}"
            for number in range(2):
                content = HEADER + line(point=mpan(1), kwh=f"{number}.5")
                failing.harness.drop(f"{there}/incoming/Late/{number}.csv", content)
            proxy.plan(ahead=skew)
            arguments = (f"{failing.harness.store.url}/{there}", failing.variable, failing.endpoint)
            assert pool.apply(ingested, arguments) == [1.5]


def ingested(url: str, variable: str, endpoint: str) -> list[float]:
    """In a process of its own: the engine keeps the interpreter's lock while it waits. The upkeep takes nothing away."""
    os.environ[variable] = endpoint
    store = open_store(url)
    for number in (1, 0):
        ingest(store, ObjectCreated(f"incoming/Late/{number}.csv"))
    assert ReadingsTable(store, "Late").tidy() == 0
    found = query.readings(store, "Late", query.Series(mpan(1)), limit=10)
    assert found is not None
    return [float(value) for value in found.column("value").to_pylist()]


@skewed
def test_what_was_written_just_now_is_not_too_old_to_be_kept(
    store: Store, documents: Documents, skew: timedelta
) -> None:
    clock = shifted(skew)
    exports.create(documents, system_clock, "A", form="csv", begin=None, end=None)
    for path in ("logins/a.json", "runs/settle/A/1.json", "steps/settle/A/1/a.json"):
        documents.create(path, {"failures": []})
    letters = DeadLetters(documents, clock)
    letters.bury(GivenUp("jobs", {"job": "export"}, 5, "because"))
    before = [meta["path"] for meta in listing(store, "")]
    assert exports.expire(store, clock) == login.expire(store, clock) == runs.expire(store, clock) == 0
    DeadLetters(documents, shifted(-skew)).expire()
    assert [meta["path"] for meta in listing(store, "")] == before


@skewed
def test_a_trade_is_one_trade_on_processes_whose_clocks_differ(
    store: Store, documents: Documents, skew: timedelta
) -> None:
    products.save(documents, PRODUCT)
    documents.create("accounts/A.json", {"account": "A", "identity": "1"})
    services = deployed(store.url)
    services = msgspec.structs.replace(services, store=store, documents=documents)
    first, again = (placed(services, clock) for clock in (system_clock, shifted(skew)))
    assert first == again
    assert len(obstore.list(store.client, "trades/A/placed").collect()) == 1


def placed(services: Services, clock: Callable[[], datetime]) -> Any:
    """What is answered by a process with this clock to the same request."""
    here = msgspec.structs.replace(services, clock=clock)
    request = Request("POST", "/api/accounts/A/trades", headers=(("idempotency-key", "one"),))
    wanted = TradeRequest(PRODUCT["id"], "1.5")
    account = here.documents.get("accounts/A.json")
    call = Call(here, (), request, {"account": "A"}, Principal("podge"), None, None, wanted, account)
    return msgspec.json.decode(create(call).body)
