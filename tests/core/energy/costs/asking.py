"""Asking for costs as the API does, and accounts to ask of."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import uuid4

import obstore

from core.energy.accounts import accounts
from core.energy.costs import api
from core.energy.ingest.handler import created
from core.energy.readings import sources
from core.energy.readings.reading import UNITS
from core.energy.trading import products
from core.kernel.api.context import Call
from core.kernel.events import ObjectCreated
from core.kernel.services import Services

ALLOWED = ["future", "past", "fault", "bound", "register", "offset"]
HEADER = "point,channel,start,minutes,version,value,unit,quality"
GREEN: dict[str, Any] = {
    "id": "green",
    "name": "Green",
    "currency": "GBP",
    "unit_rate": "0.2450",
    "standing_charge": "0.5312",
}
NIGHT: dict[str, Any] = {
    **GREEN,
    "id": "night",
    "name": "Night",
    "unit_rate": "0.31",
    "export_rate": "0.15",
    "bands": [{"name": "night", "begin": "23:30", "end": "05:30", "rate": "0.07"}],
}


class Row(NamedTuple):
    point: str
    start: datetime
    value: Decimal
    channel: str = "import"
    minutes: int = 30
    quality: str = "actual"
    version: int = 1


def account_with(
    services: Services,
    rows: Iterable[Row],
    contract: Iterable[tuple[str, str]] = (),
    sold: Iterable[dict[str, Any]] = (GREEN, NIGHT),
    **zone: str,
) -> str:
    """A new account with these readings, and products from these days on. `zone` is that of names of their own."""
    account = f"A{uuid4().hex[:12]}"
    accounts.ensure(services.documents, account)
    for product in sold:
        products.save(services.documents, product)
    agreed = [{"product": product, "from": first} for product, first in contract]
    services.documents.put(f"settings/{account}.json", {"contract": agreed})
    entry = {"files": "*", "allow": ALLOWED, "stamp": "start", **({"kind": "free", **zone} if zone else {})}
    services.documents.put(sources.document(account), {"sources": [entry]})
    add(services, account, rows)
    return account


def add(services: Services, account: str, rows: Iterable[Row]) -> None:
    lines = [
        f"{row.point},{row.channel},{row.start:%Y-%m-%dT%H:%M:%SZ},{row.minutes},{row.version},{row.value},"
        f"{UNITS[row.channel]},{row.quality}"
        for row in rows
    ]
    if lines:
        key = f"incoming/{account}/{uuid4().hex}.csv"
        obstore.put(services.store.client, key, "\n".join([HEADER, *lines, ""]).encode())
        report = created(services, ObjectCreated(key))
        assert report is not None
        assert (report["status"], report["rejected"]) == ("accepted", 0), report


def called(services: Services, account: str, query: Any) -> Call:
    document = services.documents.get(accounts.path(account))
    return Call(services, (), None, {"account": account}, None, None, query, None, document)  # type: ignore[arg-type]


def costs(services: Services, account: str, *points: str, **wanted: Any) -> dict[str, Any]:
    """The answer of one page."""
    wanted = {"from_" if name == "from" else name: value for name, value in wanted.items()}
    query = api.CostsQuery(list(points) or ["*"], **wanted)
    return dict(json.loads(api.costs(called(services, account, query)).body))


def column(series: dict[str, Any], name: str) -> list[Decimal | None]:
    return [None if value is None else Decimal(value) for value in series[name]]


def total(series: dict[str, Any], *names: str) -> Decimal:
    """The sum of columns in which nothing is null."""
    values = [value for name in names for value in column(series, name)]
    assert None not in values, series
    return sum((value for value in values if value is not None), Decimal())
