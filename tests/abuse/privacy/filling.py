"""Using a system as customers do, rightly and wrongly, with a canary in each private field."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import httpx

from core.kernel.auth import access, users
from core.kernel.clock import system_clock
from core.kernel.dead_letters import DeadLetters
from core.kernel.documents import Documents
from tests import asking
from tests.abuse.privacy import canaries as c
from tests.abuse.privacy.canaries import Canary, Kind
from tests.contract.system import System
from tools.waiting import eventually

ACCOUNT, USER = "Private1", "cora"
ACTIONS = ("read", "upload", "trade", "changeSettings", "export", "settle")
WHERE = f"/api/accounts/{ACCOUNT}"
DAYS = 3
GONE = json.dumps({"job": "export", "account": ACCOUNT, "id": "0"}).encode()
NO_JOB = f'{{"job":"none","note":"{c.IN_JOB.text}"'.encode()
AT_NIGHT = json.dumps({"job": "alert", "account": ACCOUNT, "at": "2026-01-11T07:00:00Z"}).encode()


@dataclass
class Told:
    """An answer, and all that the request said."""

    sent: str
    answer: str
    status: int


@dataclass
class Filled:
    """A system that was used, what it answered, and what it made that opens something."""

    system: System
    answers: list[Told] = field(default_factory=list)
    made: dict[str, Canary] = field(default_factory=dict)

    def make(self, name: str, text: str) -> None:
        """Something that the system made is a secret from now on."""
        self.made[name] = Canary(name, text, Kind.SECRET)

    @property
    def canaries(self) -> list[Canary]:
        return [*c.GIVEN, *self.made.values()]


def fill(system: System) -> Filled:
    filled = Filled(system)
    system.http.event_hooks["response"].append(lambda response: _keep(filled, response))
    documents = Documents(system.harness.store)
    users.save(documents, system_clock, USER, c.PASSWORD.text)
    for action in ACTIONS:
        access.grant(documents, USER, action, ACCOUNT)
    for number, line in enumerate(system.harness.signing_key.splitlines()[1:-1]):
        if len(line) > 20:
            filled.make(f"line {number} of the signing key", line)
    token = _log_in(filled)
    own = {"Authorization": f"Bearer {token}"}
    _say_what_cannot_be_told(filled, token, own)
    _settings(filled, own)
    _files(filled, own)
    _requests(filled, own)
    _work(filled, own)
    return filled


def _keep(filled: Filled, response: httpx.Response) -> None:
    response.read()
    request = response.request
    sent = f"{request.url}\n{request.headers.raw}\n".encode() + request.content
    told = f"{response.headers.raw}\n{response.text}"
    filled.answers.append(Told(sent.decode(errors="replace"), told, response.status_code))


def _ask(filled: Filled, method: str, path: str, headers: Any = None, **options: Any) -> httpx.Response:
    return filled.system.http.request(method, path, headers=headers, **options)


def _log_in(filled: Filled) -> str:
    """Every way to say a password wrongly, and then rightly."""
    for body in (
        {"user": USER, "password": c.WRONG.text},
        {"user": c.ELSEWHERE.text, "password": "x"},
        {"user": USER, "password": c.WRONG.text, "again": c.UNKNOWN.text},
        {"user": USER, "password": [c.WRONG.text]},
    ):
        _ask(filled, "POST", "/api/login", json=body)
    _ask(filled, "POST", "/api/login", content=f'{{"user":"{USER}","password":"{c.CUT.text}'.encode())
    reply = _ask(filled, "POST", "/api/login", json={"user": USER, "password": c.PASSWORD.text})
    assert reply.status_code == 200, reply.text
    token = str(reply.json()["access_token"])
    filled.make("token", token)
    filled.make("signature of the token", token.rpartition(".")[2])
    return token


def _say_what_cannot_be_told(filled: Filled, token: str, own: dict[str, str]) -> None:
    """Credentials where none belong."""
    basic = b64encode(f"{USER}:{c.BASIC.text}".encode()).decode()
    filled.make("credentials of another scheme", basic)
    for headers in (
        {"Authorization": f"Basic {basic}"},
        {"Authorization": f"Basic {c.BASIC.text}"},
        {"Authorization": f"bearer: {token}"},
        {"Authorization": f"Bearer {token}x"},
        {"Authorization": f"Bearer {token}, Bearer {token}"},
        {"X-Authorization": token, "Cookie": f"session={c.COOKIE.text}"},
        {**own, "User-Agent": c.AGENT.text, "Cookie": f"session={c.COOKIE.text}"},
        {**own, "X-Request-Id": f"{c.AGENT.text} is no id"},
    ):
        _ask(filled, "GET", "/api/me", headers)
    _ask(filled, "GET", f"/api/me?access_token={c.IN_QUERY.text}")
    _ask(filled, "GET", f"/api/hello?name={c.QUERY.text}")
    _ask(filled, "GET", f"/api/hello?name=Tim&{c.QUERY.text}=1")


def _settings(filled: Filled, own: dict[str, str]) -> None:
    settings = {"display_name": c.DISPLAY.text, "email": c.EMAIL.text, "alert_kwh_per_day": 0.001}
    agreed = {**settings, "contract": [{"product": "green-fixed", "from": "2020-01-01"}]}
    tagged = {**own, "If-Match": "*"}
    assert _ask(filled, "PUT", f"{WHERE}/settings", tagged, json=agreed).status_code == 200
    _ask(filled, "PUT", f"{WHERE}/settings", tagged, json={**settings, "email": c.BAD_EMAIL.text})
    _ask(filled, "PUT", f"{WHERE}/settings", tagged, json={**settings, c.FIELD.text: 1})
    _ask(filled, "PUT", f"{WHERE}/settings", {**own, "If-Match": '"stale"'}, json=settings)
    named = {"files": "*cottage*", "point": c.POINT.text, "kind": "free", "zone": "Europe/London", "stamp": "start"}
    assert _ask(filled, "PUT", f"{WHERE}/sources", tagged, json={"sources": [named]}).status_code == 200
    _ask(filled, "PUT", f"{WHERE}/sources", tagged, json={"sources": [{**named, "zone": c.FIELD.text}]})


def _rows(point: str) -> str:
    hours = [
        f"2026-01-{8 + day:02}T{hour:02}:{half}:00Z"
        for day in range(DAYS)
        for hour in range(24)
        for half in ("00", "30")
    ]
    return "point,start,version,kwh\n" + "".join(f"{point},{start},1,{c.VALUE.text}\n" for start in hours)


def _files(filled: Filled, own: dict[str, str]) -> None:
    """A good file, one with bad rows, one that is refused, one that is damaged; and a look before each."""
    for name, content in (
        (f"{c.FILE.text} ü.csv", _rows(c.MPAN.text)),
        ("cottage.csv", _rows("").replace("\n,", "\n").replace("point,", "")),
        ("bad rows.csv", f"point,start,version,kwh\n{c.MPAN.text},{c.REJECTED.text},1,{c.VALUE.text}\n"),
        ("refused.csv", f"{c.COLUMN.text},when\n{c.REFUSED.text},{c.MPAN.text}\n"),
        ("doubtful.csv", f"point,start,version,kwh,{c.COLUMN.text}\n{c.MPAN.text},2026-01-01T00:00Z,1,1,x\n"),
        ("damaged.zip", f"PK\x03\x04{c.REFUSED.text}"),
        ("damaged.xml", f"<feed xmlns='http://naesb.org/espi'><{c.REFUSED.text}>"),
    ):
        data = content.encode()
        look = {"name": name, "start": b64encode(data).decode(), "whole": True}
        _ask(filled, "POST", f"{WHERE}/preview", own, json=look)
        _send(filled, own, name, data)
    _ask(filled, "POST", f"{WHERE}/uploads", own, json={"name": c.FIELD.text, "bytes": "many"})
    filled.system.harness.announce(f"incoming/{ACCOUNT}/{c.FILE.text}-that-is-not-there.csv")


def _send(filled: Filled, own: dict[str, str], name: str, data: bytes) -> None:
    reply = _ask(filled, "POST", f"{WHERE}/uploads", own, json={"name": name, "bytes": len(data)})
    assert reply.status_code == 200, reply.text
    signed = reply.json()
    _signed(filled, f"signature of an upload ({name})", signed["url"])
    tampered = signed["url"].replace(ACCOUNT, "Account17")
    asking.request(signed["method"], tampered, content=data, headers=signed["headers"])
    sent = asking.request(signed["method"], signed["url"], content=data, headers=signed["headers"])
    assert sent.is_success, sent.text

    def report() -> Any:
        found = _ask(filled, "GET", f"{WHERE}/ingestions/{signed['ingestion']}", own)
        return found.json() if found.status_code == 200 else None

    told = eventually(f"the report of {name}", report)
    if told["rejected"]:
        _signed(
            filled,
            "signature of a list of rejects",
            _ask(filled, "GET", f"{WHERE}/ingestions/{told['id']}/rejects", own).json()["url"],
        )


def _signed(filled: Filled, name: str, url: str) -> None:
    """What makes a URL good: of each cloud its own parameter."""
    for one in ("signature", "X-Amz-Signature", "X-Goog-Signature", "sig"):
        value = httpx.URL(url).params.get(one)
        if value:
            filled.make(name, value)
            return
    raise AssertionError(f"{url} is not signed")


def _requests(filled: Filled, own: dict[str, str]) -> None:
    for query in (
        f"point={c.MPAN.text}&from=2026-01-08&to=2026-01-09",
        f"point={c.POINT.text}&resolution=day",
        f"point={c.FORBIDDEN.text}&from={c.QUERY.text}",
        f"point={c.FORBIDDEN.text}&version={c.QUERY.text}",
        f"point={c.MPAN.text}&cursor={c.QUERY.text}",
    ):
        _ask(filled, "GET", f"{WHERE}/readings?{query}", own)
        _ask(filled, "GET", f"/api/accounts/Account17/readings?{query}", own)
    trade = {"product": "green-fixed", "side": "buy", "kwh": "10"}
    once = {**own, "Idempotency-Key": c.ONCE.text}
    for body in (trade, trade, {**trade, "kwh": "11"}, {**trade, "side": c.FIELD.text}):
        _ask(filled, "POST", f"{WHERE}/trades", once, json=body)
    _ask(filled, "GET", f"{WHERE}/trades", own)
    _ask(filled, "GET", f"{WHERE}/overview", own)
    _ask(filled, "GET", f"{WHERE}/costs?from=2026-01-08&to=2026-01-09", own)


def _work(filled: Filled, own: dict[str, str]) -> None:
    """What goes on in the background: an export, settlements, a mail that is refused, and messages that are no jobs."""
    harness = filled.system.harness
    harness.inbox.refused.add(c.EMAIL.text)
    harness.send("jobs", NO_JOB)
    harness.send("jobs", AT_NIGHT)
    asked = _ask(
        filled, "POST", f"{WHERE}/exports", own, json={"format": "csv", "from": "2026-01-01", "to": "2026-02-01"}
    )
    assert asked.status_code == 202, asked.text
    runs = []
    for estimate in (False, True):
        reply = _ask(filled, "POST", f"{WHERE}/settlements", own, json={"month": "2026-01", "estimate": estimate})
        assert reply.status_code == 202, reply.text
        run = f"{WHERE}/settlements/{reply.json()['id']}"
        eventually("the settlement's end", lambda run=run: _ask(filled, "GET", run, own).json()["state"] != "running")  # type: ignore[misc]
        runs.append(run)
    done = eventually(
        "the export",
        lambda: (
            found
            if (found := _ask(filled, "GET", f"{WHERE}/exports/{asked.json()['id']}", own).json())["status"] == "done"
            else None
        ),
    )
    _signed(filled, "signature of an export", done["download"]["url"])
    asking.request("GET", done["download"]["url"], headers=done["download"]["headers"])
    letters = DeadLetters(Documents(harness.store), system_clock)
    wanted = {"native", "alert"}
    eventually(
        "the dead letters",
        lambda: (
            wanted <= {"native" if "native" in one["event"] else one["event"].get("job") for one in letters.every()}
        ),
    )
