"""Two accounts whose people are no friends: all that `victor` has in his is a secret to `mallory`, who has her own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import obstore

from core.energy.accounts import accounts
from core.energy.actions import ACTIONS
from core.energy.actions import TRADE as TRADES
from core.energy.alerts import documents as alerts
from core.energy.alerts.documents import Told
from core.kernel.auth import access, users
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.store import listing
from tests.abuse.access.questions import Question
from tests.contract.system import PASSWORD, System
from tests.contract.test_settlements import BEGIN, END, starts
from tools.waiting import eventually

OWN, OTHER, SPARE, NEAR, SHARED = "Kestrel-7", "Kestrel-7is", "Merlin-1", "Kestrel-7X", "Osprey-2"
"""Mallory's; victor's, whose name begins with it; one of hers to be deleted; one of nobody's; one both may trade for."""
CANARY = "canary-5e0f3a91"
"""In whatever of victor's can hold a text."""


@dataclass(frozen=True)
class World:
    system: System
    ids: Mapping[str, str]
    """Of the other account's documents, by the parameters of the routes that name them."""
    secrets: tuple[bytes, ...]
    """What only the other account's documents hold."""
    headers: tuple[tuple[str, str], ...]
    page: bytes
    """Of the site, which answers at any path but the API's; empty where it is served by something else."""

    def question(self, route: Any, user: str = "mallory") -> Question:
        """What somebody asks; whose account is deleted by it has another one for that."""
        own = SPARE if route.method == "DELETE" else OWN
        return Question(route, own, OTHER, self.ids, self.headers, self.system.token(user))

    def snapshot(self) -> dict[str, bytes]:
        """All that the store holds of the other account, byte by byte, and of its people."""
        store = self.system.harness.store
        paths = [one["path"] for one in listing(store, "") if OTHER in one["path"] or "/victor." in one["path"]]
        return {path: bytes(obstore.get(store.client, path).bytes()) for path in paths}


def make(system: System) -> World:
    """Make both; everything of victor's has `CANARY` in it, or a name that nobody can guess."""
    documents = Documents(system.harness.store)
    for user, account in (("mallory", OWN), ("mallory", SPARE), ("victor", OTHER)):
        users.save(documents, system_clock, user, PASSWORD)
        for action in ACTIONS:
            access.grant(documents, user, action, account)
        access.grant(documents, user, TRADES, SHARED)
    for account in (OWN, SPARE, OTHER, NEAR, SHARED):
        accounts.ensure(documents, account)
    at = f"/api/accounts/{OTHER}"
    _put(
        system,
        f"{at}/sources",
        {"sources": [{"files": "*", "kind": "free", "zone": "Europe/London", "ignore": [CANARY]}]},
    )
    contract = [{"product": "green-fixed", "from": "2025-01-01"}]
    _put(system, f"{at}/settings", {"display_name": CANARY, "email": f"{CANARY}@example.com", "contract": contract})
    rows = [f"{CANARY},{start:%Y-%m-%dT%H:%M:%SZ},1,0.1" for start in starts(END - timedelta(days=3), END)]
    bad = f"{CANARY},{BEGIN:%Y-%m-%dT%H:%M:%SZ},1,{CANARY}"
    report = system.ingest(OTHER, f"{CANARY}.csv", "\n".join(["point,start,version,kwh", *rows, bad, ""]))
    assert (report["accepted"], report["rejected"]) == (len(rows), 1), report
    told = Told("2025-10-02", "1", "1", "0", 0, [], f"{CANARY}@example.com", "2025-10-03T07:00:00Z")
    alerts.note(documents, OTHER, date(2025, 10, 2), told)
    trade = _done(system.send("POST", f"{at}/trades", "victor", json=TRADE, headers={"Idempotency-Key": CANARY}))
    export = _done(system.send("POST", f"{at}/exports", "victor", json={"format": "csv"}))
    run = _done(system.send("POST", f"{at}/settlements", "victor", json={"month": "2025-10", "estimate": True}))
    export = _waited(system, f"{at}/exports/{export['id']}", lambda one: one["status"] == "done")
    run = _waited(system, f"{at}/settlements/{run['id']}", lambda one: one["state"] != "running")
    assert run["state"] == "done", run["error"]
    ids = {"ingestion": report["id"], "export": export["id"], "settlement": run["id"]}
    secrets = (CANARY, *ids.values(), trade["id"], export["download"]["url"].partition("?")[0])
    host = dict(system.harness.headers).get("Host", urlsplit(system.harness.base_url).netloc)
    start = system.get("/")
    page = start.content if start.is_success else b""
    return World(system, ids, tuple(secret.encode() for secret in secrets), (("Host", host),), page)


TRADE = {"product": "green-fixed", "kwh": "3.125", "side": "buy"}


def exported(system: System, user: str, account: str) -> dict[str, Any]:
    """How to download an export that is asked for now."""
    at = f"/api/accounts/{account}/exports"
    asked = _done(system.send("POST", at, user, json={"format": "csv"}))
    return dict(_waited(system, f"{at}/{asked['id']}", lambda one: one["status"] == "done", user)["download"])


def _put(system: System, path: str, body: Any) -> None:
    _done(system.send("PUT", path, "victor", json=body, headers={"If-Match": "*"}))


def _done(reply: httpx.Response) -> dict[str, Any]:
    assert reply.is_success, reply.text
    return dict(reply.json())


def _waited(system: System, path: str, ended: Callable[[dict[str, Any]], bool], user: str = "victor") -> dict[str, Any]:
    def found() -> dict[str, Any]:
        answer = _done(system.get(path, user))
        return answer if ended(answer) else {}

    return eventually(path, found)
