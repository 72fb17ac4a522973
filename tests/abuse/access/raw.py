"""HTTP as it is on the wire: what a client library would tidy up before it sends it, and what comes back."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from tools.waiting import PATIENCE

CLOSED = 0
"""In place of a status: the connection was closed, or what came is no HTTP answer."""


@dataclass(frozen=True)
class Ask:
    """One request. What is no ASCII goes as UTF-8; a byte that is none stands as its surrogate (PEP 383)."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def sent(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        lines += ["Connection: close", f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body


@dataclass(frozen=True)
class Said:
    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""

    @property
    def whole(self) -> bytes:
        return "\n".join(f"{name}: {value}" for name, value in self.headers).encode() + b"\n" + self.body


def send(base_url: str, ask: Ask) -> Said:
    """The answer to a request, on a connection of its own."""
    url = urlsplit(base_url)
    with socket.create_connection((url.hostname or "", url.port or 80), timeout=PATIENCE) as connection:
        try:
            connection.sendall(ask.sent)
            answer = HTTPResponse(connection, method=ask.method.upper())
            answer.begin()
            return Said(answer.status, answer.getheaders(), answer.read())
        except (HTTPException, ConnectionError):
            return Said(CLOSED)
