"""Who asks: what one asks for, and how a crowd's answers are judged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import count, cycle
from urllib.parse import urlsplit

from bench.arrivals import Answered, Ask, Client
from tests.contract.system import Harness, System
from tests.faults.load.capacity import Capacity
from tests.faults.load.files import made
from tools.waiting import PATIENCE

BUSY = (429, 503)
ACCOUNT = "Load"
_numbers = count(1)


def client(harness: Harness) -> Client:
    """A connection for each request, as of people who know nothing of each other."""
    url = urlsplit(harness.base_url)
    return Client(url.hostname or "", url.port or 0, patience=PATIENCE, keep=0)


def ready(system: System) -> None:
    """An account with a week of a point, which `rita` may trade for."""
    for file in made(ACCOUNT, 7, points=1):
        system.ingest(ACCOUNT, file.name, file.content)
    reply = system.send("PUT", f"/api/users/rita/grants/trade/{ACCOUNT}", "ada")
    assert reply.is_success, reply.text


def hello(harness: Harness, asks: int = 50) -> list[Ask]:
    """Each with another name, which is in its answer and in no other's."""
    names = [f"Guest{next(_numbers)}" for _ in range(asks)]
    holds = [f'"Hello {name}"'.encode() for name in names]
    return [
        Ask("hello", "GET", f"/api/hello?name={name}", headers=harness.headers, holds=held)
        for name, held in zip(names, holds, strict=True)
    ]


def reading(system: System) -> list[Ask]:
    """Each of a day of its own."""
    token, files = system.token("rita"), made(ACCOUNT, 7, points=1)
    return [
        Ask(
            "readings",
            "GET",
            f"/api/accounts/{ACCOUNT}/readings?point={file.point}&from={file.day}T00:00:00Z&to={file.day}T23:59:59Z",
            token,
            headers=system.harness.headers,
            holds=f'"{file.day}T23:30:00Z"'.encode(),
        )
        for file in files
    ]


def half_reading(system: System, asks: int) -> list[Ask]:
    """So many, in turn hello and readings."""
    return [one for pair in zip(hello(system.harness, asks), cycle(reading(system)), strict=False) for one in pair][
        :asks
    ]


def mixed(system: System) -> list[Ask]:
    """What users do, one after the other: half of it reads."""
    token, headers, root = system.token("rita"), system.harness.headers, f"/api/accounts/{ACCOUNT}"
    name, password = system.harness.credentials("greta")
    login = json.dumps({"user": name, "password": password}).encode()
    stale = {**headers, "If-Match": '"of another time"'}
    changing = system.token("sam")
    found: list[Ask] = []
    for read, greeting in zip(reading(system) * 2, hello(system.harness, 14), strict=True):
        number = next(_numbers)
        keyed = {**headers, "Idempotency-Key": f"load-{number}"}
        trade = b'{"product":"green-fixed","kwh":"1.500","side":"buy"}'
        upload = json.dumps({"name": f"{number}.csv", "bytes": number}).encode()
        found += [
            greeting,
            read,
            Ask("upload", "POST", f"{root}/uploads", token, upload, headers, (200,), b'"url"'),
            read,
            Ask("trade", "POST", f"{root}/trades", token, trade, keyed, (201,), b'"price":"0.367500'),
            Ask("settings", "PUT", f"{root}/settings", changing, b'{"display_name":"Load"}', stale, (412,)),
        ]
    # Too many at once of logins are refused, which is right.
    return [*found, Ask("login", "POST", "/api/login", "", login, headers, (200, 429), b'"access_token"')]


def nobodies(harness: Harness, asks: int) -> list[Ask]:
    """Logins by names that nobody has, each once: none is locked, and all are worth a look."""
    bodies = [json.dumps({"user": f"nobody-{next(_numbers)}", "password": "wrong wrong"}).encode() for _ in range(asks)]
    return [Ask("login", "POST", "/api/login", "", body, harness.headers, (401,)) for body in bodies]


def assert_orderly(answers: Sequence[Answered], capacity: Capacity) -> None:
    """Each is right, or says that there is too much; none is lost, wrong or unanswered."""
    wrong = [one for one in answers if not one.right and one.status not in BUSY]
    assert not wrong, f"{len(wrong)} of {len(answers)}: {wrong[:5]}"
    silent = [one for one in answers if not one.right and not one.retry_after.isdigit()]
    assert not silent or not capacity.tells, f"{len(silent)} without Retry-After: {silent[:5]}"


def assert_none_refused(answers: Sequence[Answered], capacity: Capacity, most: int) -> None:
    """All are right; but where a slow machine let more come together than it is stated to take, some may be refused."""
    assert_orderly(answers, capacity)
    refused = [one for one in answers if not one.right]
    assert not refused or most > capacity.at_once, f"{len(refused)}, with {most} under way at most: {refused[:5]}"


def told(answers: Sequence[Answered]) -> str:
    """How many were answered with which status."""
    statuses = Counter(one.status for one in answers)
    return ", ".join(f"{status}: {number:,}" for status, number in sorted(statuses.items()))
