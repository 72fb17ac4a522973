"""Several who change one document at a time, each what the one before wrote."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from tests.contract.system import System

PAUSE = 0.2
"""Seconds between two edits of one of them."""


@dataclass
class Edits:
    """Each edit adds one to a number in an account's settings."""

    system: System
    path: str
    written: int = 0
    refused: int = 0
    odd: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def number(self) -> int:
        return int(self.system.get(self.path, "sam").json()["trade_limit"])

    def edit(self) -> None:
        read = self.system.get(self.path, "sam")
        if read.status_code != 200:
            self.odd.append(f"{read.status_code}: {read.text}")
            return
        value = {**read.json(), "trade_limit": str(int(read.json()["trade_limit"]) + 1)}
        wrote = self.system.send("PUT", self.path, "sam", json=value, headers={"If-Match": read.headers["ETag"]})
        with self._lock:
            self.written += wrote.status_code == 200
            self.refused += wrote.status_code == 412
        if wrote.status_code not in (200, 412):
            self.odd.append(f"{wrote.status_code}: {wrote.text}")


@contextmanager
def editing(system: System, path: str, editors: int) -> Iterator[Edits]:
    """So many edit until the block ends. Then as many edits are in the document as were answered with 200."""
    edits, end = Edits(system, path), Event()
    first = edits.number()

    def go_on() -> None:
        while not end.is_set():
            edits.edit()
            time.sleep(PAUSE)

    threads = [Thread(target=go_on) for _ in range(editors)]
    for one in threads:
        one.start()
    try:
        yield edits
    finally:
        end.set()
        for one in threads:
            one.join()
    assert not edits.odd, edits.odd[:3]
    assert edits.number() == first + edits.written, "an edit that was answered with 200 was written over"
