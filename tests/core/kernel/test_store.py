from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import obstore
import pytest

from core.kernel import store as module
from core.kernel.store import Store, erase, erase_unfinished, listing, open_store


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


def test_what_a_killed_writer_left_unfinished_is_erased_when_it_is_old(store: Store) -> None:
    assert store.folder is not None
    killed = (
        "import obstore, os, signal, sys\n"
        "from obstore.store import from_url\n"
        "store = from_url(sys.argv[1])\n"
        "keys = ('a/old.csv', 'a/young.csv', 'dropped/mine.csv')\n"
        "files = [obstore.open_writer(store, key, buffer_size=10) for key in keys]\n"
        "for file in files:\n"
        "    file.write(bytes(1000))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", killed, store.url], check=False).returncode == -signal.SIGKILL
    put(store, "a/whole.csv")
    left = {path.relative_to(store.folder).as_posix() for path in store.folder.rglob("*.csv#1")}
    assert left == {"a/old.csv#1", "a/young.csv#1", "dropped/mine.csv#1"}
    for name in ("a/old.csv#1", "a/whole.csv", "dropped/mine.csv#1"):
        os.utime(store.folder / name, (1000.0, 1000.0))
    assert erase_unfinished(store, before=datetime(2000, 1, 1, tzinfo=UTC), but=["dropped/"]) == 1
    assert {path.name for path in store.folder.rglob("*.csv*")} == {"whole.csv", "young.csv#1", "mine.csv#1"}


def test_a_store_that_is_no_folder_has_nothing_unfinished() -> None:
    assert erase_unfinished(open_store("memory:///"), before=datetime(2100, 1, 1, tzinfo=UTC), but=[]) == 0
