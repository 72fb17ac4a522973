"""What is measured of a system: each workload asks as a user would, and judges every answer."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bench.portability import data
from bench.portability.data import Part
from bench.portability.targets import Target, Wrong
from tools.waiting import PATIENCE, eventually

LOOKED = 0.01
"""Seconds between two looks for what is done in the background: no time below it is told apart."""
YEAR = Part(1, data.YEAR)
FINE = Part(5, 50_000, minutes=data.FIVE_MINUTES)
"""As many values as a page has at most."""
SETTLED = (Part(7, data.JANUARY), Part(8, data.JANUARY))
EXPORTS = 10
"""That are asked for at once."""
ANSWERS = {"1 KB": 16, "16 KB": 305, "128 KB": 2_420, "1 MB": 18_900, "a whole page": FINE.count}
"""Values of an answer of about that size; the size itself is measured too."""


class Took(NamedTuple):
    """One figure of a workload, by the metric's name."""

    metric: str
    value: float


Do = Callable[["Run", int], list[Took]]


@dataclass(frozen=True, slots=True)
class Run:
    """A workload's target, with accounts that this run alone has."""

    target: Target
    mark: str
    """What tells the accounts of this run from those of others."""

    def account(self, what: str) -> str:
        return f"Bench{self.mark}{what}"

    @property
    def main(self) -> str:
        return f"/api/accounts/{self.account('')}"


@dataclass(frozen=True, slots=True)
class Workload:
    """`do` raises `Wrong` when an answer is not right: then nothing of the whole cell counts."""

    name: str
    part: str
    """`warm` or `sweep`."""
    title: str
    full: int
    """Rounds of a full run, and of a quick one."""
    quick: int
    do: Do
    begun_outside: bool = False
    """Begun by an event that nobody can send to a deployed system."""


def same(found: Any, expected: Any) -> None:
    if found != expected:
        raise Wrong(f"the answer was {found!r:.200}, not {expected!r:.200}")


def unless(wrong: str) -> None:
    if wrong:
        raise Wrong(wrong)


def prepare(run: Run) -> None:
    """Send the readings that are asked for, and agree on the product of those that are settled. Raises `Wrong`."""
    send(run, "", "year.csv", [YEAR])
    send(run, "", "fine.csv", [FINE])
    send(run, "Settled", "january.csv", list(SETTLED))


def clear(run: Run) -> None:
    """Delete what the run made, on a system that stays."""
    there = statuses(run.target)
    for account in accounts(run):
        if there.get(account) == "ready":
            run.target.ask("DELETE", f"/api/accounts/{account}", expect=202)


def statuses(target: Target) -> dict[str, str]:
    """Every account of a system, with whether it is ready or being deleted."""
    found: dict[str, str] = {}
    path: str | None = "/api/accounts"
    while path:
        page = target.ask("GET", path).json()
        found |= {one["account"]: one["status"] for one in page["accounts"]}
        path = page["next"] and f"/api/accounts?cursor={page['next']}"
    return found


def agree(run: Run) -> Any:
    """Have the account settled by another product than before, so that there is something to publish; returns it."""
    found = run.target.ask("GET", "/api/products", anyone=True).json()["products"]
    if len(found) < 2:
        raise Wrong(f"{run.target.name} has {len(found)} products; a settlement takes turns with two: add them")
    path = f"/api/accounts/{run.account('Settled')}/settings"
    held = run.target.ask("GET", path)
    agreed = {one["product"] for one in held.json()["contract"]}
    other = min((one for one in found if one["id"] not in agreed), key=lambda one: len(one.get("bands", ())))
    contract = [{"product": other["id"], "from": "2025-01-01"}]
    run.target.ask("PUT", path, {**held.json(), "contract": contract}, headers={"If-Match": held.headers["etag"]})
    return other


