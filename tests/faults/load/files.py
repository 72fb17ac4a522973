"""Meter files of a day each, and what has to be in the tables when all of them have been ingested."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from arro3.core import Table
from arro3.io import read_parquet

from bench import generate
from core.energy.ingest import reports
from core.energy.readings.log import Log
from core.kernel.clock import system_clock
from core.kernel.dead_letters import DeadLetters
from core.kernel.documents import Documents
from core.kernel.fetching import fetch
from core.kernel.store import Store, listing
from tests.contract.system import Harness
from tools.waiting import eventually

HALF_HOURS = 48
FIRST = date(2026, 1, 1)
DROPPERS = 8
"""Threads that put files into the store at once."""


@dataclass(frozen=True, slots=True)
class MeterFile:
    """A day of a point."""

    account: str
    name: str
    point: str
    day: date
    values: tuple[Decimal, ...]

    @property
    def key(self) -> str:
        return f"incoming/{self.account}/{self.name}"

    @property
    def content(self) -> bytes:
        rows = (
            f"{self.point},{self.day}T{at // 2:02}:{at % 2 * 30:02}:00Z,1,{value}\n"
            for at, value in enumerate(self.values)
        )
        return ("point,start,version,kwh\n" + "".join(rows)).encode()


def made(account: str, files: int, *, points: int = 25, again: int = 0) -> list[MeterFile]:
    """So many files, none of which has a reading of another; and `again` of them a second time, under other names."""
    named = generate.points(points)
    found = [
        MeterFile(
            account,
            f"{number:04}.csv",
            named[number % points],
            FIRST + timedelta(days=number // points),
            tuple(Decimal((number * HALF_HOURS + at) * 7919 % 997).scaleb(-3) for at in range(HALF_HOURS)),
        )
        for number in range(files)
    ]
    repeated = [
        MeterFile(account, f"again-{one.name}", one.point, one.day, one.values)
        for one in found[:: max(1, files // max(1, again))][:again]
    ]
    return [*found, *repeated]


def drop(harness: Harness, files: Sequence[MeterFile]) -> None:
    """Put all of them into the store, several at a time, as foreign tools do."""
    with ThreadPoolExecutor(DROPPERS) as pool:
        list(pool.map(lambda one: harness.drop(one.key, one.content), files))


def await_reports(store: Store, files: Sequence[MeterFile]) -> float:
    """Wait until there are as many reports as files: for one more at a time. Seconds that all of them took."""
    accounts = {one.account for one in files}
    begun, seen = time.perf_counter(), 0

    def more_than(before: int) -> int:
        found = sum(one["path"].split("/")[1] in accounts for one in listing(store, "ingestions"))
        return found if found > before else 0

    while seen < len(files):
        seen = eventually(f"report {seen + 1} of {len(files)}", partial(more_than, seen), every=0.5)
    return time.perf_counter() - begun


def reported(store: Store, account: str) -> list[dict[str, Any]]:
    return list(Documents(store).values(reports.folder(account)))


def assert_each_ingested_once(store: Store, account: str, files: Sequence[MeterFile]) -> int:
    """One report a file, its rows once in the table, and one transaction a file in the table's log; returns its commits."""
    said = reported(store, account)
    assert Counter(one["key"] for one in said) == Counter(one.key for one in files)
    odd = [one for one in said if one["status"] != "accepted" or one["accepted"] != HALF_HOURS or one["rejected"]]
    assert not odd, odd[:3]
    readings = {(one.point, one.day, at): value for one in files for at, value in enumerate(one.values)}
    assert sum(one["landed"] for one in said) == len(readings), "what several files have lands once"
    assert sum(one["landed"] + one["duplicates"] for one in said) == HALF_HOURS * len(files)
    rows = _rows(store, account)
    assert len(rows) == len(readings), "a row is lost, or there twice"
    assert {(point, day, at): value for point, day, at, value in rows} == readings
    return _assert_log_has_each_once(store, account, len(files))


def assert_no_dead_letters(store: Store, accounts: Iterable[str]) -> None:
    under = tuple(f"incoming/{account}/" for account in accounts)
    letters = [one for one in DeadLetters(Documents(store), system_clock).every() if _of(one, under)]
    assert not letters, letters[:3]


def _of(letter: dict[str, Any], under: tuple[str, ...]) -> bool:
    return str(letter["event"].get("key", letter["event"])).startswith(under)


def _rows(store: Store, account: str) -> list[tuple[str, date, int, Decimal]]:
    """Every row of the table's files: point, day, half hour and value."""
    snapshot = Log(store, f"readings/{account}").newest()
    assert snapshot is not None, account
    rows: list[tuple[str, date, int, Decimal]] = []
    for found in fetch(store, [f"readings/{account}/{path}" for path in snapshot.files]):
        assert found is not None, "a file that the table names is gone"
        held = Table.from_arrow(read_parquet(io.BytesIO(found.content)))
        columns = (held.column(name).to_pylist() for name in ("point", "start", "value"))
        for point, start, value in zip(*columns, strict=True):
            rows.append((point, start.date(), start.hour * 2 + start.minute // 30, value))
    return rows


def _assert_log_has_each_once(store: Store, account: str, files: int) -> int:
    log = Log(store, f"readings/{account}")
    newest = log.newest()
    assert newest is not None
    entries = [log.entry(version) for version in range(newest.version + 1)]
    assert all(entries), "a version without an entry"
    done = Counter(action["txn"]["appId"] for entry in entries for action in entry if "txn" in action)
    assert set(done.values()) == {1}
    assert len(done) == files
    return len(entries)


@dataclass(frozen=True, slots=True)
class Told:
    """What the log lines say of ingesting these accounts' files."""

    at_once: int
    """Invocations of the function that worked at the same time, at most."""
    failed: int
    """Attempts that failed."""
    races: int
    """Races for a commit that were lost, by all together."""
    most: int
    """And by one."""

    def __str__(self) -> str:
        return (
            f"up to {self.at_once} at once, {self.races} races for a commit lost (one lost {self.most}), "
            f"{self.failed} attempts failed"
        )


def told(harness: Harness, accounts: Iterable[str], since: datetime) -> Told:
    names = set(accounts)
    lines = [one for one in harness.logs() if one.get("time", "") >= since.isoformat()[:19]]
    lost = [one["races"] for one in lines if "races" in one and one["table"].rpartition("/")[2] in names]
    failed = sum(one.get("message") == "attempt failed" for one in lines)
    ended = {one["key"]: one for one in lines if one.get("message") == "ingested"}
    spans: dict[str, tuple[float, float]] = {}
    for report in (one for account in names for one in reported(harness.store, account)):
        if line := ended.get(report["key"]):
            end = datetime.fromisoformat(line["time"]).timestamp()
            begin = end - report["duration_ms"] / 1000
            own = str(line.get("invocation", report["key"]))  # several files come in one call on AWS
            former = spans.get(own, (begin, end))
            spans[own] = min(begin, former[0]), max(end, former[1])
    return Told(_overlap(list(spans.values())), failed, sum(lost), max(lost, default=0))


def _overlap(spans: Sequence[tuple[float, float]]) -> int:
    changes = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most
