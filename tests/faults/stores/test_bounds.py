"""What fails is tried again, but not for ever: at waits that differ, and with an end that a caller can act on."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from os import urandom
from urllib.parse import urlsplit

import obstore
import pytest

from core.energy.readings.engine import open_table
from core.kernel.documents import Documents
from core.kernel.errors import Code, TrefoilError
from core.kernel.store import MAX_RETRIES, Store, failures, open_store
from tests.beds.fault_proxy import Fault, FaultProxy, Rule
from tests.faults.stores.conftest import Failing

ASKED: dict[str, Callable[[Documents], object]] = {
    "read": lambda documents: documents.get("a.json"),
    "create": lambda documents: documents.create("b.json", 1),
    "overwrite": lambda documents: documents.put("c.json", 1),
    "list": lambda documents: documents.list("d"),
    "delete": lambda documents: documents.delete("e.json"),
}


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.ERROR, Fault.RESET])
def test_what_always_fails_is_given_up_after_so_many_tries(
    documents: Documents, proxy: FaultProxy, fault: Fault
) -> None:
    proxy.plan(Rule(fault))
    all_unavailable(documents)
    tries = Counter((one.method, urlsplit(one.path).path) for one in proxy.taken())
    assert len(tries) >= len(ASKED)
    assert max(tries.values()) <= MAX_RETRIES + 1


def test_the_waits_between_tries_are_drawn_at_random(documents: Documents, proxy: FaultProxy) -> None:
    """So that of many that failed together not all come again together."""
    proxy.plan(Rule(Fault.BUSY))
    found = []
    for _ in range(2):
        unavailable(lambda: documents.get("a.json"))
        at = [one.at for one in proxy.taken()]
        found.append([round(later - earlier, 2) for earlier, later in pairwise(at)])
    assert len(found[0]) > 2
    assert found[0] != found[1]


def test_a_store_that_says_nothing_is_given_up(
    failing: Failing, documents: Documents, proxy: FaultProxy, place: str
) -> None:
    """As long as the proxy hangs it lets nobody go: who waited for it would wait for ever. So would the engine."""
    proxy.plan(Rule(Fault.HANG))
    arguments = (f"{failing.harness.store.url}/{place}", failing.variable, failing.endpoint)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        engine = pool.apply_async(opened, arguments)
        all_unavailable(documents)
        assert engine.get() == "unavailable"


def opened(url: str, variable: str, endpoint: str) -> str:
    """In a process of its own: the engine keeps the interpreter's lock while it waits."""
    os.environ[variable] = endpoint
    try:
        open_table(open_store(url), "readings/None")
    except TrefoilError as error:
        return error.code.name.lower()
    return "opened"


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.BUSY, Fault.RESET, Fault.CUT_DOWN, Fault.HANG])
def test_one_that_passes_is_not_seen(store: Store, proxy: FaultProxy, fault: Fault) -> None:
    content = urandom(2_000_000)
    obstore.put(store.client, "object", content)
    proxy.plan(Rule(fault, "GET", times=1))
    assert bytes(obstore.get(store.client, "object").bytes()) == content
    assert obstore.head(store.client, "object")["size"] == len(content)


@pytest.mark.parametrize("fault", [Fault.CUT_UP, Fault.BUSY, Fault.LOST_BUSY, Fault.LOST_CLOSED])
def test_an_upload_that_is_cut_is_whole_in_the_end_or_not_there(store: Store, proxy: FaultProxy, fault: Fault) -> None:
    content = urandom(2_000_000)
    proxy.plan(Rule(fault, "PUT", times=1))
    with failures("object"):
        obstore.put(store.client, "object", content, use_multipart=False)
    assert bytes(obstore.get(store.client, "object").bytes()) == content


def all_unavailable(documents: Documents) -> None:
    """Whatever is asked; all at once, since each takes its time."""
    with ThreadPoolExecutor(len(ASKED)) as pool:
        list(pool.map(lambda ask: unavailable(lambda: ask(documents)), ASKED.values()))


def unavailable(ask: Callable[[], object]) -> None:
    """503, and when to come again."""
    with pytest.raises(TrefoilError) as caught:
        ask()
    assert caught.value.code is Code.UNAVAILABLE
    assert int(caught.value.headers["Retry-After"]) > 0