def send(run: Run, account: str, name: str, parts: list[Part]) -> list[Took]:
    """Sign, send and wait for the report of a file; its table is read back before it counts."""
    content = data.file(*parts)
    where = f"/api/accounts/{run.account(account)}"
    begun = time.perf_counter()
    signed = run.target.ask("POST", f"{where}/uploads", {"name": name, "bytes": len(content)}).json()
    put = time.perf_counter()
    status = transfer(signed, content)[0]
    sent = time.perf_counter()
    if status not in (200, 201):
        raise Wrong(f"the signed upload of {name} was answered with {status}")
    report = eventually(f"the report of {name}", lambda: reported(run, where, signed["key"]), every=LOOKED)
    ended = time.perf_counter()
    unless(data.wrong_report(report, parts))
    for part in parts:
        _, body, _ = readings(run, where, part, resolution="month", limit=50_000)
        total = sum((Decimal(str(value)) for value in body["value"]), Decimal())
        same((part.name, total), (body["point"], part.total()))
    return [Took("took_s", ended - begun), Took("put_s", sent - put), Took("ingested_s", ended - sent)]


def reported(run: Run, where: str, key: str) -> Any:
    """The report of a file, when there is one; an account that is not there yet has none."""
    answer = run.target.client.ask(
        "GET", f"{where}/ingestions?limit=10", headers={"Authorization": f"Bearer {run.target.token}"}
    )
    if answer.status == 404:
        return None
    same(answer.status, 200)
    found = json.loads(answer.body, parse_float=Decimal)["ingestions"]
    return next((one for one in found if one["key"] == key), None)


def transfer(signed: Mapping[str, Any], content: bytes | None = None) -> tuple[int, bytes]:
    """Use a signed URL, over a connection of its own."""
    url = urlsplit(signed["url"])
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.netloc, timeout=PATIENCE)
    path = url.path + (f"?{url.query}" if url.query else "")
    connection.request(signed["method"], path, content, dict(signed["headers"]))
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, body


def readings(
    run: Run, where: str, part: Part, *, resolution: str, limit: int, span: str = ""
) -> tuple[int, Any, float]:
    """Bytes, JSON and seconds of an answer of readings."""
    path = f"{where}/readings?point={part.name}&resolution={resolution}&limit={limit}{span}"
    answer = run.target.ask("GET", path)
    return len(answer.body), json.loads(answer.body, parse_float=Decimal), answer.seconds


def hello(run: Run, number: int) -> list[Took]:
    answer = run.target.ask("GET", f"/api/hello?name=Tim{number}", anyone=True)
    same(answer.json(), {"message": f"Hello Tim{number}"})
    return [Took("took_s", answer.seconds)]


def login(run: Run, _: int) -> list[Took]:
    answer = run.target.client.ask("POST", "/api/login", run.target.credentials, {"Content-Type": "application/json"})
    same((answer.status, answer.json().get("token_type")), (200, "Bearer"))
    token = answer.json()["access_token"]
    who = run.target.client.ask("GET", "/api/me", headers={"Authorization": f"Bearer {token}"})
    same((who.status, who.json().get("user")), (200, run.target.user))  # the token is good
    return [Took("took_s", answer.seconds)]


def me(run: Run, _: int) -> list[Took]:
    answer = run.target.ask("GET", "/api/me")
    body = answer.json()
    same(body["user"], run.target.user)
    if {"action": "read", "resource": "*"} not in body["grants"]:
        raise Wrong(f"{run.target.user} may read {body['grants']}, but not every account")
    return [Took("took_s", answer.seconds)]


def month(run: Run, _: int) -> list[Took]:
    span = "&from=2025-01-01&to=2025-02-01"
    _, body, seconds = readings(run, run.main, YEAR, resolution="30m", limit=50_000, span=span)
    unless(data.wrong_readings(body, Part(YEAR.point, data.JANUARY)))
    return [Took("took_s", seconds)]


def year(run: Run, _: int) -> list[Took]:
    _, body, seconds = readings(run, run.main, YEAR, resolution="30m", limit=50_000)
    unless(data.wrong_readings(body, YEAR))
    return [Took("took_s", seconds)]


def upload(run: Run, number: int) -> list[Took]:
    return send(run, "Sent", f"day-{number}.csv", [Part(1000 + number, 48)])


