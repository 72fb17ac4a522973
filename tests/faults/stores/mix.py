"""Many users at once on a system whose store fails, and a model of what they were told: it is what must be there after.

Of what was answered with 2xx nothing may be missing or be there twice; of what was answered with 503 either may be.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx

from core.energy.accounts import accounts
from core.kernel.auth import access
from core.kernel.clock import system_clock
from core.kernel.dead_letters import DeadLetters
from core.kernel.documents import Documents
from tests.contract.system import PASSWORD, PRODUCT, System
from tests.core.energy.ingest.files import mpan
from tools.waiting import eventually

USER = "rita"
USERS = 3
ROWS = 24
TRIES = 3
"""How often a user asks again for what was answered with 503."""
LATER = (429, 503)
EXPORTS = 5
"""Of a user; the queue has to be empty before all can be judged."""
TAKEN = (403, 409, 412)
"""What a store says to a second upload with one signed URL."""


@dataclass
class User:
    """One of the users: with an account of their own, what they were told, and what they were told wrong."""

    system: System
    way: httpx.Client
    """To the store, past the system."""
    number: int
    random: random.Random
    drops: bool
    """Whether they drop files into the store too, past the system."""
    account: str = ""
    answers: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    files: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    """By key: the point, and its values in the order of time."""
    trades: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    """Energy of each trade that was asked for, by its key."""
    names: list[str] = field(default_factory=lambda: [""])
    """What the display name may be: the last one that was stored, and those of which nothing is known since."""
    exports: list[str] = field(default_factory=list)
    sent: int = 0
    """Files that were sent, or of which nothing is known: each has a point of its own."""

    def __post_init__(self) -> None:
        self.account = f"Fault{self.number}x{uuid4().hex[:6]}"
        accounts.ensure(Documents(self.system.harness.store), self.account)
        self._path = f"/api/accounts/{self.account}"

    def act(self, times: int) -> None:
        """Do so many things, of which any may fail."""
        things = [self._hello, self._log_in, self._trade, self._trade, self._settle_on, self._upload, self._read]
        things += [self._export, *([self._drop] if self.drops else [])]
        for _ in range(times):
            self.random.choice(things)()

    def _ask(self, method: str, path: str, *right: int, **options: Any) -> httpx.Response | None:
        """An answer of a status that is right; None when it is "come again", and when it is wrong, which is noted."""
        user = None if path in ("/api/hello", "/api/login") else USER
        try:
            reply = self.system.send(method, path, user, **options)
        except httpx.HTTPError as error:
            self.wrong.append(f"{method} {path}: {error!r}")
            return None
        self.answers[reply.status_code] += 1
        if reply.status_code in right:
            return reply
        if reply.status_code not in LATER or "retry-after" not in reply.headers:
            self.wrong.append(f"{method} {path}: {reply.status_code} {reply.text[:300]}")
        return None

    def _again(self, ask: Callable[[], httpx.Response | None]) -> httpx.Response | None:
        return next((reply for _ in range(TRIES) if (reply := ask()) is not None), None)

    def _hello(self) -> None:
        self._ask("GET", "/api/hello", 200)

    def _log_in(self) -> None:
        self._ask("POST", "/api/login", 200, json={"user": USER, "password": PASSWORD})

    def _trade(self) -> None:
        key, kwh = uuid4().hex, f"{len(self.asked) + 1}.{self.random.randrange(1000):03}"
        self.asked[key] = kwh
        body = {"product": PRODUCT["id"], "kwh": kwh}
        headers = {"Idempotency-Key": key}
        reply = self._again(lambda: self._ask("POST", f"{self._path}/trades", 201, json=body, headers=headers))
        if reply is not None:
            self.trades[key] = reply.json()

    def _settle_on(self) -> None:
        """A new name for the account, of which this is the only writer: so no answer is 412."""
        path = f"{self._path}/settings"
        read = self._ask("GET", path, 200)
        if read is None:
            return
        if read.json()["display_name"] not in self.names:
            self.wrong.append(f"{path} is {read.json()['display_name']!r}, and may be one of {self.names}")
        name = uuid4().hex
        changed = {**read.json(), "display_name": name}
        stored = self._ask("PUT", path, 200, json=changed, headers={"If-Match": read.headers["etag"]})
        self.names = [*self.names, name] if stored is None else [name]

    def _file(self) -> tuple[bytes, tuple[str, list[str]]]:
        self.sent += 1
        point = mpan(self.number * 1000 + self.sent)
        values = [f"{self.random.randrange(1000)}.{self.random.randrange(1000):03}" for _ in range(ROWS)]
        lines = (f"{point},2026-01-05T{n // 2:02}:{n % 2 * 30:02}:00Z,1,{value}" for n, value in enumerate(values))
        return "\n".join(["point,start,version,kwh", *lines, ""]).encode(), (point, values)

    def _drop(self) -> None:
        content, held = self._file()
        key = f"incoming/{self.account}/{self.sent}.csv"
        self.system.harness.drop(key, content)
        self.files[key] = held

    def _upload(self) -> None:
        content, held = self._file()
        body = {"name": f"{self.sent}.csv", "bytes": len(content)}
        reply = self._again(lambda: self._ask("POST", f"{self._path}/uploads", 200, json=body))
        if reply is not None and self._put(reply.json(), content):
            self.files[reply.json()["key"]] = held

    def _put(self, signed: dict[str, Any], content: bytes) -> bool:
        """The file goes to the store itself, which fails the user too: who is refused later has sent it before."""
        for tried in range(30):
            time.sleep(0.05 * min(tried, 10))
            try:
                sent = self.way.request(signed["method"], signed["url"], content=content, headers=signed["headers"])
            except httpx.HTTPError:
                continue
            if sent.is_success or (tried and sent.status_code in TAKEN):
                return True
            if sent.status_code < 500:
                self.wrong.append(f"an upload: {sent.status_code} {sent.text[:300]}")
                return False
        return False

    def _read(self) -> None:
        self._ask("GET", f"{self._path}/points", 200)
        if self.files:
            point, values = self.random.choice(list(self.files.values()))
            reply = self._ask("GET", f"{self._path}/readings?point={point}&channel=import", 200)
            if reply is not None and reply.json()["value"]:
                self._compare(point, values, reply.json()["value"])

    def _compare(self, point: str, values: list[str], found: list[Any]) -> None:
        if [Decimal(str(one)) for one in found] != [Decimal(one) for one in values]:
            self.wrong.append(f"{point} reads {found}, and {values} were sent")

    def _export(self) -> None:
        if len(self.exports) == EXPORTS:
            return
        reply = self._ask("POST", f"{self._path}/exports", 202, json={"format": "csv"})
        if reply is not None:
            self.exports.append(reply.json()["id"])

    def judge(self) -> None:
        """Once nothing fails any more: all is there that this user was told of, each once, and nothing else."""
        self._judge_files()
        self._judge_trades()
        name = self._found("settings")["display_name"]
        if name not in self.names:
            self.wrong.append(f"the settings' name is {name!r}, and may be one of {self.names}")
        for export in self.exports:
            path = f"{self._path}/exports/{export}"
            eventually(f"export {export}", lambda path=path: self._ended(path))  # type: ignore[misc]

    def _found(self, what: str, **query: Any) -> dict[str, Any]:
        """Who is told to come again comes again: what was asked meanwhile may still be worked on."""

        def asked() -> httpx.Response | None:
            reply = self.system.get(f"{self._path}/{what}", USER, **query)
            return None if reply.status_code in (429, 503) else reply

        reply = eventually(f"an answer about {what}", asked, every=0.5)
        assert reply is not None
        assert reply.status_code == 200, f"{what} once nothing fails: {reply.status_code} {reply.text}"
        return dict(reply.json())

    def _ended(self, path: str) -> bool:
        reply = self.system.get(path, USER)
        return reply.status_code == 200 and reply.json()["status"] in ("done", "failed")

    def _judge_files(self) -> None:
        documents = Documents(self.system.harness.store)

        def reports() -> list[dict[str, Any]]:
            replay(self.system)
            found = [one for one in documents.values(f"ingestions/{self.account}") if one["key"] in self.files]
            return found if {one["key"] for one in found} == self.files.keys() else []

        found = eventually(f"the reports of {self.account}", reports, every=0.5) if self.files else []
        counted = Counter(one["key"] for one in found)
        self.wrong += [f"{key} has {count} reports" for key, count in counted.items() if count != 1]
        self.wrong += [f"{one['key']}: {one}" for one in found if (one["accepted"], one["landed"]) != (ROWS, ROWS)]
        for point, values in self.files.values():
            self._compare(point, values, self._found("readings", point=point, channel="import")["value"])
        rows = {one["point"]: one["rows"] for one in self._found("points")["points"]}
        self.wrong += [
            f"{point} has {rows.get(point)} rows" for point, _ in self.files.values() if rows.get(point) != ROWS
        ]
        self.wrong += [f"{point} has {count} rows" for point, count in rows.items() if count != ROWS]

    def _judge_trades(self) -> None:
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            page = self._found("trades", limit=100, **cursor)
            found += page["trades"]
            cursor = {"cursor": page["next"]} if page["next"] else None
        self.wrong += [f"a trade is gone: {one}" for one in self.trades.values() if found.count(one) != 1]
        energy = Counter(one["kwh"] for one in found)
        self.wrong += [f"a trade of {kwh} kWh is there {count} times" for kwh, count in energy.items() if count != 1]
        self.wrong += [f"nobody asked for a trade of {kwh} kWh" for kwh in energy if kwh not in self.asked.values()]


def replay(system: System) -> None:
    """What was given up while the store failed is tried again, as an operator would."""
    for letter in DeadLetters(Documents(system.harness.store), system_clock).every():
        system.operate("dead-letters", "replay", letter["id"])


@dataclass(frozen=True)
class Round:
    """What fails for a while, and how many things each user does meanwhile."""

    begin: Callable[[], None]
    things: int


def judged(system: System, rounds: list[Round], end: Callable[[], None], *, seed: int, drops: bool = True) -> str:
    """Let users act while the store fails, and judge them after; returns what was done, as a line of figures."""
    documents = Documents(system.harness.store)
    for action in ("trade", "changeSettings"):
        access.grant(documents, USER, action, "*")
    system.token(USER)
    with httpx.Client(timeout=20) as way, ThreadPoolExecutor(USERS) as pool:
        users = [User(system, way, number, random.Random(f"{seed} {number}"), drops) for number in range(USERS)]
        for one in rounds:
            one.begin()
            list(pool.map(lambda user, things=one.things: user.act(things), users))  # type: ignore[misc]
            end()
            system.token(USER)  # which may have to be a new one
    for user in users:
        user.judge()
    wrong = [what for user in users for what in user.wrong]
    assert not wrong, "\n".join(wrong)
    answers: Counter[int] = sum((user.answers for user in users), Counter())
    told = ", ".join(f"{count} x {status}" for status, count in sorted(answers.items()))
    files, trades = (sum(len(of) for of in each) for each in zip(*((u.files, u.trades) for u in users), strict=True))
    return f"{answers.total()} requests ({told}), {files} files, {trades} trades, none lost or doubled"


def told(asked: list[Any]) -> str:
    """Faults by kind, of what a proxy noted."""
    faults = Counter(one.fault for one in asked if one.fault)
    kinds = ", ".join(f"{count} x {re.sub(r',', '', fault)}" for fault, count in sorted(faults.items()))
    return f"{faults.total()} faults in {len(asked)} requests to the store ({kinds})"
