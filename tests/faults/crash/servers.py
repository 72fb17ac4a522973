"""`trefoil serve` on one folder, in two processes that are killed and begun again, and commands beside them."""

from __future__ import annotations

import os
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

import httpx

from adapters.local import bootstrap
from core.kernel.services import Services
from tests.beds.processes import begin, free_port
from tools.waiting import eventually

NAMES = ("one", "two")
ISSUER = "https://trefoil.example"
"""The same however often a server is begun, on whatever port: so a token outlives it."""
LEASES = (("queues/jobs", "messages", "visible_at"), ("workflows/settle", "runs", "held_until"))


class Servers:
    """Two servers at most, and any number of commands, on one folder. Safe to share between threads."""

    def __init__(self, home: Path, variables: Mapping[str, str]) -> None:
        self.home = home
        self.data = home / "data"
        self.scratch = home / "tmp"
        self.scratch.mkdir(parents=True)
        self._variables = {**variables, "TREFOIL_ISSUER": ISSUER, "TMPDIR": str(self.scratch)}
        self._running: dict[str, subprocess.Popen[Any]] = {}
        self._urls: dict[str, str] = {}
        self._logs = count()
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
            port = free_port()
            self._running[name] = self.process("serve", "--port", str(port))
            self._urls[name] = f"http://127.0.0.1:{port}"

    def ready(self) -> None:
        """Wait until every server that was begun answers."""
        for name, url in list(self._urls.items()):
            eventually(f"the server {name}", lambda name=name, url=url: self._answers(name, url))  # type: ignore[misc]

    def kill(self, name: str) -> None:
        """End a server as a power cut would, if it runs: at once, with nothing tidied up."""
        self._urls.pop(name, None)
        process = self._running.pop(name, None)
        if process is not None:
            kill_process(process)

    def kill_all(self) -> None:
        for name in NAMES:
            self.kill(name)

    def url(self) -> str | None:
        """One of the servers that were begun, each in its turn; None when there is none."""
        urls = list(self._urls.values())
        return urls[next(self._turn) % len(urls)] if urls else None

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

    def half_a_minute_passes(self) -> None:
        """What processes that are dead held, others may take: as it would be after the half minute of a lease."""
        for file, table, until in LEASES:
            path = self.store / f".{file}.sqlite3"
            if path.exists():
                lost = suppress(sqlite3.OperationalError)  # killed before it was made
                with lost, closing(sqlite3.connect(path, timeout=60)) as database, database:
                    database.execute(f"UPDATE {table} SET {until} = ?", (time.time(),))

    def _answers(self, name: str, url: str) -> bool:
        process = self._running[name]
        if process.poll() is not None:
            said = "".join(path.read_text()[-2000:] for path in sorted(self.home.glob("*.log"))[-1:])
            raise RuntimeError(f"the server {name} ended by itself with {process.returncode}: {said}")
        with suppress(httpx.TransportError):
            return httpx.get(f"{url}/api/health").status_code == 200
        return False

    def process(self, *arguments: str, given: str = "") -> subprocess.Popen[Any]:
        """A command that was begun."""
        command = [sys.executable, "-m", "adapters.local", "--folder", str(self.data), *arguments]
        with (self.home / f"{next(self._logs):05}.log").open("w") as log:
            process = begin(
                command,
                stdin=subprocess.PIPE if given else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self._variables},
                text=True,
            )
        if given and process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(given)
        return process


def kill_process(process: subprocess.Popen[Any]) -> None:
    """End it at once with all that it began; safe to call twice."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
