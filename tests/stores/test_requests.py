"""What is asked of a store, counted before it: on a cloud each request is 10 to 40 ms and money."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from core.energy.ingest.handler import ingest, ingest_together
from core.energy.readings import query
from core.kernel.events import ObjectCreated
from core.kernel.store import Store, open_store
from tests.beds.counting_proxy import CountingProxy, taken
from tests.beds.processes import NOBODY
from tests.contract.system import Harness
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
    return found


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
