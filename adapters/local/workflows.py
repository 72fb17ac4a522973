"""Runs of workflows on one machine: a SQLite file for each workflow, shared by all processes on the store.

A run that was started survives `kill -9` and a crash of the machine. What came of each of its effects is written before
the next step sees it, so whoever takes the run after a crash goes on where it was. Who has one has it for `LEASE`
seconds, and longer if it says so.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.local.sqlite import transaction
from core.kernel.clock import Clock

LEASE = 30.0

_TABLES = (
    "CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, document TEXT NOT NULL, held_until REAL NOT NULL)",
    "CREATE TABLE IF NOT EXISTS effects (run TEXT, key TEXT, outcome TEXT NOT NULL, PRIMARY KEY (run, key))",
)


@dataclass(frozen=True, slots=True)
class Held:
    """A run that was taken: its name, and its document when it was started."""

    run: str
    document: Mapping[str, Any]


class SqliteWorkflows:
    """See `core.kernel.services.Workflows` for the contract."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def named(self, workflow: str) -> Journal:
        """The runs of one workflow."""
        return Journal(self._folder / ".workflows" / f"{workflow}.sqlite3", self._clock)

    def start(self, workflow: str, run: str, document: Mapping[str, Any]) -> None:
        self.named(workflow).add(run, document)


class Journal:
    """The open runs of one workflow, and what came of their effects. Safe to share between threads and processes."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def add(self, run: str, document: Mapping[str, Any]) -> None:
        """Let a run be taken; one that is open already stays as it is."""
        with self._transaction() as database:
            database.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, 0)", (run, json.dumps(document)))

    def take(self) -> Held | None:
        """An open run that nobody holds, hidden from others for `LEASE` seconds; None when there is none."""
        with self._transaction() as database:
            now = self._clock().timestamp()
            row = database.execute(
                "SELECT run, document FROM runs WHERE held_until <= ? OR held_until > ? ORDER BY held_until, rowid",
                (now, now + 2 * LEASE),  # held for longer: before the clock was set back
            ).fetchone()
            if row is None:
                return None
            database.execute("UPDATE runs SET held_until = ? WHERE run = ?", (now + LEASE, row[0]))
            return Held(row[0], json.loads(row[1]))

    def hold(self, run: str, seconds: float) -> None:
        """Hold a run for so many seconds from now; for none, anybody may take it."""
        with self._transaction() as database:
            until = self._clock().timestamp() + seconds
            database.execute("UPDATE runs SET held_until = ? WHERE run = ?", (until, run))

    def outcome(self, run: str, key: str) -> Any | None:
        with self._transaction() as database:
            row = database.execute("SELECT outcome FROM effects WHERE run = ? AND key = ?", (run, key)).fetchone()
        return None if row is None else json.loads(row[0])

    def note(self, run: str, key: str, outcome: Any) -> Any:
        """Write what came of an effect, once; returns what is written."""
        with self._transaction() as database:
            database.execute("INSERT OR IGNORE INTO effects VALUES (?, ?, ?)", (run, key, json.dumps(outcome)))
            row = database.execute("SELECT outcome FROM effects WHERE run = ? AND key = ?", (run, key)).fetchone()
        return json.loads(row[0])

    def close(self, run: str) -> None:
        """The run has ended, and is noted so in the store: nothing of it is needed here any more."""
        with self._transaction() as database:
            database.execute("DELETE FROM effects WHERE run = ?", (run,))
            database.execute("DELETE FROM runs WHERE run = ?", (run,))

    def __len__(self) -> int:
        """How many runs are open."""
        with self._transaction() as database:
            return int(database.execute("SELECT count(*) FROM runs").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with transaction(self._path, _TABLES, "the runs of workflows") as database:
            yield database
