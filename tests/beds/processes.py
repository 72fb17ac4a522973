"""Starting servers for tests: on free ports, with the real pid, and gone at the end."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

START_WITHIN = 60.0
NOBODY = "http://127.0.0.1:9"
"""Where nobody listens: the discard service's port, which is taken by nothing today."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(what: str, ready: Callable[[], bool], *, within: float = START_WITHIN, every: float = 0.02) -> None:
    """Return when `ready` says so; raises `TimeoutError` naming what did not come."""
    deadline = time.monotonic() + within
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {within} s")
        time.sleep(every)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """A process that listens on a port; both outputs go to a log file. Ready when the constructor returns."""

    def __init__(
        self, command: Sequence[str], port: int, log: Path, environment: Mapping[str, str], folder: Path | None = None
    ) -> None:
        self.log = log
        self.port = port
        self._stream = log.open("w")
        self._process = subprocess.Popen(
            command, stdout=self._stream, stderr=subprocess.STDOUT, env=dict(environment), cwd=folder
        )
        wait_for(f"{command[0]} on port {port}", self._up)

    def _up(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._process.args} ended with {self._process.returncode}: {self.log.read_text()}")
        return listens(self.port)

    def close(self) -> None:
        """Terminate, and kill what does not end; safe to call twice."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._stream.close()
