"""What each operation asks of the store: requests in all, and the longest chain of those that wait for each other.

`nox -s aws -- bench requests` (also gcp, azure): the code of the provider's adapter, with a counting proxy before the
stand-in of its store, which keeps each answer back for 20 ms. On a cloud a request is 10 to 40 ms and money; what is
counted is the same there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.measure import OUT, machine
from bench.runtimes import settings
from bench.stand_ins import STAND_INS, STORES

COMMITS = 500
"""Of the large table."""
FILES_A_DAY = 25_000
PRICES = {"GET": 0.0004, "HEAD": 0.0004, "PUT": 0.005, "LIST": 0.005}
"""Dollars for a thousand requests to S3 Standard in us-east-1 (https://aws.amazon.com/s3/pricing/, November 2026)."""
ENDPOINTS = {"aws": "AWS_ENDPOINT_URL", "gcp": "GOOGLE_BASE_URL", "azure": "AZURE_STORAGE_ENDPOINT"}


def run(provider: str) -> None:
    """Start the stand-in and the proxy, and count in a process of its own: the engine would keep them from answering."""
    from tests.beds.counting_proxy import CountingProxy

    with tempfile.TemporaryDirectory() as name, STAND_INS[provider](Path(name)) as environment:
        target = environment[ENDPOINTS[provider]]
        with closing(CountingProxy(target, Path(name))) as proxy:
            told = {"BENCH_PROXY": proxy.url}
            store = {"TREFOIL_STORE": STORES[provider], "TREFOIL_LOG_LEVEL": "ERROR"}
            subprocess.run(
                [sys.executable, "-m", "bench.requests", provider, "--work"],
                env={**os.environ, **settings(provider), **environment, **told, **store},
                check=True,
            )


class Work:
    """The operations, by the provider's own services, and the counts of each."""

    def __init__(self, provider: str) -> None:
        from core.kernel.store import open_store

        self._proxy = os.environ["BENCH_PROXY"]
        self._direct = open_store(STORES[provider])
        variable = ENDPOINTS[provider]
        os.environ[variable] = self._proxy + urlsplit(os.environ[variable]).path
        self._services = __import__(f"adapters.{provider}.bootstrap", fromlist=["services"]).services()
        self.counts: dict[str, dict[str, Any]] = {}

    def counted(self, what: str, do: Callable[[], Any]) -> None:
        from tests.beds.counting_proxy import chain, taken

        taken(self._proxy)
        do()
        asked = taken(self._proxy)
        kinds = dict(Counter(one.what for one in asked))
        self.counts[what] = {"total": len(asked), "chain": chain(asked), "kinds": kinds}
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        print(f"| {what} | {len(asked)} | {chain(asked)} | {said} |", flush=True)

    def all(self) -> None:
        self._fill()
        self._requests()
        self._ingestions()

    def _fill(self) -> None:
        from core.kernel.auth import access, users

        documents, clock = self._services.documents, self._services.clock
        users.save(documents, clock, "podge", "a-long-password")
        for action in ("read", "upload", "trade", "changeSettings"):
            access.grant(documents, "podge", action, "*")
        documents.put("products/night.json", PRODUCT)
        for number in range(COMMITS):
            self._put("Large", number)
            self._ingest("Large", number, direct=True)
        for number in range(20):
            self._put("Small", number)
            self._ingest("Small", number, direct=True)

    def _requests(self) -> None:
        answered = self._answered
        key = iter(range(1000))
        trade = json.dumps({"product": "night", "kwh": "1"}).encode()
        answered("GET", "/api/hello")
        self._token = json.loads(
            answered("POST", "/api/login", json.dumps({"user": "podge", "password": "a-long-password"}).encode())
        )["access_token"]
        month = "from=2026-01-01&to=2026-02-01"
        operations: dict[str, Callable[[], Any]] = {
            "hello": lambda: answered("GET", "/api/hello"),
            "login": lambda: answered(
                "POST", "/api/login", json.dumps({"user": "podge", "password": "a-long-password"}).encode()
            ),
            "me": lambda: answered("GET", "/api/me"),
            "accounts": lambda: answered("GET", "/api/accounts"),
            "settings": lambda: answered("GET", "/api/accounts/Small/settings"),
            "uploads": lambda: answered("POST", "/api/accounts/Small/uploads", b'{"name": "a.csv", "bytes": 1}'),
            "trade": lambda: answered("POST", "/api/accounts/Small/trades", trade, key=str(next(key))),
        }
        for what, operation in operations.items():
            self.counted(what, operation)
        for _ in range(100):
            operations["trade"]()
        self.counted("10 of 101 trades", lambda: answered("GET", "/api/accounts/Small/trades", query="limit=10"))
        self.counted(
            f"10 of {COMMITS} ingestions", lambda: answered("GET", "/api/accounts/Large/ingestions", query="limit=10")
        )
        query = f"point={point(COMMITS - 1)}&{month}"
        for warmth in ("first", "again"):
            self.counted(
                f"points of a table with 20 small files, {warmth}",
                lambda: answered("GET", "/api/accounts/Small/points"),
            )
            self.counted(
                f"readings of a month, table of {COMMITS} commits, {warmth}",
                lambda: answered("GET", "/api/accounts/Large/readings", query=query),
            )

    def _ingestions(self) -> None:
        cold = self._services.store.memory.clear
        for account, commits in (("New", 0), ("New", 1), ("Large", COMMITS)):
            for warmth in ("first", "again") if commits else ("first",):
                number = commits + 1000 + (warmth == "again")
                self._put(account, number)
                what = f"ingest of 1,000 rows, table of {commits} commits, {warmth}"
                if not commits:
                    what = "ingest of 1,000 rows, account new"
                if warmth == "first":
                    cold()
                self.counted(what, partial(self._ingest, account, number))
        for number in range(2000, 2032):
            self._put("New", number, rows=48)
        self.counted("32 files of 48 rows, one after the other", lambda: self._ingest_all("New", range(2000, 2032)))
        for number in range(3000, 3160):
            self._put("New", number, rows=48)
        self.counted("160 files of 48 rows, ten at a time", lambda: self._ingest_by_ten("New", range(3000, 3160)))

    def dollars(self, what: str, files: int) -> float:
        """For `FILES_A_DAY` files, by the counts of one operation with so many."""
        kinds: dict[str, int] = self.counts[what]["kinds"]
        spent = sum(count * PRICES.get(kind, 0.0) for kind, count in kinds.items())  # a DELETE costs nothing
        return spent / 1000 / files * FILES_A_DAY

    def _put(self, account: str, number: int, rows: int = 1000) -> None:
        import obstore

        lines = [
            f"{point(number)},2026-{at // 1344 + 1:02}-{at % 1344 // 48 + 1:02}T{at % 48 // 2:02}:{at % 2 * 30:02}:00Z,1,"
            f"{at * 7919 % 97 / 100}\n"
            for at in range(rows)
        ]
        content = ("point,start,version,kwh\n" + "".join(lines)).encode()
        obstore.put(self._direct.client, f"incoming/{account}/{number}.csv", content)

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
        from core.kernel.api.app import App
        from core.kernel.http import Request

        headers = [("content-type", "application/json")]
        if token := getattr(self, "_token", None):
            headers.append(("authorization", f"Bearer {token}"))
        if key:
            headers.append(("idempotency-key", key))
        response = App(self._services).handle(Request(method, path, query, tuple(headers), body))
        assert response.status in (200, 201), (method, path, response)
        return response.body


PRODUCT = {"id": "night", "name": "Night", "unit_rate": "0.10", "standing_charge": "0.50", "currency": "GBP"}


def point(number: int) -> str:
    from core.energy.readings.points import mpan_digit

    core = f"10{number:010}"
    return core + mpan_digit(core)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.requests", description=__doc__)
    parser.add_argument("provider", choices=list(STAND_INS))
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.work:
        run(options.provider)
        return
    print(f"{options.provider}: requests to the store's stand-in, {machine()}\n")
    print("| operation | requests | longest chain | of them |\n|---|---|---|---|", flush=True)
    work = Work(options.provider)
    work.all()
    OUT.mkdir(exist_ok=True)
    (OUT / f"requests-{options.provider}.json").write_text(
        json.dumps({"machine": machine(), "counts": work.counts}, indent=2) + "\n"
    )
    if options.provider == "aws":
        alone = work.dollars("32 files of 48 rows, one after the other", 32)
        together = work.dollars("160 files of 48 rows, ten at a time", 160)
        print(
            f"\n{FILES_A_DAY:,} files of 48 rows a day: ${alone:.2f} for requests to S3, ten at a time ${together:.2f}"
        )


if __name__ == "__main__":
    main()
