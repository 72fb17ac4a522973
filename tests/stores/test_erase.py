"""Deleting whole folders on every store, also where consoles and other tools left what no client can name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import obstore
import pytest

from core.kernel import store as module
from core.kernel.errors import Code, TrefoilError
from core.kernel.store import Store, erase, listing
from tests.contract.system import Harness


@pytest.fixture
def prefix() -> str:
    """Beside what is ingested, so that no event comes of it."""
    return f"erased/{uuid4().hex[:8]}"


def keys(store: Store, prefix: str) -> list[str]:
    return [meta["path"] for meta in listing(store, prefix)]


def test_more_than_one_batch_is_erased_and_nothing_of_a_similar_name(
    harness: Harness, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ERASED_AT_ONCE", 7)
    store = harness.store
    for number in range(20):
        obstore.put(store.client, f"{prefix}/a/{number}", b"x")
    obstore.put(store.client, f"{prefix}/ab", b"x")
    assert erase(store, f"{prefix}/a") == 20
    assert keys(store, prefix) == [f"{prefix}/ab"]
    assert erase(store, f"{prefix}/a") == 0


def test_two_at_once_do_not_disturb_each_other(harness: Harness, prefix: str) -> None:
    store = harness.store
    for number in range(50):
        obstore.put(store.client, f"{prefix}/{number}", b"x")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: erase(store, prefix), range(2)))
    assert keys(store, prefix) == []


def test_a_consoles_folder_marker_stops_nothing(harness: Harness, prefix: str) -> None:
    if harness.store.folder:
        pytest.skip("a folder needs no marker")
    for name in ("", "sub/", "sub/a.csv", "b.csv"):
        harness.drop(f"{prefix}/{name}", b"x" if name.endswith("csv") else b"")
    erase(harness.store, prefix)
    assert not [key for key in keys(harness.store, prefix) if key.endswith("csv")]
    erase(harness.store, prefix)


def test_a_key_that_no_client_can_name_is_named_in_the_error(harness: Harness, prefix: str) -> None:
    if harness.store.folder:
        pytest.skip("a folder can't hold such a name")
    harness.drop(f"{prefix}/a//b.csv", b"x")
    with pytest.raises(TrefoilError) as caught:
        erase(harness.store, prefix)
    assert caught.value.code is Code.UNAVAILABLE
    assert "a//b.csv" in str(caught.value.__cause__)
    harness.remove(f"{prefix}/a//b.csv")
    erase(harness.store, prefix)
