"""A TCP proxy that loses connections: each is cut after so many bytes, as often as told, and then no more."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Lock, Thread


class CuttingProxy:
    """Forwards to a port of this machine; the first `cuts` connections end after `after` bytes in one direction."""

    def __init__(self, port: int, *, cuts: int, after: int) -> None:
        self._target = port
        self._cuts = cuts
        self._after = after
        self._lock = Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                for source, target in ((client, server), (server, client)):
                    Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        passed = 0
        with suppress(OSError):
            while data := source.recv(64 * 1024):
                passed += len(data)
                if passed > self._after and self._cut():
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
                end.close()

    def _cut(self) -> bool:
        with self._lock:
            self._cuts -= 1
            return self._cuts >= 0
