"""The local server: HTTP and the triggers of objects, queues and schedules in one process."""

from __future__ import annotations

import errno
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread, current_thread, main_thread

import uvicorn

from adapters.local import bootstrap
from adapters.local.connections import bounded, room
from adapters.local.http import LocalHttp
from adapters.local.object_trigger import ObjectTrigger
from adapters.local.objects import Objects
from adapters.local.schedule_trigger import ScheduleTrigger
from adapters.local.scratch import scratch
from adapters.local.signer import LocalSigner
from adapters.local.triggers import Trigger, started, taking
from core.kernel import logs
from core.kernel.config import ConfigError
from core.kernel.dead_letters import DeadLetters
from core.kernel.services import Services
from core.kernel.triggers import Object

_SITES = (Path(__file__).with_name("site_files"), Path(__file__).parents[2] / "web" / "dist")
WEB = next((folder for folder in _SITES if folder.is_dir()), _SITES[-1])
"""The site as a wheel has it, or as it was built here."""
STOP_WITHIN = 30
"""Seconds that requests under way are given when the server is told to stop."""


class PortInUse(Exception):
    """Another process listens there."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `PortInUse`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, or asyncio does not see that it is TCP, and each answer's second packet waits 40 ms for the first one's
    # acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"port {port} is in use by another process; choose another with --port") from None
        raise
    return listener


def url(listener: socket.socket) -> str:
    """The URL of a listener; for one on all interfaces, its URL on this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  only compared
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class LocalServer:
    """A server on a listening socket. `run` blocks until it is told to stop, by signal or by `stop`."""

    def __init__(self, listener: socket.socket, variables: Mapping[str, str], site: Path | None = WEB) -> None:
        self.url = url(listener)
        self._listener = listener
        self.services: Services = bootstrap.services(variables, base_url=self.url)
        for name in ("uvicorn", "asyncio"):
            logs.adopt(name)
        folder, signer = self.services.store.folder, self.services.signer
        if folder is None or not isinstance(signer, LocalSigner):
            raise ConfigError("TREFOIL_STORE", "the local server needs a file:// store")
        # Fail now rather than at the first request.
        self.services.keyring.signing_key()
        _probe(folder)
        self._folder = folder
        application = LocalHttp(self.services, signer, Objects(folder), site if site and site.is_dir() else None)
        letters = DeadLetters(self.services.documents, self.services.clock)
        self._triggers: tuple[Trigger, ...] = (
            *(ObjectTrigger(self.services, one, letters) for one in self.services.functions.of(Object)),
            *taking(self.services),
            ScheduleTrigger(self.services),
        )
        connections = room()
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                http=bounded(connections),
                ws="none",  # another protocol's connection would be counted for ever
                backlog=connections,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=STOP_WITHIN,
            )
        )

    def run(self, ready: Callable[[], None] | None = None) -> None:
        """Serve until it is told to stop. In the main thread, SIGTERM tells it too."""
        if current_thread() is main_thread():
            # An exception that a handler raised in the midst of an import would leave the import lock held, for which
            # a trigger's thread would wait for ever.
            signal.signal(signal.SIGTERM, lambda *_: self.stop())
        with scratch(self._folder), started(self._triggers):
            if ready:
                ready()
            self._server.run(sockets=[self._listener])

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve in a thread of its own until the block ends."""
        thread = Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            self.stop()
            thread.join()

    def stop(self) -> None:
        self._server.should_exit = True


def _probe(folder: Path) -> None:
    """Raises `ConfigError` when the store's folder can't be written."""
    probe = folder / ".writable"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigError("TREFOIL_STORE", f"{folder} can't be written: {error.strerror}") from None