def export(run: Run, number: int) -> list[Took]:
    """Asked for at once, until the last is done: the queue is drained."""
    begin, end = YEAR.start(0), YEAR.start(data.JANUARY)
    begun = time.perf_counter()
    asked = {"format": "csv", "from": begin, "to": end}
    paths = [
        f"{run.main}/exports/{run.target.ask('POST', f'{run.main}/exports', asked, expect=202).json()['id']}"
        for _ in range(EXPORTS)
    ]
    sent = time.perf_counter()
    done = [eventually("an export", lambda path=path: ended(run, path), every=LOOKED) for path in paths]  # type: ignore[misc]
    drained = time.perf_counter()
    # Of all that lies in this time; the other point's are five minutes each, a quarter of a year and more.
    rows = data.JANUARY + data.JANUARY * data.HALF_HOUR // data.FIVE_MINUTES
    same([(one["status"], one["rows"]) for one in done], [("done", rows)] * EXPORTS)
    status, content = transfer(done[number % EXPORTS]["download"])
    same(status, 200)
    own = [line for line in content.decode().splitlines(keepends=True) if line.startswith((YEAR.name, "point"))]
    unless(data.wrong_export("".join(own).encode(), Part(YEAR.point, data.JANUARY)))
    return [Took("took_s", drained - begun), Took("drained_s", drained - sent)]


def ended(run: Run, path: str) -> Any:
    answer = run.target.ask("GET", path).json()
    return answer if answer["status"] != "queued" else None


def settlement(run: Run, _: int) -> list[Took]:
    where = f"/api/accounts/{run.account('Settled')}/settlements"
    product = agree(run)
    begun = time.perf_counter()
    asked = run.target.ask("POST", where, {"month": "2025-01"}, expect=202).json()["id"]
    path = f"{where}/{asked}"

    def done() -> Any:
        answer = run.target.ask("GET", path).json()
        return answer if answer["state"] != "running" else None

    settled = eventually("the settlement", done, every=LOOKED)
    taken = time.perf_counter() - begun
    same((settled["state"], settled["error"]), ("done", None))
    same(settled["result"]["run"], asked)  # it was published by this run, and not found to be as before
    unless(data.wrong_settlement(settled["result"], list(SETTLED), product))
    return [Took("took_s", taken)]


def schedule(run: Run, _: int) -> list[Took]:
    return [Took("took_s", run.target.fire("forecast"))]


def answer_of(count: int) -> Do:
    def do(run: Run, _: int) -> list[Took]:
        size, body, seconds = readings(run, run.main, FINE, resolution="native", limit=count)
        unless(data.wrong_readings(body, Part(FINE.point, count, minutes=FINE.minutes)))
        return [Took("took_s", seconds), Took("answer_b", size)]

    return do


def file_of(rows: int) -> Do:
    def do(run: Run, number: int) -> list[Took]:
        parts = data.parts_of(100_000 + number * 100, rows)
        return send(run, f"Rows{rows}", f"rows-{number}.csv", parts)

    return do


WARM = (
    Workload("hello", "warm", "GET /api/hello", 400, 20, hello),
    Workload("me", "warm", "GET /api/me, with a token", 400, 20, me),
    Workload("login", "warm", "POST /api/login (argon2id)", 200, 6, login),
    Workload("month", "warm", "a month of half hours as JSON", 400, 8, month),
    Workload("year", "warm", "a year of half hours as JSON", 200, 4, year),
    Workload("upload", "warm", "a signed upload of 48 rows, until its report", 200, 3, upload),
    Workload(
        "export", "warm", f"{EXPORTS} exports of a month through the queue, until the last is done", 20, 1, export
    ),
    Workload("settlement", "warm", "a settlement of a month, until it is published", 100, 2, settlement),
    Workload(
        "schedule", "warm", "a schedule's event, until its function has asked for its job", 100, 3, schedule, True
    ),
)
SWEEPS = (
    *(
        Workload(f"answer {size}", "sweep", f"{count:,} readings as JSON", 30, 1, answer_of(count))
        for size, count in ANSWERS.items()
    ),
    Workload("rows 1,000", "sweep", "a file of 1,000 rows, until its report", 30, 1, file_of(1_000)),
    Workload("rows 100,000", "sweep", "a file of 100,000 rows, until its report", 12, 0, file_of(100_000)),
    Workload("rows 1,000,000", "sweep", "a file of 1,000,000 rows, until its report", 8, 0, file_of(1_000_000)),
)


def accounts(run: Run) -> Iterator[str]:
    """Those that the workloads make."""
    yield from (run.account(what) for what in ("", "Settled", "Sent", "Rows1000", "Rows100000", "Rows1000000"))
