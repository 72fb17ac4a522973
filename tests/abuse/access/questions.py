"""Every operation on an account, from the routes themselves, with what makes each a valid request."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.energy.functions import FUNCTIONS
from core.kernel.api.context import Route
from core.kernel.api.router import Router
from tests.abuse.access.raw import Ask

ROUTES = Router(FUNCTIONS).every
OF_AN_ACCOUNT = tuple(route for route in ROUTES if route.needs.resource)
BODIES: Mapping[str, Any] = {
    "POST /api/login": {"user": "mallory", "password": "a guess at a password"},
    "PUT /api/products/{product}": {
        "name": "Free",
        "description": "",
        "currency": "GBP",
        "unit_rate": "0",
        "standing_charge": "0",
    },
    "POST /api/accounts/{account}/uploads": {"name": "mine.csv", "bytes": 3},
    "POST /api/accounts/{account}/preview": {
        "name": "mine.csv",
        "start": b64encode(b"time,kwh\n2025-10-01T00:00:00Z,1\n").decode(),
        "whole": True,
    },
    "POST /api/accounts/{account}/trades": {"product": "green-fixed", "kwh": "1", "side": "buy"},
    "PUT /api/accounts/{account}/settings": {"display_name": "taken over", "email": "mallory@example.com"},
    "PUT /api/accounts/{account}/sources": {"sources": [{"files": "*", "unit": "kWh"}]},
    "POST /api/accounts/{account}/exports": {"format": "csv"},
    "POST /api/accounts/{account}/settlements": {"month": "2025-09", "estimate": True},
}
"""A body that each route which has one would take."""
QUERIES = {"readings": "point=*", "costs": "point=*"}
"""What a path that ends so needs beside it."""
HEADERS = {"Idempotency-Key": "a-key-of-mallory", "If-Match": "*"}


@dataclass(frozen=True)
class Question:
    """A route asked by somebody: `account` is theirs, `other` is not; `ids` are those of the other's documents."""

    route: Route
    account: str
    other: str
    ids: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    """Those that each request needs to get here, such as `Host`."""
    token: str

    @property
    def names_more(self) -> bool:
        """Whether the path names a document beside the account, which is the other's."""
        return self.route.path.count("{") > 1

    @property
    def host(self) -> str:
        return dict(self.headers)["Host"]

    @property
    def query(self) -> str:
        return QUERIES.get(self.route.segments[-1], "")

    @property
    def body(self) -> Any:
        return BODIES.get(str(self.route)) if self.route.body else None

    def path(self, account: str, **ids: str) -> str:
        """The route's path with this in the place of the account, as it is."""
        named = {**self.ids, **ids, "account": account}
        return re.sub(r"\{(\w+)\}", lambda found: named[found[1]], self.route.path)

    def ask(
        self,
        target: str,
        *,
        method: str = "",
        query: str = "",
        token: bool = True,
        body: Any = None,
        extra: tuple[tuple[str, str], ...] = (),
    ) -> Ask:
        """The request for a path, with the caller's token and a valid body, and what is given beside it."""
        asked = "&".join(part for part in (self.query, query) if part)
        bearer = (("Authorization", f"Bearer {self.token}"),) if token else ()
        needed = tuple((name, HEADERS[name]) for name in self.route.headers)
        given = self.body if body is None else body
        return Ask(
            method or self.route.method,
            f"{target}?{asked}" if asked else target,
            (*self.headers, *bearer, *needed, *extra),
            b"" if given is None else json.dumps(given).encode(),
        )
