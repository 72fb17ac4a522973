"""What clients do while servers are killed, and what they were told: the model that the system is judged by.

A client asks again until it has an answer, as people's programs do, or gives up where the connection was lost. What it
was told is certain; what it gave up is there wholly or not at all.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from adapters.local.invoke import invoke
from core.energy.jobs import send
from core.energy.readings.maintenance import MaintenanceJob
from tests import asking
from tests.contract.system import PASSWORD, PRODUCT
from tests.faults.crash.files import SETTLED, MeterFile
from tests.faults.crash.servers import Servers
from tools.waiting import eventually

USER, FRIEND = "ops", "gil"
LOADED = ("Ash", "Birch")
"""Accounts that take files, trades and exports."""
STILL = "Cedar"
"""The account of which months are settled: its readings don't change."""
BUSY = (429, 503)


@dataclass(slots=True)
class Upload:
    """A file that was sent with a signed URL. Where it is not certain, the client gave up when the connection broke."""

    account: str
    key: str
    ingestion: str
    file: MeterFile
    certain: bool = False


@dataclass(slots=True)
class Trade:
    account: str
    kwh: str
    answer: dict[str, Any] | None = None


@dataclass
class Ledger:
    """What was asked for, and what was said of it."""

    drops: dict[str, tuple[int, MeterFile]] = field(default_factory=dict)
    """By key: when the file that is there now was created, and the file."""
    uploads: list[Upload] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    grants: dict[str, set[bool]] = field(default_factory=dict)
    """By resource: whether it may be granted."""
    exports: list[tuple[str, str]] = field(default_factory=list)
    settlements: list[str] = field(default_factory=list)
    batches: set[str] = field(default_factory=set)
    deleted: dict[str, bool] = field(default_factory=dict)
    """By account: whether there is one of that name again."""
    counts: Counter[str] = field(default_factory=Counter)
    names: int = 0
    lock: Lock = field(default_factory=Lock)

    def name(self, stem: str) -> str:
        """A name that was not given yet."""
        with self.lock:
            self.names += 1
            return f"{stem}{self.names}"


class Clients:
    """Those who use the system; any number of threads share one."""

    def __init__(self, servers: Servers, ledger: Ledger) -> None:
        self.servers = servers
        self.ledger = ledger
        self._http = asking.client("")
        self._token = ""

    def close(self) -> None:
        self._http.close()

    def log_in(self) -> None:
        reply = self.until("POST", "/api/login", [200], json={"user": USER, "password": PASSWORD})
        self._token = reply.json()["access_token"]

    def once(self, method: str, target: str, **options: Any) -> httpx.Response | None:
        """One request; None where no answer came, so that nobody knows whether it was done."""
        url = self.servers.url()
        if url is None:
            return None
        try:
            return self._http.request(method, url + target, **options)
        except httpx.TransportError:
            self.ledger.counts["requests cut off"] += 1
            return None

    def until(self, method: str, target: str, good: Sequence[int], **options: Any) -> httpx.Response:
        """The answer to a request, which is sent again until there is one."""
        if self._token:
            options["headers"] = {**options.get("headers", {}), "Authorization": f"Bearer {self._token}"}

        def answered() -> list[httpx.Response]:
            reply = self.once(method, target, **options)
            return [reply] if reply is not None and reply.status_code not in BUSY else []

        (reply,) = eventually(f"an answer to {method} {target}", answered, every=0.2)
        assert reply.status_code in good, f"{method} {target}: {reply.status_code} {reply.text}"
        return reply

    def get(self, target: str) -> Any:
        return self.until("GET", target, [200]).json()

    def pages(self, target: str, name: str) -> list[dict[str, Any]]:
        """All that a list has, page by page."""
        found, cursor = [], ""
        while True:
            page = self.get(f"{target}?limit=100{cursor and f'&cursor={cursor}'}")
            found += page[name]
            if page["next"] is None:
                return found
            cursor = page["next"]

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}


class Work(Protocol):
    """One thing that a client does; it ends when the client has been told, or gives up."""

    def do(self, clients: Clients) -> None: ...


