"""A file of SQLite that all processes on a store share: what was committed survives `kill -9` and a crash."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.kernel.errors import unavailable

BUSY = 10.0
"""Seconds that a process waits for another one's transaction, each of which takes milliseconds."""


@contextmanager
def transaction(path: Path, tables: Sequence[str], what: str) -> Iterator[sqlite3.Connection]:
    """One write transaction on a connection of its own: at a few a second, simplicity wins.

    Raises `TrefoilError(UNAVAILABLE)` saying that `what` can't be used.
    """
    try:
        path.parent.mkdir(exist_ok=True)
        database = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
        try:
            database.execute("PRAGMA synchronous = FULL")
            database.execute("BEGIN IMMEDIATE")
            for table in tables:
                database.execute(table)
            yield database
            database.execute("COMMIT")
        finally:
            database.close()  # rolls back what was not committed
    except (OSError, sqlite3.Error) as error:
        raise unavailable(f"{what} can't be used") from OSError(f"{path}: {error}")
