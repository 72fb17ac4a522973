"""What the contract suite needs of a running system: a base URL, users, and a way to drop files into its store."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlencode

import httpx

from core.energy.accounts import accounts
from core.energy.trading import products
from core.kernel.auth import access, users
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.store import Store
from core.kernel.workflow.declared import Workflow
from demo.weather import WeatherStandIn
from tests import asking
from tests.beds.collector import Collector
from tests.beds.deployment import Deployment
from tests.beds.inbox import Inbox
from tools.waiting import eventually

PASSWORD = "correct horse battery staple"

# name -> grants; every harness makes these users.
USERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ada": (("admin", "*"),),
    "podge": tuple((action, "Account17") for action in ("read", "upload", "trade", "changeSettings")),
    "luciano": (("delete", "*"), ("read", "Account18")),
    "nora": (),
    "greta": (),
    "sam": (("read", "*"), ("changeSettings", "*"), ("settle", "*")),
    "rita": (("read", "*"), ("upload", "*"), ("export", "*")),
}
ACCOUNTS = ("Account17", "Account18")
PRODUCT = {
    "id": "green-fixed",
    "name": "Green fixed",
    "description": "One price for a year",
    "currency": "GBP",
    "unit_rate": "0.2450",
    "standing_charge": "0.5312",
}
NIGHT = {
    "id": "night-saver",
    "name": "Night saver",
    "description": "Cheap nights, and a price for what you give",
    "currency": "GBP",
    "unit_rate": "0.3100",
    "standing_charge": "0.6000",
    "export_rate": "0.1500",
    "bands": [{"name": "night", "begin": "23:30", "end": "05:30", "rate": "0.0700", "days": []}],
}
ORIGIN = "https://app.example.com"
AUDIENCE = "trefoil"
SENDER, SITE = "alerts@trefoil.example", "https://app.trefoil.example"
ISSUER = "https://trefoil.example"
"""Of systems whose own URL is not known before they start."""
SITES = {"leeds": "53.8", "london": "51.5072"}
"""Sites that every system forecasts for, and their latitudes, by which the weather source knows them."""
FORECAST_SITES = ",".join(f"{name}:{latitude}:-1.5" for name, latitude in SITES.items())
NEWEST = 25
"""Reports that one look for a report asks for: more than a case drops files at once."""


class Harness(Protocol):
    """One provider's way to run the system. Everything but `base_url` and `headers` is for the tests alone.

    `drop`, `fetch`, `remove` and `announce` work on the store as a foreign tool would: with the provider's official client.
    """

    provider: str
    base_url: str
    headers: Mapping[str, str]
    """Sent with every request, to reach the system through the stand-in of its gateway."""
    issuer: str
    signing_key: str
    store: Store
    weather: WeatherStandIn
    """The source that the system asks for forecasts of `SITES`."""
    inbox: Inbox
    """The mail server that the system sends mails by."""
    collector: Collector
    """Where the system sends its traces and metrics."""

    unreachable: Mapping[str, str]
    """Variables that make a store opened after they are set talk to a port where nobody listens; empty: none can."""
    strangers: Mapping[str, str]
    """Variables with credentials that the store does not know; empty: it asks for none."""

    def credentials(self, user: str) -> tuple[str, str]:
        """Name and password of one of `USERS`."""

    def drop(self, key: str, content: bytes) -> None: ...

    def fetch(self, key: str) -> bytes: ...

    def remove(self, key: str) -> None: ...

    def announce(self, key: str) -> None:
        """Deliver the native event of an object's creation (once more)."""

    def send(self, queue: str, message: bytes) -> None:
        """Put a message into a queue: one of the set's, or that which carries the objects of a function."""

    def fire(self, function: str) -> None:
        """Deliver the native event of a schedule."""

    def step(self, function: str, event: Mapping[str, Any]) -> Any:
        """Ask for a step of a run as the engine does, and return what it would carry on."""

    def define(self, function: str, workflow: Workflow) -> None:
        """Let runs that begin from now on go by this definition, where the engine keeps it and not the run."""

    def logs(self) -> list[dict[str, Any]]:
        """Every line that the functions logged so far, under core's names for the fields."""

    def close(self) -> None: ...


