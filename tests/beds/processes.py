"""Processes for tests: each with a group of its own, on free ports, and gone at the end with all that it started."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tools.waiting import PATIENCE, eventually

NOBODY = "http://127.0.0.1:9"
"""Where nobody listens: the discard service's port, which is taken by nothing today."""
FREE = (10_000, 32_768)
"""Below the ports that Linux takes for connections by itself, of which any may be taken at any instant."""


def begin(command: Sequence[str], *, stdin: int = subprocess.DEVNULL, **options: Any) -> subprocess.Popen[Any]:
    """Start a process that `end` ends whole, with every process that it starts. The options are Popen's."""
    return subprocess.Popen(command, stdin=stdin, start_new_session=True, **options)


def end(process: subprocess.Popen[Any]) -> None:
    """Ask it to end; when it has, or will not, whatever is left of its group is killed. Safe to call twice."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    """A port that nobody listens on, and that the system gives to no connection before the server takes it."""
    while True:
        port = random.randrange(*FREE)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(PATIENCE)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """A process that listens on a port; both outputs go to a log file. Ready when the constructor returns."""

    def __init__(
        self, command: Sequence[str], port: int, log: Path, environment: Mapping[str, str], folder: Path | None = None
    ) -> None:
        self.log = log
        self.port = port
        with log.open("w") as stream:
            self._process = begin(command, stdout=stream, stderr=subprocess.STDOUT, env=dict(environment), cwd=folder)
        try:
            eventually(f"{command[0]} on port {port}", self._up)
        except BaseException:
            self.close()
            raise

    def _up(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._process.args} ended with {self._process.returncode}: {self.log.read_text()}")
        return listens(self.port)

    def close(self) -> None:
        """Safe to call twice."""
        end(self._process)
