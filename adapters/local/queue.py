"""Queues on one machine: a SQLite file for each inside the store's folder, shared by all processes on that store.

A message that was sent survives `kill -9` and a crash of the machine. Who takes one has it for `LEASE` seconds, and
longer if it says so; what was neither finished nor put back by then is taken again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapters.local.sqlite import transaction
from core.kernel.clock import Clock
from core.kernel.telemetry import Carried

LEASE = 30.0
LONGEST_DELAY = 60.0
"""Seconds; what is hidden for longer was hidden before the clock was set back, and is visible."""

_TABLE = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    visible_at REAL NOT NULL
)
"""
_BESIDE = """
CREATE TABLE IF NOT EXISTS beside (
    message INTEGER PRIMARY KEY,
    parent TEXT NOT NULL,
    sent REAL NOT NULL
)
"""
"""What came with a message: a table of its own, so that queues of before have it too."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that was taken, for the `attempts`-th time."""

    id: int
    body: bytes
    attempts: int
    carried: Carried


class SqliteQueues:
    """See `core.kernel.services.Queues` for the contract."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def named(self, queue: str) -> SqliteQueue:
        """One of them, which is made when it is first used."""
        return SqliteQueue(self._folder / ".queues" / f"{queue}.sqlite3", self._clock)

    def send(self, queue: str, message: bytes, parent: str = "") -> None:
        self.named(queue).send(message, parent)


class SqliteQueue:
    """One queue, in a file. Safe to share between threads and processes."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def send(self, message: bytes, parent: str = "") -> None:
        with self._transaction() as database:
            now = self._clock().timestamp()
            sent = database.execute("INSERT INTO messages (body, visible_at) VALUES (?, ?)", (message, now))
            database.execute("INSERT INTO beside VALUES (?, ?, ?)", (sent.lastrowid, parent, now))

    def take(self) -> Delivery | None:
        """The visible message that waits longest, hidden from others for `LEASE` seconds; None when there is none."""
        with self._transaction() as database:
            now = self._clock().timestamp()
            row = database.execute(
                "SELECT id, body, attempts, parent, sent FROM messages LEFT JOIN beside ON message = id "
                "WHERE visible_at <= ? OR visible_at > ? ORDER BY visible_at, id LIMIT 1",
                (now, now + LONGEST_DELAY),
            ).fetchone()
            if row is None:
                return None
            sent = None if row[4] is None else datetime.fromtimestamp(row[4], UTC)
            taken = Delivery(row[0], row[1], row[2] + 1, Carried(row[3] or "", sent))
            database.execute(
                "UPDATE messages SET attempts = ?, visible_at = ? WHERE id = ?", (taken.attempts, now + LEASE, taken.id)
            )
            return taken

    def put_back(self, delivery: Delivery, delay: float) -> None:
        """Let the message be taken again after `delay` seconds (at most `LONGEST_DELAY`), as an attempt or a lease."""
        with self._transaction() as database:
            visible_at = self._clock().timestamp() + delay
            database.execute("UPDATE messages SET visible_at = ? WHERE id = ?", (visible_at, delivery.id))

    def finish(self, delivery: Delivery) -> None:
        """Take the message away for good; finishing twice is harmless."""
        with self._transaction() as database:
            database.execute("DELETE FROM messages WHERE id = ?", (delivery.id,))
            database.execute("DELETE FROM beside WHERE message = ?", (delivery.id,))

    def __len__(self) -> int:
        """How many messages wait or are being processed."""
        with self._transaction() as database:
            return int(database.execute("SELECT count(*) FROM messages").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with transaction(self._path, (_TABLE, _BESIDE), "the queue") as database:
            yield database
