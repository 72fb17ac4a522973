"""What no single row shows: readings at another step than the file says, registers, and ends called starts.

The file has been read, and its rows lie in one Parquet file. Series of which a sample already showed that they are a
meter's are not looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.energy.ingest.batches import Batches
from core.energy.ingest.cadence import ENOUGH
from core.energy.ingest.fields import SLOT_MINUTES, SLOT_US, shown
from core.energy.ingest.judge import Judge
from core.energy.ingest.layout import LONG
from core.energy.ingest.source import Refused
from core.energy.ingest.terms import REGISTER
from core.energy.readings.decimals import plain
from core.energy.readings.files import attach, literal, session
from core.energy.readings.points import zone_of
from core.energy.readings.rewrite import slices
from core.energy.readings.schema import DECIMALS
from core.energy.readings.zones import named
from core.kernel.clock import from_microseconds

DAY_SLOTS = 24 * 60 // SLOT_MINUTES
REGISTER_SPAN = 23 * 60 // SLOT_MINUTES
"""How long a series never falls before it is looked at as a register; a settlement day has 23 hours at least."""
REGISTER_STEPS = 20
"""And how many steps it has at least; fewer happen."""
WEEK_SLOTS = 7 * DAY_SLOTS
_SUSPECTS = 500
"""Series that are named one by one in a query; of more, all are looked at."""
_FACTS = f"""
SELECT point, channel, version, count(*), min(slot), max(slot), min(step),
    count(CASE WHEN step <= least_step * 1.2 THEN 1 END), count(step), count(CASE WHEN value < former THEN 1 END),
    count(CASE WHEN value > former THEN 1 END), min(value), max(value)
FROM (
    SELECT *, min(step) OVER (PARTITION BY point, channel, version) AS least_step FROM (
        SELECT point, channel, version, slot, value, nullif(slot - lag(slot) OVER places, 0) AS step,
            lag(value) OVER places AS former
        FROM (SELECT *, CAST(start AS BIGINT) / {SLOT_US} AS slot FROM staged WHERE {{where}})
        WINDOW places AS (PARTITION BY point, channel, version ORDER BY slot)
    )
)
GROUP BY point, channel, version ORDER BY point, channel, version
"""
_SERIES = f"""
SELECT point, channel, min(CAST(start AS BIGINT)) / {SLOT_US}, max(CAST(start AS BIGINT)) / {SLOT_US}, count(*),
    sum(value)
FROM staged GROUP BY point, channel ORDER BY point, channel
"""


@dataclass(frozen=True, slots=True)
class SeriesTold:
    """What a file has of one point and channel: the first and last start, readings, and their sum."""

    point: str
    channel: str
    first: str
    last: str
    count: int
    sum: str


@dataclass(frozen=True, slots=True)
class _Facts:
    """A series at one version: slots, the smallest step and how many are about that, falls and rises."""

    point: str
    channel: str
    version: int
    count: int
    first: int
    last: int
    least: int | None
    regular: int
    steps: int
    falls: int
    rises: int
    low: Any
    high: Any


def check(path: Path, judge: Judge, batches: Batches) -> tuple[list[SeriesTold], list[str]]:
    """Refuse what is no file of readings as it stands; returns what it has of each series, and what is assumed.

    Raises `Refused`.
    """
    query = session()
    attach(query, "staged", path)
    _refuse_finer(judge, query)
    names = batches.named()
    suspects: list[str] | None = None
    rising: list[str] = []
    if batches.series.whole:
        suspects = sorted({names[number][0] for number, seen in batches.series.seen.items() if not seen.plain})
    if suspects is None or suspects:
        for facts in _facts(query, suspects):
            if not judge.minutes_said:
                _refuse_coarser(facts, judge.terms.minutes)
            if REGISTER not in judge.terms.allow and _only_rises(facts):
                _refuse_register(facts)
                rising.append(f"{facts.point} {facts.channel}, from {plain(facts.low)} to {plain(facts.high)}")
    series = list(_series(query, batches))
    if judge.layout.format == LONG:
        _refuse_ends(series, judge)
    told = [
        SeriesTold(point, channel, shown(first), shown(last), count, plain(total))
        for point, channel, first, last, count, total in series
    ]
    more = f" and {len(rising) - 1} more" if rising[1:] else ""
    return told, [f"{rising[0]}{more}, never falls, but is the energy of each interval"] if rising else []


def _series(query: Any, batches: Batches) -> Iterator[tuple[str, str, int, int, int, Any]]:
    if batches.series.whole:
        names = batches.named()
        found = sorted((names[number], seen) for number, seen in batches.series.seen.items())
        for (point, channel), seen in found:
            yield point, channel, seen.first, seen.last, seen.count, Decimal(seen.sum).scaleb(-DECIMALS)
        return
    for batch in query.execute(_SERIES):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _facts(query: Any, suspects: list[str] | None) -> Iterator[_Facts]:
    if suspects is not None and len(suspects) <= _SUSPECTS:
        ranges = ["point IN (" + ", ".join(map(literal, suspects)) + ")"]
        if len(suspects) > 1:
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
        for batch in query.execute(_FACTS.format(where=where)):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield _Facts(*row)


def _refuse_finer(judge: Judge, query: Any) -> None:
    """Rows of a point that were rejected for lying between the grid's, as many as a finer step has."""
    if judge.minutes_said:
        return
    for point, count in judge.off_grid.items():
        if count < ENOUGH:
            continue
        taken = query.execute(f"SELECT count(*) FROM staged WHERE point = {literal(point)}").read_all()
        if count * 2 >= taken.column(0).to_pylist()[0]:
            raise Refused(
                f"{point} has {count} starts between those of {judge.terms.minutes} minutes, so its readings are of "
                "fewer; add a column minutes, or say the minutes in the account's sources"
            )


