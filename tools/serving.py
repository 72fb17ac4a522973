"""Servers of the standard library in a thread of their own, as the stand-ins are."""

from __future__ import annotations

from socketserver import BaseServer
from threading import Thread

LOOK_EVERY = 0.02
"""Seconds between two looks whether it is told to stop; half a second by default, for which each end would wait."""


def serve(server: BaseServer, name: str) -> Thread:
    """Begin to serve, until `server.shutdown()`; the thread, which is called `name`, ends with that."""
    thread = Thread(target=server.serve_forever, args=(LOOK_EVERY,), name=name, daemon=True)
    thread.start()
    return thread
