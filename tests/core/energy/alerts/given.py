"""Accounts with readings and a limit, and the morning's look at them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import obstore

from core.energy.accounts import accounts
from core.energy.alerts.job import AlertJob
from core.energy.ingest.handler import created
from core.kernel.events import ObjectCreated
from core.kernel.services import Services
from tests.core.energy.running import run

POINT, OTHER = "1012345678903", "1023456789017"
ADA = "ada@example.com"
HALF = timedelta(minutes=30)


class Row(NamedTuple):
    point: str
    start: datetime
    kwh: str
    version: int = 1
    quality: str = "actual"
    channel: str = "import"


def account_with(services: Services, rows: Iterable[Row] = (), **settings: Any) -> str:
    """A new account with these readings, which asks for alerts above 10 kWh unless it is said otherwise."""
    account = f"A{uuid4().hex[:12]}"
    accounts.ensure(services.documents, account)
    asked = {"email": ADA, "alert_kwh_per_day": 10.0, **settings}
    services.documents.put(f"settings/{account}.json", asked)
    odd = ["future", "past", "fault", "bound", "register", "offset"]
    services.documents.put(f"sources/{account}.json", {"sources": [{"files": "*", "allow": odd}]})
    add(services, account, rows)
    return account


def add(services: Services, account: str, rows: Iterable[Row]) -> None:
    lines = [
        f"{one.point},{one.start:%Y-%m-%dT%H:%M:%SZ},{one.version},{one.kwh},{one.channel},30,{one.quality}"
        for one in rows
    ]
    if not lines:
        return
    key = f"incoming/{account}/{uuid4().hex}.csv"
    text = "\n".join(["point,start,version,kwh,channel,minutes,quality", *lines]) + "\n"
    obstore.put(services.store.client, key, text.encode())
    created(services, ObjectCreated(key))


def day(begin: str, kwh: str, point: str = POINT, *, count: int = 48, quality: str = "actual") -> Iterator[Row]:
    """Half hours of one value, from an instant of UTC on."""
    first = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    return (Row(point, first + HALF * number, kwh, quality=quality) for number in range(count))


def look(services: Services, account: str, at: str) -> Any:
    """What the job does on a morning."""
    return run(services, msgspec.json.encode(AlertJob(account, at)))