@dataclass
class System:
    """The system under test, as its users see it: HTTP, and files dropped into the store."""

    harness: Harness
    http: httpx.Client
    folder: Path
    """Where the command `trefoil` may keep what is its own."""
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Of each user, and until when on `time.monotonic` it is used."""

    def token(self, user: str) -> str:
        token, until = self.tokens.get(user, ("", 0.0))
        if time.monotonic() >= until:
            name, password = self.harness.credentials(user)
            asked = time.monotonic()
            reply = self.http.post("/api/login", json={"user": name, "password": password})
            assert reply.status_code == 200, reply.text
            token = reply.json()["access_token"]
            self.tokens[user] = token, asked + reply.json()["expires_in"] / 2
        return token

    def send(self, method: str, path: str, user: str | None = None, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if user is not None:
            headers["Authorization"] = f"Bearer {self.token(user)}"
        return self.http.request(method, path, headers=headers, **options)

    def get(self, path: str, user: str | None = None, **query: Any) -> httpx.Response:
        return self.send("GET", path + (f"?{urlencode(query, doseq=True)}" if query else ""), user)

    def accounts(self, user: str, *, limit: int = 100) -> dict[str, dict[str, Any]]:
        """What a user's list of accounts has, by account and in its order, page by page."""
        found: dict[str, dict[str, Any]] = {}
        page: dict[str, Any] = {"next": ""}
        while page["next"] is not None:
            cursor = {"cursor": page["next"]} if page["next"] else {}
            reply = self.get("/api/accounts", user, limit=limit, **cursor)
            assert reply.status_code == 200, reply.text
            page = reply.json()
            assert len(page["accounts"]) <= limit
            found |= {one["account"]: one for one in page["accounts"]}
        return found

    def ingest(self, account: str, name: str, content: bytes | str) -> dict[str, Any]:
        """Drop a file and wait for its report."""
        key = f"incoming/{account}/{name}"
        self.harness.drop(key, content.encode() if isinstance(content, str) else content)
        return self.report(account, key)

    def upload(self, account: str, name: str, content: bytes, user: str = "rita") -> dict[str, Any]:
        """Send a file with a signed URL and wait for its report, which the answer promised."""
        path = f"/api/accounts/{account}"
        signed = self.send("POST", f"{path}/uploads", user, json={"name": name, "bytes": len(content)}).json()
        sent = asking.request(signed["method"], signed["url"], content=content, headers=signed["headers"])
        assert sent.is_success, sent.text

        def found() -> dict[str, Any]:
            reply = self.get(f"{path}/ingestions/{signed['ingestion']}", user)
            return dict(reply.json()) if reply.status_code == 200 else {}

        return eventually(f"the report of {signed['key']}", found)

    def report(self, account: str, key: str, *, other_than: str = "") -> dict[str, Any]:
        """The report of a file that was dropped just now; waits for it."""

        def found() -> dict[str, Any]:
            # Until the first ingestion made the account it is 404.
            reply = self.get(f"/api/accounts/{account}/ingestions", "rita", limit=NEWEST)
            reports = reply.json().get("ingestions", [])
            return next((one for one in reports if one["key"] == key and one["id"] != other_than), {})

        return eventually(f"the report of {key}", found)

    def logged(self, **fields: Any) -> list[dict[str, Any]]:
        """The log lines with these fields; waits for the first one, since some platforms deliver them late."""

        def found() -> list[dict[str, Any]]:
            return [line for line in self.harness.logs() if fields.items() <= line.items()]

        return eventually(f"a log line with {fields}", found)

    def operate(self, *arguments: str, fails: bool = False, variables: Mapping[str, str] | None = None) -> str:
        """What the command `trefoil` says when TREFOIL_STORE names the store of this system.

        `variables` are those of its function set, else the company's.
        """
        command = [sys.executable, "-m", "adapters.local", "--folder", str(self.folder), *arguments]
        own = company(self.harness.weather).environment if variables is None else variables
        settings = {"TREFOIL_STORE": self.harness.store.url, **own}
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **settings}, check=False)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout

    def export(self, account: str, **wanted: str) -> dict[str, Any]:
        """Ask for an export and wait for its end."""
        reply = self.send("POST", f"/api/accounts/{account}/exports", "rita", json=wanted)
        assert reply.status_code == 202, reply.text
        return self.ended(account, reply.json()["id"])

    def ended(self, account: str, export: str, status: str = "done") -> dict[str, Any]:
        def found() -> dict[str, Any]:
            answer = dict(self.get(f"/api/accounts/{account}/exports/{export}", "rita").json())
            return answer if answer["status"] == status else {}

        return eventually(f"{status} export {export}", found)

    def readings(self, account: str, **query: Any) -> dict[str, Any]:
        reply = self.get(f"/api/accounts/{account}/readings", "rita", **query)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())


def assert_a_file(reply: httpx.Response, name: str, media_type: str) -> None:
    """A download comes as a file of this name and type, as a browser reads the headers (RFC 6266, 4.3)."""
    assert reply.status_code == 200, reply.text
    found = re.fullmatch(
        r"""attachment; filename="([^"%\\]*)"(?:; filename\*=UTF-8''(\S*))?""", reply.headers["content-disposition"]
    )
    assert found
    assert (unquote(found[2], errors="strict") if found[2] else found[1]) == name
    assert reply.headers["content-type"] == media_type
    assert "content-encoding" not in reply.headers


def company(weather: WeatherStandIn, inbox: Inbox | None = None, collector: Collector | None = None) -> Deployment:
    """The company's function set, with the workflow of `tests.trial`, and all that the suite expects of it.

    Without an inbox it can send no mail, and without a collector it records nothing.
    """
    own = {"TREFOIL_FORECAST_URL": weather.url, "TREFOIL_FORECAST_SITES": FORECAST_SITES}
    if inbox is not None:
        own |= {"TREFOIL_MAIL": inbox.url, "TREFOIL_MAIL_FROM": SENDER, "TREFOIL_SITE": SITE}
    if collector is not None:
        # Metrics of the local server, which sends them by and by, come soon too.
        own |= {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_METRIC_EXPORT_INTERVAL": "1000"}
        # What a slow machine's collector does not take in two seconds would be lost.
        own |= {"OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_EXPORTER_OTLP_TIMEOUT": "60"}
    return Deployment("tests.trial", own, populate)


def populate(store: Store) -> None:
    """The suite's users, grants, accounts and product."""
    documents = Documents(store)
    for user, grants in USERS.items():
        users.save(documents, system_clock, user, PASSWORD)
        for action, resource in grants:
            access.grant(documents, user, action, resource)
    for account in ACCOUNTS:
        accounts.ensure(documents, account)
    products.save(documents, PRODUCT)
    products.save(documents, NIGHT)
