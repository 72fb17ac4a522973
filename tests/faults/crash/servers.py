"""`trefoil serve` on one folder, in two processes that are killed and begun again, and commands beside them."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any

from adapters.local import bootstrap
from core.kernel.services import Services
from tests.beds.processes import begin
from tools.waiting import eventually

NAMES = ("one", "two")
ISSUER = "https://trefoil.example"
"""The same however often a server is begun, on whatever port: so a token outlives it."""
LEASES = {
    "job": (".queues/jobs.sqlite3", "messages", "visible_at"),
    "run": (".workflows/settle.sqlite3", "runs", "held_until"),
}
"""In which file, table and column it is noted until when somebody has one."""


class Servers:
    """Two servers at most, and any number of commands, on one folder. Safe to share between threads."""

    def __init__(self, home: Path, variables: Mapping[str, str]) -> None:
        self.home = home
        self.data = home / "data"
        self.scratch = home / "tmp"
        self.scratch.mkdir(parents=True)
        self._variables = {**variables, "TREFOIL_ISSUER": ISSUER, "TMPDIR": str(self.scratch)}
        self._running: dict[str, subprocess.Popen[Any]] = {}
        self._urls: dict[int, str] = {}
        self._logs: dict[int, Path] = {}
        self._number = count()
        self._turn = count()

    @property
    def store(self) -> Path:
        return self.data / "store"

    def services(self) -> Services:
        """Those of a process of its own on the same store."""
        given = bootstrap.environment(self.data, ISSUER, {**os.environ, **self._variables})
        return bootstrap.services(given, base_url=ISSUER)

    def begin(self, name: str) -> None:
        """Start a server, unless it runs; it is not waited for."""
        if name not in self._running:
            self._running[name] = self.process("serve", "--port", "0")

    def ready(self) -> None:
        """Wait until every server that was begun serves."""
        for name in list(self._running):
            eventually(f"the server {name}", lambda name=name: self._url(name))  # type: ignore[misc]

    def kill(self, name: str) -> None:
        """End a server as a power cut would, if it runs: at once, with nothing tidied up."""
        process = self._running.pop(name, None)
        if process is not None:
            kill_process(process)

    def kill_all(self) -> None:
        for name in NAMES:
            self.kill(name)

    @property
    def none(self) -> bool:
        """Whether no server was begun, or all were killed."""
        return not self._running

    def url(self) -> str | None:
        """Of one of the servers that serve, each in its turn; None when there is none."""
        urls = [url for url in map(self._url, NAMES) if url]
        return urls[next(self._turn) % len(urls)] if urls else None

    def _url(self, name: str) -> str:
        """Where a server said that it serves; empty until it does, and once it is killed."""
        process = self._running.get(name)
        if process is None or process.pid in self._urls:
            return "" if process is None else self._urls[process.pid]
        said = self._logs[process.pid].read_text()
        if process.poll() is not None and self._running.get(name) is process:
            raise RuntimeError(f"the server {name} ended by itself with {process.returncode}: {said[-2000:]}")
        if found := re.search(r"Trefoil serves (http://\S+)", said):
            self._urls[process.pid] = found[1]
        return self._urls.get(process.pid, "")

    def command(self, *arguments: str, given: str = "", kill_after: float | None = None) -> int | None:
        """The exit status of a command; None when it was killed before it had ended."""
        process = self.process(*arguments, given=given)
        try:
            if kill_after is None:
                return process.wait()
            with suppress(subprocess.TimeoutExpired):
                return process.wait(kill_after)
            return None
        finally:
            kill_process(process)

    def under_way(self, what: str) -> bool:
        """Whether an ingestion, a job or a run is being done at this instant, by whoever."""
        if what == "ingestion":
            return any((self.store / ".scratch").glob("*/trefoil-*"))
        file, table, until = LEASES[what]
        path = self.store / file
        if not path.exists():
            return False
        lost = suppress(sqlite3.OperationalError)  # busy, or killed before it was made
        with lost, closing(sqlite3.connect(path)) as database:
            held = database.execute(f"SELECT count(*) FROM {table} WHERE {until} > ?", (time.time(),))
            return bool(held.fetchone()[0])
        return False

    def half_a_minute_passes(self) -> None:
        """What processes that are dead held, others may take: as it would be after the half minute of a lease."""
        for file, table, until in LEASES.values():
            path = self.store / file
            if path.exists():
                lost = suppress(sqlite3.OperationalError)  # killed before it was made
                with lost, closing(sqlite3.connect(path, timeout=60)) as database, database:
                    database.execute(f"UPDATE {table} SET {until} = ?", (time.time(),))

    def process(self, *arguments: str, given: str = "") -> subprocess.Popen[Any]:
        """A command that was begun."""
        command = [sys.executable, "-m", "adapters.local", "--folder", str(self.data), *arguments]
        path = self.home / f"{next(self._number):05}.log"
        with path.open("w") as log:
            process = begin(
                command,
                stdin=subprocess.PIPE if given else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self._variables},
                text=True,
            )
        self._logs[process.pid] = path
        if given and process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(given)
        return process


def kill_process(process: subprocess.Popen[Any]) -> None:
    """End it at once with all that it began; safe to call twice."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
