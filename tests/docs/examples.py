"""The requests of docs/api.md's examples, in the order in which they are sent to a new system."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

POINT, PASSWORD = "1012345678903", "correct horse battery staple"
A = "/api/accounts/{account}"
OWL = {
    "name": "Night owl",
    "description": "Half price from 00:30 to 04:30 every night.",
    "currency": "GBP",
    "unit_rate": "0.1998",
    "standing_charge": "0.4790",
    "export_rate": "0",
    "bands": [{"name": "night", "begin": "00:30", "end": "04:30", "rate": "0.0999", "days": []}],
}


@dataclass(frozen=True)
class Example:
    """`names` are what stands in the path's braces; `<name>` in a value is what an earlier answer gave under `keeps`.

    `until` is a field of the answer with the value that is waited for: what a job does takes its time.
    """

    route: str
    names: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    user: str | None = "podge"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    keeps: Mapping[str, str] = field(default_factory=dict)
    until: tuple[str, Any] | None = None

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def path(self) -> str:
        path = self.route.partition(" ")[2]
        for name, value in {"account": "Account17", **self.names}.items():
            path = path.replace(f"{{{name}}}", value)
        return f"{path}?{self.query}" if self.query else path


def month() -> str:
    """July 2026 of one point, which lacks an hour, with a row that can't be read."""
    begin, rows = datetime(2026, 6, 30, 23, tzinfo=UTC), ["point,start,version,kwh"]
    for number in range(31 * 48):
        if number not in (700, 701):
            start = begin + timedelta(minutes=30 * number)
            rows.append(f"{POINT},{start:%Y-%m-%dT%H:%M:%SZ},1,0.{number % 48 + 100}")
    return "\n".join([*rows, f"{POINT},2026-08-01T00:00:00Z,1,much", ""])


FILE = month()
EXAMPLES = (
    Example("GET /api/health", user=None),
    Example("GET /.well-known/jwks.json", user=None),
    Example("GET /.well-known/openid-configuration", user=None),
    Example("POST /api/login", user=None, body={"user": "podge", "password": PASSWORD}),
    Example("GET /api/me"),
    Example(
        "PUT /api/users/{user}/grants/{action}/{resource}",
        {"user": "luciano", "action": "read", "resource": "Account17"},
        user="ada",
    ),
    Example("GET /api/users/{user}/grants", {"user": "luciano"}, user="ada"),
    Example(
        "DELETE /api/users/{user}/grants/{action}/{resource}",
        {"user": "luciano", "action": "read", "resource": "Account17"},
        user="ada",
    ),
    Example("GET /api/hello", query="name=Tim", user=None),
    Example("PUT /api/products/{product}", {"product": "night-owl"}, user="ada", body=OWL),
    Example("GET /api/products", user=None),
    Example("GET /api/products/{product}", {"product": "night-owl"}, user=None),
    Example(f"POST {A}/preview", body={"name": "july.csv", "start": b64encode(FILE[:500].encode()).decode()}),
    Example(
        f"POST {A}/uploads",
        body={"name": "july.csv", "bytes": len(FILE)},
        keeps={"ingestion": "ingestion", "sent": "url"},
    ),
    Example(f"GET {A}/ingestions/{{ingestion}}", {"ingestion": "<ingestion>"}, until=("rejected", 1)),
    Example(f"GET {A}/ingestions", query="limit=1"),
    Example(f"GET {A}/ingestions/{{ingestion}}/rejects", {"ingestion": "<ingestion>"}),
    Example("GET /api/accounts"),
    Example(f"GET {A}/points"),
    Example(f"GET {A}/readings", query=f"point={POINT}&from=2026-07-01&to=2026-07-04&resolution=day"),
    Example(f"GET {A}/settings", keeps={"settings": "ETag"}),
    Example(
        f"PUT {A}/settings",
        headers={"If-Match": "<settings>"},
        body={"display_name": "Podge & Sons", "contract": [{"product": "night-owl", "from": "2026-01-01"}]},
    ),
    Example(f"GET {A}/sources", keeps={"sources": "ETag"}),
    Example(
        f"PUT {A}/sources",
        headers={"If-Match": "<sources>"},
        body={"sources": [{"files": "shop-*.csv", "point": POINT, "zone": "Europe/London"}]},
    ),
    Example(f"GET {A}/costs", query="point=*&from=2026-07-01&to=2026-07-03&resolution=day"),
    Example(f"GET {A}/overview", query="today=2026-08-01"),
    Example(
        f"POST {A}/trades",
        headers={"Idempotency-Key": "b2d9e4f0"},
        body={"product": "night-owl", "kwh": "100", "side": "buy"},
    ),
    Example(f"GET {A}/trades", query="limit=1"),
    Example(f"GET {A}/alerts"),
    Example(
        f"POST {A}/exports", body={"format": "csv", "from": "2026-07-01", "to": "2026-08-01"}, keeps={"export": "id"}
    ),
    Example(f"GET {A}/exports/{{export}}", {"export": "<export>"}, until=("status", "done")),
    Example(f"POST {A}/settlements", body={"month": "2026-07", "estimate": True}, keeps={"run": "id"}),
    Example(f"GET {A}/settlements/{{settlement}}", {"settlement": "<run>"}, until=("state", "done")),
    Example(f"GET {A}/settlements"),
    Example("GET /api/forecasts/{site}", {"site": "london"}, until=("site", "london")),
    Example("GET /api/forecasts"),
    Example("DELETE /api/products/{product}", {"product": "old"}, user="ada"),
    Example("DELETE /api/accounts/{account}", {"account": "Account18"}, user="ada"),
)
UNSHOWN = ("GET /api/openapi.json", "GET /api/docs", "GET /api/docs/{version}/{file}")
"""Routes without an example: their answers are pages and programs."""
