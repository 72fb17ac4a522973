"""A small HTTP client for the demo's check, with nothing but the standard library."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tools.waiting import PATIENCE


class Failed(Exception):
    """The system did something else than it should."""


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Failed(f"{what}: expected {wanted!r}, found {found!r}")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, its numbers with every digit."""
        return json.loads(self.body, parse_float=Decimal)


class Client:
    """Sends requests to one server; with a token once logged in."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._token = ""

    def login(self, user: str, password: str) -> Reply:
        reply = self.send("POST", "/api/login", {"user": user, "password": password})
        self._token = reply.json().get("access_token", "")
        return reply

    def send(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Reply:
        """One request; `path` may be a whole URL, `body` is sent as JSON unless it is bytes already."""
        target = urlsplit(path if path.startswith("http") else self._base_url + path)
        connection = HTTPConnection(target.netloc, timeout=PATIENCE)
        sent = {"Authorization": f"Bearer {self._token}"} if self._token and not path.startswith("http") else {}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        try:
            where = target.path + (f"?{target.query}" if target.query else "")
            connection.request(method, where, data, {**sent, **(headers or {})})
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()
