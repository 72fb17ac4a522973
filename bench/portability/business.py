"""The business operations that are priced, declared: what each asks of functions, queues, store and workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from core.energy.settlement.workflow import WORKFLOW
from core.kernel.workflow.declared import Map, Step, Task, bodies
from tools.workflows.cost import Count, count

Way = Literal["http", "message", "object", "schedule", "direct"]
"""What calls a function; directly it is an engine or a gateway, whose own price is counted for the whole."""


@dataclass(frozen=True)
class Call:
    """One invocation of a function, by the operation that was counted for it.

    What was counted was done `of` times, as files one after the other are, so that upkeep is in its share. `gated` is
    a request that the authorizer judges, where it is a function: every one but a login, since it also lets those pass
    that have no token. `answer_kib` is of its answer.
    """

    by: Way
    function: str
    counted: str
    of: int = 1
    times: int = 1
    gated: bool = True
    answer_kib: float = 1


@dataclass(frozen=True)
class Operation:
    """Its invocations; the store's requests by signed URL; the runs of the workflow; bytes that stay in the store."""

    calls: tuple[Call, ...]
    signed_writes: int = 0
    signed_reads: int = 0
    runs: int = 0
    left_bytes: float = 0
    """Measured on a folder, 2026-11-27: file, table with its log not yet cut, and report; the mean of 64 files."""


def _asked(counted: str, *, gated: bool = True, answer_kib: float = 1) -> Call:
    return Call("http", "api", counted, gated=gated, answer_kib=answer_kib)


def _ingested(counted: str, left_bytes: float) -> Operation:
    return Operation(
        (_asked("uploads"), Call("object", "ingest", counted, of=32)), signed_writes=1, left_bytes=left_bytes
    )


def without_gaps(points: int) -> Count:
    """A run of the settlement that has nothing to estimate.

    `count` goes the dearest way, by each point's estimate; what is taken off is the question whether to estimate, the
    Map over the points, and those estimates. The sub-orchestrations of the Map go too.
    """
    lanes = min(10, points)
    not_taken = Count(1, 1) + Count(1, 3, 0, 0, lanes) + Count(1, 1, 1, 1).times(points)
    return count(WORKFLOW, points) + not_taken.times(-1)


def _taken(steps: tuple[Step, ...], points: int) -> Iterator[tuple[str, int]]:
    for step in steps:
        if step.name == "gaps":
            continue
        if isinstance(step, Task):
            yield step.name, 1
        for body in bodies(step):
            for name, times in _taken(body, points):
                yield name, times * (points if isinstance(step, Map) else 1)


def steps(points: int) -> tuple[Call, ...]:
    """The invocations of such a run: each task, as often as it is done, and the note of the end."""
    return tuple(
        Call("direct", "settle", f"settlement, step {name}", times=times)
        for name, times in (*_taken(WORKFLOW.steps, points), ("end", 1))
    )


SMALL, LARGE = "upload and ingestion of 48 rows", "upload and ingestion of 1,000 rows"
DAILY = "upload and ingestion of 1,200 rows"
MILLION: Mapping[str, Operation] = {
    "hello": Operation((_asked("hello"),)),
    "login": Operation((_asked("login", gated=False),)),
    "authorised read": Operation((_asked("me"),)),
    "readings of a month": Operation((_asked("readings of a month, large table, again", answer_kib=59),)),
    "readings of a year": Operation((_asked("readings of a year, table of 12 commits, again", answer_kib=717),)),
    SMALL: _ingested("32 files of 48 rows, one after the other", 8_100),
    LARGE: _ingested("32 files of 1,000 rows, one after the other, large table", 49_300),
    "export of a month": Operation(
        (_asked("export asked for"), Call("message", "jobs", "export of a month, job"), _asked("export looked at")),
        signed_reads=1,
    ),
    "settlement of a month": Operation(
        (
            _asked("settlement asked for"),
            Call("message", "jobs", "settlement, job"),
            _asked("settlement looked at"),
        ),
        runs=1,
    ),
    "forecast by schedule": Operation(
        (Call("schedule", "forecast", "forecast, schedule"), Call("message", "jobs", "forecast, job"))
    ),
}
"""Those of which a million are priced. An export and a settlement are looked at once."""
OTHER: Mapping[str, Operation] = {
    DAILY: _ingested("32 files of 1,200 rows, one after the other, large table", 57_800),
    "upkeep by schedule": Operation(
        (
            Call("schedule", "maintain", "maintain, schedule"),
            Call("message", "jobs", "maintain, job of one account, again"),
        )
    ),
}
CUSTOMER_YEAR: Mapping[str, int] = {
    DAILY: 8_760,
    "login": 250,
    "authorised read": 500,
    "readings of a month": 5_000,
    "readings of a year": 500,
    "export of a month": 12,
    "settlement of a month": 12,
    "forecast by schedule": 365,
    "upkeep by schedule": 365,
}
"""What one customer of 25 points does in a year: 10,512,000 readings (17,520 half hours of 24 versions) in a file for
each day and version; a login each working day, with two reads of who one is, twenty of a month and two of a year; a month's
export and settlement each month; and the two schedules as if they ran for this customer alone."""
