"""Servers of the standard library in a thread of their own, as the stand-ins are."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer
from threading import Thread

JSON = "application/json; charset=utf-8"
LOOK_EVERY = 0.02
"""Seconds between two looks whether it is told to stop; half a second by default, for which each end would wait."""


def serve(server: BaseServer, name: str) -> Thread:
    """Begin to serve, until `server.shutdown()`; the thread, which is called `name`, ends with that."""
    thread = Thread(target=server.serve_forever, args=(LOOK_EVERY,), name=name, daemon=True)
    thread.start()
    return thread


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, media_type: str = JSON) -> None:
    """Send a whole answer."""
    handler.send_response(status)
    handler.send_header("Content-Type", media_type)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