def _refuse_coarser(facts: _Facts, minutes: int) -> None:
    if facts.least is None or facts.count < ENOUGH or facts.least < 2 * minutes // SLOT_MINUTES:
        return
    if facts.regular * 2 < facts.steps:
        return
    length = facts.least * SLOT_MINUTES
    words = "hour" if length == 60 else f"{length} minutes" if length < 20 * 60 else "day"
    if length > 36 * 60:
        words = f"{round(length / 60 / 24)} days"
    raise Refused(
        f"{facts.point} {facts.channel} has a reading every {words} from {shown(facts.first)} ({facts.count} of them), "
        f"not every {minutes} minutes. If each is of 5 to 60 minutes, add a column minutes, or say the minutes in the "
        "account's sources; totals of days and longer are no readings"
    )


def _only_rises(facts: _Facts) -> bool:
    """Whether it never falls and mostly rises, for a day at least."""
    long = facts.steps >= REGISTER_STEPS and facts.last - facts.first >= REGISTER_SPAN - 12
    return long and not facts.falls and facts.rises * 2 >= facts.steps


def _refuse_register(facts: _Facts) -> None:
    """A series that only rises: for a week, or by next to nothing of its height, or from zero."""
    rise = facts.high - facts.low
    if facts.last - facts.first >= WEEK_SLOTS or rise * 100 < facts.high or facts.low * 10 < facts.high:
        raise Refused(
            f"{facts.point} {facts.channel} never falls: {facts.count} values from {plain(facts.low)} to "
            f"{plain(facts.high)}. That is what a register shows, not the energy of each interval; send its "
            "differences, or allow `register` in the account's sources if it is right"
        )


def _refuse_ends(series: list[tuple[str, str, int, int, int, Any]], judge: Judge) -> None:
    """Whole days that begin one step after midnight and end with midnight have ends for starts."""
    terms = judge.terms
    if terms.stamp == "end" or judge.layout.position("end") is not None:
        return
    ends = starts = 0
    example = ""
    step = terms.minutes // SLOT_MINUTES
    for point, channel, first, last, count, _ in series:
        zone = terms.zone or named(zone_of(point))
        # A few readings may begin and end anywhere; days that are whole hold most of their intervals.
        if last - first < DAY_SLOTS - 12 - step or count * step * 2 < last - first:
            continue
        # A day of UTC is whole as well, and an hour of one may be that of another zone's end.
        clocks = (zone, UTC)
        if any(_is_midnight(first, clock) and _is_midnight(last + step, clock) for clock in clocks):
            starts += 1
        elif any(_is_midnight(first - step, clock) and _is_midnight(last, clock) for clock in clocks):
            ends += 1
            example = example or f"{point} {channel} runs from {shown(first)} to {shown(last)}"
    if ends and not starts and not judge.stamp_said:
        raise Refused(
            f"{example}: whole days, if the times are the ends of intervals. Say the stamp in the account's sources: "
            "`end`, or `start` if they are starts all the same"
        )
    if terms.stamp is None and not starts:
        raise Refused(
            "the column of times is not named start or end, and its times do not show which; name it start, or say the "
            "stamp in the account's sources"
        )


def _is_midnight(slot: int, zone: Any) -> bool:
    local = from_microseconds(slot * SLOT_US).astimezone(zone)
    return local.hour == local.minute == 0