@dataclass(frozen=True, slots=True)
class Drop:
    """A file that is put into the store's folder; `late` seconds older than others, so that orders differ.

    One of a name that is there already takes its place; with the same seed it is the same file again.
    """

    account: str
    file: MeterFile
    late: int

    def do(self, clients: Clients) -> None:
        ledger, key = clients.ledger, f"incoming/{self.account}/{self.file.name}"
        with ledger.lock:
            before, held = ledger.drops.get(key, (0, None))
            created = max(time.time_ns() // 1_000_000_000 - 86_400 - self.late, before + 1)
            target = clients.servers.store / key
            target.parent.mkdir(parents=True, exist_ok=True)
            made = clients.servers.home / "dropped"
            made.write_bytes(self.file.content)
            os.utime(made, (created, created))
            made.replace(target)
            ledger.drops[key] = created, self.file
            ledger.counts["files sent again" if held else "files dropped"] += 1


@dataclass(frozen=True, slots=True)
class Send:
    """A file that is sent with a signed URL; whoever `gives_up` does not send it again when the connection breaks.

    A `slow` client sends it in pieces.
    """

    account: str
    file: MeterFile
    gives_up: bool
    slow: bool = False

    def do(self, clients: Clients) -> None:
        content = self.file.content
        asked = {"name": self.file.name, "bytes": len(content)}
        signed = clients.until("POST", f"/api/accounts/{self.account}/uploads", [200], json=asked).json()
        upload = Upload(self.account, signed["key"], signed["ingestion"], self.file)
        clients.ledger.uploads.append(upload)
        target = "?".join(urlsplit(signed["url"])[2:4])

        def sent() -> bool:
            headers = {**signed["headers"], "Content-Length": str(len(content))}
            body = _slowly(content) if self.slow else content
            reply = clients.once(signed["method"], target, content=body, headers=headers)
            if reply is None:
                return self.gives_up
            assert reply.status_code in (201, 412, *BUSY), f"{upload.key}: {reply.status_code} {reply.text}"
            upload.certain = reply.status_code not in BUSY  # 412: it was there since the request that was cut off
            return upload.certain

        eventually(f"the upload of {upload.key}", sent, every=0.2)
        clients.ledger.counts["uploads" if upload.certain else "uploads given up"] += 1


@dataclass(frozen=True, slots=True)
class Buy:
    """A trade under a key of its own: asked for until it is placed and once more, or given up when it is cut off."""

    account: str
    gives_up: bool

    def do(self, clients: Clients) -> None:
        ledger = clients.ledger
        key = ledger.name("trade-")
        trade = Trade(self.account, f"{ledger.names}.5")
        ledger.trades.append(trade)
        path = f"/api/accounts/{self.account}/trades"
        options = {"json": {"product": PRODUCT["id"], "kwh": trade.kwh}, "headers": {"Idempotency-Key": key}}
        if self.gives_up:
            options["headers"] = {**clients.headers(), "Idempotency-Key": key}
            reply = clients.once("POST", path, **options)
            if reply is not None and reply.status_code == 201:
                trade.answer = reply.json()
        else:
            first, again = (clients.until("POST", path, [201], **options).json() for _ in range(2))
            assert first == again, f"one key gave two trades: {first} and {again}"
            trade.answer = first
        ledger.counts["trades" if trade.answer else "trades given up"] += 1


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant that is given, and taken back where it says so: by a command that may be killed, or a request."""

    taken_back: bool
    kill_after: int | None
    """Milliseconds; None: by a request."""

    def do(self, clients: Clients) -> None:
        ledger = clients.ledger
        resource = ledger.name("Grant")
        for given in (True, False)[: 1 + self.taken_back]:
            known = ledger.grants.setdefault(resource, {False})
            ledger.grants[resource] = known | {given}
            if self.kill_after is None:
                path = f"/api/users/{FRIEND}/grants/read/{resource}"
                clients.until("PUT" if given else "DELETE", path, [204])
                ledger.grants[resource] = {given}
            elif _command(clients, self.kill_after, "grants", "add" if given else "remove", FRIEND, "read", resource):
                ledger.grants[resource] = {given}
        ledger.counts["grants"] += 1


@dataclass(frozen=True, slots=True)
class Export:
    account: str

    def do(self, clients: Clients) -> None:
        reply = clients.until("POST", f"/api/accounts/{self.account}/exports", [202, 404], json={"format": "csv"})
        if reply.status_code == 202:  # 404: no file has made the account yet
            clients.ledger.exports.append((self.account, reply.json()["id"]))
            clients.ledger.counts["exports"] += 1


@dataclass(frozen=True, slots=True)
class Settle:
    """A settlement: by a request, or by the command, which is killed and begun again under the same name."""

    kill_after: int | None

    def do(self, clients: Clients) -> None:
        ledger = clients.ledger
        ledger.counts["settlements"] += 1
        if self.kill_after is None:
            reply = clients.until("POST", f"/api/accounts/{STILL}/settlements", [202], json={"month": SETTLED})
            ledger.settlements.append(reply.json()["id"])
            return
        name = ledger.name("batch-")
        arguments = ("settle", "--month", SETTLED, "--account", STILL, "--name", name)
        ledger.batches.add(name)
        for _ in range(2):  # 1: another run published what this one was about to
            _command(clients, self.kill_after, *arguments, fine=(0, 1))


@dataclass(frozen=True, slots=True)
class Redeliver:
    """The event of a file that was there before, delivered once more by a command that may be killed."""

    kill_after: int

    def do(self, clients: Clients) -> None:
        keys = sorted(clients.ledger.drops)
        if keys:
            event = json.dumps({"key": random.Random(self.kill_after).choice(keys)})
            _command(clients, self.kill_after, "invoke", "ingest", "--event", "-", given=event)
            clients.ledger.counts["events again"] += 1


@dataclass(frozen=True, slots=True)
class Tidy:
    """Small files are merged and unused ones removed: of an account, or all that the daily schedule does."""

    account: str | None

    def do(self, clients: Clients) -> None:
        services = clients.servers.services()
        if self.account is None:
            invoke(services, "maintain", {})
            invoke(services, "forecast", {})
        else:
            send(services, MaintenanceJob(self.account))
        clients.ledger.counts["tidyings"] += 1


@dataclass(frozen=True, slots=True)
class Delete:
    """An account that is made by a file, deleted, and where it says so made again by another file."""

    file: MeterFile
    again: bool

    def do(self, clients: Clients) -> None:
        ledger = clients.ledger
        account = ledger.name("Deleted")
        ledger.deleted[account] = True
        Send(account, self.file, gives_up=False).do(clients)
        clients.until("DELETE", f"/api/accounts/{account}", [202, 404])
        ledger.deleted[account] = False
        ledger.uploads[:] = [one for one in ledger.uploads if one.account != account]
        eventually(f"the end of {account}", lambda: self._gone(clients, account), every=0.3)
        ledger.counts["deletions"] += 1
        if self.again:
            ledger.deleted[account] = True
            Send(account, self.file, gives_up=False).do(clients)

    def _gone(self, clients: Clients, account: str) -> bool:
        path = f"/api/accounts/{account}/ingestions"
        return clients.until("GET", path, [200, 404]).status_code == 404


def _command(clients: Clients, kill_after: int, *arguments: str, given: str = "", fine: Sequence[int] = (0,)) -> bool:
    """Whether a command ended well; it may be killed before that."""
    status = clients.servers.command(*arguments, given=given, kill_after=kill_after / 1000)
    clients.ledger.counts["commands" if status is not None else "commands killed"] += 1
    assert status in (None, *fine), f"{arguments} ended with {status}"
    return status == 0


def _slowly(content: bytes) -> Iterator[bytes]:
    step = len(content) // 4
    for first in range(0, len(content), step):
        yield content[first : first + step]
        time.sleep(0.1)


def write(folder: Path, key: str, content: bytes) -> None:
    target = folder / key
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
