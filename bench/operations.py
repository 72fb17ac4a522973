"""The company's operations, by the provider's own services and the code that its functions call, each counted."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from bench.counting import LARGE, Counts, Kept, steps_of
from bench.stand_ins import ENDPOINTS, STORES

POINTS = 25
"""Of the account that is exported and settled, which has a year of half hours, a file for each month."""
YEAR = 2025
TIMES = 9
"""So often an operation is done whose CPU is told, where doing it again changes nothing."""
FEW = 5
PRODUCT = {"id": "night", "name": "Night", "unit_rate": "0.10", "standing_charge": "0.50", "currency": "GBP"}
LOGIN = json.dumps({"user": "podge", "password": "a-long-password"}).encode()


class Work:
    """Fills the stand-in with accounts that are new, small, large and a customer's, and then does every operation."""

    def __init__(self, provider: str, commits: int) -> None:
        from core.kernel.api.app import App
        from core.kernel.store import open_store

        proxy = os.environ["BENCH_PROXY"]
        self._direct = open_store(STORES[provider])
        variable = ENDPOINTS[provider]
        os.environ[variable] = proxy + urlsplit(os.environ[variable]).path
        services = __import__(f"adapters.{provider}.bootstrap", fromlist=["services"]).services()
        self._kept = Kept()
        self._services = msgspec.structs.replace(services, queues=self._kept, workflows=self._kept)
        self._app = App(self._services)
        self._commits = commits
        self._token = ""
        self.counts = Counts(proxy, commits)

    def all(self) -> None:
        self._fill()
        self._requests()
        self._readings()
        self._ingestions()
        self._exports()
        self._settlements()
        self._schedules()
        self._deletion()

    def _fill(self) -> None:
        from core.energy.actions import ACTIONS
        from core.energy.alerts import documents as alerts
        from core.energy.alerts.documents import Told
        from core.kernel.auth import access, users

        documents, clock = self._services.documents, self._services.clock
        users.save(documents, clock, "podge", "a-long-password")
        for action in ACTIONS:
            access.grant(documents, "podge", action, "*")
        documents.put("products/night.json", PRODUCT)
        for number in range(self._commits):
            self._put("Large", number)
            self._ingest("Large", number, direct=True)
        for number in range(20):
            self._put("Small", number)
            self._ingest("Small", number, direct=True)
        for month in range(1, 13):
            self._write("Customer", month, month_of(month))
            self._ingest("Customer", month, direct=True)
        documents.put("settings/Customer.json", {"contract": [{"product": "night", "from": f"{YEAR}-01-01"}]})
        for day in range(1, 31):
            one = Told(f"{YEAR}-06-{day:02}", "20", "10", "0", 0, [], "ada@example.com", f"{YEAR}-07-01T07:00:00Z")
            alerts.note(documents, "Small", date(YEAR, 6, day), one)

    def _requests(self) -> None:
        answered, counted = self._answered, self.counts.counted
        key = iter(range(1000))
        trade = json.dumps({"product": "night", "kwh": "1"}).encode()
        answered("GET", "/api/hello")
        self._token = json.loads(answered("POST", "/api/login", LOGIN))["access_token"]
        look = {"name": "a.csv", "start": base64.b64encode(self._content(0)).decode(), "whole": True}
        small = "/api/accounts/Small"
        operations: dict[str, Callable[[], Any]] = {
            "hello": lambda: answered("GET", "/api/hello"),
            "login": lambda: answered("POST", "/api/login", LOGIN),
            "authorizer": lambda: self._services.judge([f"Bearer {self._token}"]),
            "me": lambda: answered("GET", "/api/me"),
            "accounts": lambda: answered("GET", "/api/accounts"),
            "products": lambda: answered("GET", "/api/products"),
            "settings": lambda: answered("GET", f"{small}/settings"),
            "sources": lambda: answered("GET", f"{small}/sources"),
            "uploads": lambda: answered("POST", f"{small}/uploads", b'{"name": "a.csv", "bytes": 1}'),
            "preview of 1,000 rows": lambda: answered("POST", f"{small}/preview", json.dumps(look).encode()),
            "trade": lambda: answered("POST", f"{small}/trades", trade, key=str(next(key))),
        }
        for what, operation in operations.items():
            counted(what, operation, times=TIMES)
        for _ in range(101 - TIMES):
            operations["trade"]()
        counted("10 of 101 trades", lambda: answered("GET", f"{small}/trades", query="limit=10"), times=FEW)
        many = partial(answered, "GET", "/api/accounts/Large/ingestions", query="limit=10")
        counted(f"10 ingestions, {LARGE}", many, times=FEW)
        counted("10 of 30 alerts", partial(answered, "GET", f"{small}/alerts", query="limit=10"), times=FEW)

    def _readings(self) -> None:
        month = f"point={point(self._commits - 1)}&from=2026-01-01&to=2026-02-01"
        year = f"point={point(0)}&from={YEAR}-01-01&to={YEAR + 1}-01-01"
        asked = {
            "points of a table with 20 small files": ("/api/accounts/Small/points", ""),
            f"readings of a month, {LARGE}": ("/api/accounts/Large/readings", month),
            "readings of a year, table of 12 commits": ("/api/accounts/Customer/readings", year),
            "days of a year, table of 12 commits": ("/api/accounts/Customer/readings", f"{year}&resolution=day"),
            "costs of a year by day, table of 12 commits": ("/api/accounts/Customer/costs", year),
            "overview, table of 12 commits": ("/api/accounts/Customer/overview", f"today={YEAR + 1}-01-01"),
        }
        for what, (path, query) in asked.items():
            self._services.store.memory.clear()
            do = partial(self._answered, "GET", path, query=query)
            self.counts.counted(f"{what}, first", do)
            self.counts.counted(f"{what}, again", do, times=TIMES)

    def _ingestions(self) -> None:
        counted = self.counts.counted
        for account, table in (("New", ""), ("New", "table of 1 commits"), ("Large", LARGE)):
            for warmth in ("first", "again") if table else ("first",):
                number = 1000 + (warmth == "again") + bool(table)
                self._put(account, number)
                if warmth == "first":
                    self._services.store.memory.clear()
                what = f"ingest of 1,000 rows, {table}, {warmth}" if table else "ingest of 1,000 rows, account new"
                counted(what, partial(self._ingest, account, number))
        for first, rows, account in ((2000, 48, "New"), (2100, 1000, LARGE), (2200, 1200, LARGE)):
            numbers = range(first, first + 32)
            of = "Large" if account == LARGE else account
            for number in numbers:
                self._put(of, number, rows=rows)
            where = f", {LARGE}" if account == LARGE else ""
            name = f"32 files of {rows:,} rows, one after the other{where}"
            counted(name, partial(self._ingest_all, of, numbers))
        for number in range(3000, 3160):
            self._put("New", number, rows=48)
        counted("160 files of 48 rows, ten at a time", partial(self._ingest_by_ten, "New", range(3000, 3160)))

    def _exports(self) -> None:
        of_month = json.dumps({"from": f"{YEAR}-06-01", "to": f"{YEAR}-07-01"}).encode()
        path = "/api/accounts/Customer/exports"
        asked = self.counts.counted("export asked for", partial(self._answered, "POST", path, of_month), times=FEW)
        for _, message in self._kept.messages[:FEW]:
            self.counts.counted("export of a month, job", partial(self._job, message))
        self._kept.messages.clear()
        one = f"{path}/{json.loads(asked)['id']}"
        self.counts.counted("export looked at", partial(self._answered, "GET", one), times=FEW)

    def _settlements(self) -> None:
        from core.kernel.workflow import steps

        path, counted, kept = "/api/accounts/Customer/settlements", self.counts.counted, self._kept
        function = self._services.functions.named("settle")
        take = partial(steps.take, self._services, function)

        def one(event: dict[str, Any]) -> Any:
            return counted(f"settlement, step {event.get('step') or 'end'}", partial(take, event))

        asked = ""
        for month in ("06", "07", "08"):
            body = json.dumps({"month": f"{YEAR}-{month}"}).encode()
            asked = json.loads(counted("settlement asked for", partial(self._answered, "POST", path, body)))["id"]
            counted("settlement, job", partial(self._job, kept.messages.pop()[1]))
            _, run, document = kept.runs.pop()
            if month == "08":
                whole = partial(steps_of, run, document, take, together=True)
                counted("settlement, all steps", whole)
            else:
                steps_of(run, document, one, together=False)
        counted("settlement looked at", partial(self._answered, "GET", f"{path}/{asked}"), times=FEW)
        counted("settlements listed", partial(self._answered, "GET", path), times=FEW)

    def _schedules(self) -> None:
        from core.kernel import delivery

        counted, now = self.counts.counted, datetime.now(UTC)
        functions = self._services.functions
        for name, job in (("forecast", "forecast, job"), ("maintain", "maintain, job of one account")):
            for day in range(FEW):
                fire = partial(delivery.fire, self._services, functions.named(name), now - timedelta(days=day))
                counted(f"{name}, schedule", fire)
                # The first upkeep rewrites what has gathered, the others find little to do.
                warmth = "" if name == "forecast" else ", again" if day else ", first"
                counted(f"{job}{warmth}", partial(self._job, self._kept.messages[0][1]))
                self._kept.messages.clear()

    def _deletion(self) -> None:
        self.counts.counted("deletion asked for", partial(self._answered, "DELETE", "/api/accounts/Small"))
        self.counts.counted("deletion, job", partial(self._job, self._kept.messages.pop()[1]))

    def _job(self, message: bytes) -> Any:
        from core.kernel import delivery

        return delivery.message(self._services, self._services.functions.named("jobs"), message)

    def _content(self, number: int, rows: int = 1000) -> bytes:
        starts = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * at) for at in range(rows)]
        return content((point(number), start, at * 7919 % 97) for at, start in enumerate(starts))

    def _put(self, account: str, number: int, rows: int = 1000) -> None:
        self._write(account, number, self._content(number, rows))

    def _write(self, account: str, number: int, lines: bytes) -> None:
        import obstore

        obstore.put(self._direct.client, f"incoming/{account}/{number}.csv", lines)

    def _ingest(self, account: str, number: int, *, direct: bool = False) -> None:
        from core.energy.ingest.handler import ingest
        from core.kernel.events import ObjectCreated

        store = self._direct if direct else self._services.store
        report = ingest(store, ObjectCreated(f"incoming/{account}/{number}.csv"))
        assert report is not None
        assert report["landed"] == report["rows"] > 0, report

    def _ingest_all(self, account: str, numbers: range) -> None:
        for number in numbers:
            self._ingest(account, number)

    def _ingest_by_ten(self, account: str, numbers: range) -> None:
        from core.energy.ingest.handler import ingest_together
        from core.kernel.events import ObjectCreated

        for first in range(0, len(numbers), 10):
            batch = numbers[first : first + 10]
            found = ingest_together(
                self._services.store, [ObjectCreated(f"incoming/{account}/{number}.csv") for number in batch]
            )
            assert all(isinstance(one, dict) and one["landed"] == 48 for one in found), found

    def _answered(self, method: str, path: str, body: bytes = b"", *, query: str = "", key: str = "") -> bytes:
        from core.kernel.http import Request

        headers = [("content-type", "application/json")]
        if self._token:
            headers.append(("authorization", f"Bearer {self._token}"))
        if key:
            headers.append(("idempotency-key", key))
        response = self._app.handle(Request(method, path, query, tuple(headers), body))
        assert response.status in (200, 201, 202), (method, path, response)
        return response.body


def month_of(month: int) -> bytes:
    """A file with the half hours of a month of `YEAR`, of all the customer's points."""
    first = datetime(YEAR, month, 1, tzinfo=UTC)
    end = datetime(YEAR + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    starts = [first + timedelta(minutes=30 * at) for at in range(int((end - first) / timedelta(minutes=30)))]
    return content(
        (point(number), start, at * 7919 % 97) for number in range(POINTS) for at, start in enumerate(starts)
    )


def content(readings: Iterable[tuple[str, datetime, int]]) -> bytes:
    """A file of point, start and hundredths of a kWh, in the long layout."""
    lines = (f"{name},{start:%Y-%m-%dT%H:%M:%SZ},1,{value / 100}\n" for name, start, value in readings)
    return ("point,start,version,kwh\n" + "".join(lines)).encode()


def point(number: int) -> str:
    from core.energy.readings.points import mpan_digit

    core = f"10{number:010}"
    return core + mpan_digit(core)
