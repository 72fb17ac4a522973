"""HTTP with the tests' patience: an answer may take as long as a busy machine needs for it."""

from __future__ import annotations

from typing import Any

import httpx

from tools.waiting import PATIENCE

# Given up before a server does (uvicorn's five seconds), or a request could meet the end of its connection.
_LIMITS = httpx.Limits(keepalive_expiry=1)


def client(base_url: str, **options: Any) -> httpx.Client:
    return httpx.Client(base_url=base_url, timeout=PATIENCE, limits=_LIMITS, **options)


def request(method: str, url: str, **options: Any) -> httpx.Response:
    """One request on a connection of its own."""
    return httpx.request(method, url, timeout=PATIENCE, **options)
