from __future__ import annotations

import os
from datetime import UTC, datetime

import obstore
import pytest

from core.kernel import store as module
from core.kernel.store import Store, erase, listing


def put(store: Store, *keys: str) -> None:
    for key in keys:
        obstore.put(store.client, key, b"x")


def keys(store: Store) -> list[str]:
    return [meta["path"] for meta in listing(store, "a")]


def test_everything_under_a_prefix_is_erased_and_nothing_beside_it(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ERASED_AT_ONCE", 3)
    put(any_store, *(f"a/b/{number}" for number in range(10)), "a/b/deep/er", "a/bc", "a/c")
    assert erase(any_store, "a/b") == 11
    assert keys(any_store) == ["a/bc", "a/c"]
    assert erase(any_store, "a/b") == 0


def test_only_what_is_old_is_erased(store: Store) -> None:
    put(store, "a/old", "a/young")
    assert store.folder is not None
    os.utime(store.folder / "a" / "old", (1000.0, 1000.0))
    assert erase(store, "a", before=datetime(2000, 1, 1, tzinfo=UTC)) == 1
    assert keys(store) == ["a/young"]
