"""What a staged file's series are like: their steps, and how their values rise and fall, asked of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.energy.ingest.times import SLOT_MINUTES, SLOT_US
from core.energy.readings.files import literal
from core.energy.readings.rewrite import slices

DAY_SLOTS = 24 * 60 // SLOT_MINUTES
WEEK_SLOTS = 7 * DAY_SLOTS
RISES = 10
"""What a register rises by at least: so many steps."""
_SUSPECTS = 500
"""Series that are named one by one in a query; of more, all are looked at."""
DAYS = 20 * 60 // SLOT_MINUTES
"""A step of so much or more is one of a day, a week, a month, which differ in length."""
# Of several rows of an instant one: an estimate and what was measured, or a part that was sent twice.
_SLOTS = f"""
SELECT point, channel, version, CAST(start AS BIGINT) / {SLOT_US} AS slot, max(value) AS value
FROM staged WHERE {{where}} GROUP BY point, channel, version, start
"""
_FACTS = f"""
SELECT point, channel, version, sum(n), min(first), max(last), min(least), sum(regular), sum(steps), sum(astray),
    sum(coarse), sum(falls), sum(rises), sum(dips), min(low), max(high),
    max(CASE WHEN last - first >= {WEEK_SLOTS} AND rises >= {RISES} AND dips * 10 <= rises THEN 1 ELSE 0 END)
FROM (
    SELECT point, channel, version, island, count(*) AS n, min(slot) AS first, max(slot) AS last, min(step) AS least,
        count(CASE WHEN step <= least_step * 1.2 THEN 1 END) AS regular, count(step) AS steps,
        count(CASE WHEN step % least_step <> 0 THEN 1 END) AS astray,
        count(CASE WHEN step > {{step}} AND (step = former_step OR least(step, former_step) >= {DAYS}) THEN 1 END)
            AS coarse, sum(fall) AS falls,
        count(CASE WHEN value > former THEN 1 END) AS rises, count(CASE WHEN value < former THEN 1 END) AS dips,
        min(value) AS low, max(value) AS high
    FROM (
        SELECT *, sum(fall) OVER places AS island, lag(step) OVER places AS former_step,
            min(step) OVER (PARTITION BY point, channel, version) AS least_step
        FROM (
            SELECT *, CASE WHEN value < former AND coalesce(next < former, true) THEN 1 ELSE 0 END AS fall
            FROM (
                SELECT point, channel, version, slot, value, slot - lag(slot) OVER places AS step,
                    lag(value) OVER places AS former, lead(value) OVER places AS next
                FROM ({_SLOTS})
                WINDOW places AS (PARTITION BY point, channel, version ORDER BY slot)
            )
        )
        WINDOW places AS (PARTITION BY point, channel, version ORDER BY slot)
    )
    GROUP BY point, channel, version, island
)
GROUP BY point, channel, version ORDER BY point, channel, version
"""
_LONGEST = f"""
SELECT step, count(*) AS n FROM (
    SELECT step, place - row_number() OVER (PARTITION BY step ORDER BY slot) AS island FROM (
        SELECT slot, least(slot - lag(slot) OVER (ORDER BY slot), {DAYS}) AS step,
            row_number() OVER (ORDER BY slot) AS place
        FROM ({_SLOTS})
    )
) WHERE step > {{step}} GROUP BY step, island ORDER BY n DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """A series at one version: slots, the smallest step and how many are about that, falls, rises and dips.

    `astray` are steps that are no multiple of the smallest. `coarse` steps are longer than the file's and as long as
    the one before. A fall is one after which its series stays below; a dip is any. `rises_for_a_week` says that some
    week or more has rises, no fall and few dips.
    """

    point: str
    channel: str
    version: int
    count: int
    first: int
    last: int
    least: int | None
    regular: int
    steps: int
    astray: int
    coarse: int
    falls: int
    rises: int
    dips: int
    low: Any
    high: Any
    rises_for_a_week: int


def facts_of(query: Any, points: list[str] | None, step: int) -> Iterator[Facts]:
    """The facts of each series of these points, or of all, of a file whose intervals are `step` slots long."""
    if points is not None and len(points) <= _SUSPECTS:
        ranges = ["point IN (" + ", ".join(map(literal, points)) + ")"]
        if len(points) > 1:
            rows = f"SELECT point FROM staged WHERE {ranges[0]}"
            ranges = [
                f"{ranges[0]} AND point BETWEEN {literal(low)} AND {literal(high)}" for low, high in slices(query, rows)
            ]
    else:
        ranges = [
            f"point BETWEEN {literal(low)} AND {literal(high)}"
            for low, high in slices(query, "SELECT point FROM staged")
        ]
    for where in ranges:
        for batch in query.execute(_FACTS.format(where=where, step=step)):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield Facts(*row)


def longest(query: Any, facts: Facts, step: int, times: int) -> int | None:
    """The length of steps that is more than `step` and taken so many times after each other, None where none is."""
    where = f"point = {literal(facts.point)} AND channel = {literal(facts.channel)} AND version = {facts.version}"
    found = query.execute(_LONGEST.format(where=where, step=step)).read_all()
    if not found.num_rows:
        return None
    length, held = (column.to_pylist()[0] for column in found.columns)
    return int(length) if held >= times else None
