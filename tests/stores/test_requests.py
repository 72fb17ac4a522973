"""What is asked of a store, counted before it: on a cloud each request is 10 to 40 ms and money."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.energy.accounts import accounts
from core.energy.accounts import overview as owned
from core.energy.alerts import api as alerts
from core.energy.alerts import documents as told
from core.energy.costs import api as costs
from core.energy.ingest.handler import ingest, ingest_together
from core.energy.overview.gather import overview
from core.energy.readings import query
from core.energy.trading import products
from core.kernel.api.context import Call
from core.kernel.api.models import PageQuery
from core.kernel.auth.access import EVERY, Grant
from core.kernel.config import Config
from core.kernel.events import ObjectCreated
from core.kernel.services import Services, compose
from core.kernel.store import Store, open_store
from tests.beds.counting_proxy import CountingProxy, taken
from tests.beds.processes import NOBODY
from tests.contract.system import NIGHT, PRODUCT, Harness
from tests.core.energy.ingest.files import HEADER, line, mpan

FILES = 20


def counted(url: str, variable: str, endpoint: str, proxy: str) -> dict[str, dict[str, int]]:
    """The requests of each operation, by kind; in a process of its own, which has the proxy for the store."""
    os.environ[variable] = endpoint
    store, found = open_store(url), {}

    def note(what: str) -> None:
        found[what] = dict(Counter(one.what for one in taken(proxy)))

    def event(number: int) -> ObjectCreated:
        return ObjectCreated(f"incoming/Few/{number}.csv")

    note("")
    ingest(store, event(0))
    note("the first file of an account")
    for number in range(1, FILES - 10):
        ingest(store, event(number))
        note("a later file")
    ingest_together(store, [event(number) for number in range(FILES - 10, FILES)])
    note("ten files at once")
    query.points(store, "Few")
    note("its points")
    query.readings(store, "Few", query.Series(mpan(3)), limit=10)
    note("readings of one")
    store.memory.clear()
    query.readings(store, "Few", query.Series(mpan(3)), limit=10)
    note("readings of one, in a new process")
    services = deployed(store.url)
    agree(services)
    document = services.documents.get(accounts.path("Few"))  # an app reads it with the caller's grants
    query.points(services.store, "Few")  # so that the table is known
    note("")

    def call(asked: Any) -> Call:
        return Call(services, (), Any, {"account": "Few"}, None, None, asked, None, document)  # type: ignore[arg-type]

    def cost(*points: str) -> None:
        costs.costs(call(costs.CostsQuery(list(points), from_="2026-01-01", to="2026-02-01")))

    cost(mpan(3))
    note("costs of one")
    cost("*")
    note("costs of all")
    overview(services, "Few", date(2026, 1, 2))
    note("the overview")
    for day in range(1, 6):
        one = told.Told(f"2026-01-0{day}", "20", "10", "0", 0, [], "ada@example.com", "2026-01-07T07:00:00Z")
        told.note(services.documents, "Few", date(2026, 1, day), one)
    note("")
    alerts.every(call(PageQuery(limit=3)))
    note("three of five alerts")
    for of, name in (("accounts by name", "Few"), ("accounts by a grant on all", EVERY)):
        owned.page(services.store, frozenset({Grant("read", name), Grant("upload", "New")}), after="", limit=10)
        note(of)
    return found


def deployed(url: str) -> Services:
    """Services of a store, of which nothing else is used."""

    def none(*_: Any) -> Any:
        return None

    environment = {
        "TREFOIL_STORE": url,
        "TREFOIL_ISSUER": "https://a.example",
        "TREFOIL_AUDIENCE": "a",
        "TREFOIL_SIGNING_KEY": "-",
        "TREFOIL_FUNCTIONS": "core.energy",
    }
    config = Config.from_environment(environment)
    return compose("test", environment, config, signing_key=none, signer=none, queues=none, workflows=none)


def agree(services: Services) -> None:
    """A contract of two products."""
    for product in (PRODUCT, NIGHT):
        products.save(services.documents, product)
    contract = [
        {"product": product["id"], "from": first} for product, first in ((PRODUCT, "2024-01-01"), (NIGHT, "2025-12-15"))
    ]
    services.documents.put("settings/Few.json", {"contract": contract})


def test_each_operation_asks_the_store_no_more_than_it_must(
    harness: Harness, store: Store, place: str, tmp_path: Path
) -> None:
    if not harness.unreachable:
        pytest.skip("a folder is asked nothing by requests")
    ((variable, nobody),) = harness.unreachable.items()
    for number in range(FILES):
        harness.drop(f"{place}/incoming/Few/{number}.csv", HEADER + line(point=mpan(number)))
    suffix = nobody.removeprefix(NOBODY)
    target = os.environ[variable].removesuffix(suffix)
    with (
        closing(CountingProxy(target, tmp_path, delay=0)) as proxy,
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        found = pool.apply(counted, (store.url, variable, proxy.url + suffix, proxy.url))
    assert found["the first file of an account"] == {"GET": 8, "HEAD": 1, "LIST": 1, "PUT": 5}
    assert found["a later file"] == {"GET": 8, "HEAD": 1, "PUT": 3}
    # Of each: the account twice, report, sources, file. Of all: the account, two looks at the log, a file, an entry.
    assert found["ten files at once"] == {"GET": 53, "HEAD": 10, "PUT": 12}
    assert found["its points"] == {"GET": 2 + 11}
    assert found["readings of one"] == {"GET": 2 + 1}
    # Nothing is known of the log then: the pointer and the first entry, eight at a time until there is none, and the
    # first again, whether it is still the same table's.
    assert found["readings of one, in a new process"] == {"GET": 2 + 8 + 8 + 1 + 1}
    # At once with the look at the log and the files, the settings; then the product that is agreed for these days.
    assert found["costs of one"] == {"GET": 2 + 1 + 1 + 1}
    assert found["costs of all"] == {"GET": 2 + 11 + 1 + 1}
    # At once with the log and the files: settings, sources, the newest report and settlement; then both products.
    assert found["the overview"] == {"GET": 2 + 11 + 1 + 1 + 1 + 2, "LIST": 2}
    assert found["three of five alerts"] == {"GET": 3, "LIST": 1}
    # Of each its document and its settings, at once; only what nobody named has to be listed before.
    assert found["accounts by name"] == {"GET": 2 + 2}
    assert found["accounts by a grant on all"] == {"GET": 2 + 2, "LIST": 1}
