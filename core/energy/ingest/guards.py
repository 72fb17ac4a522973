"""What no single row shows: readings at another step than the file says, registers, and ends called starts.

The file has been read, and its rows lie in one Parquet file. Series of which a sample already showed that they are a
meter's are not looked at again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from arro3.core import RecordBatchReader
from deltalake import QueryBuilder

from core.energy.ingest.batches import Batches
from core.energy.ingest.cadence import ENOUGH
from core.energy.ingest.facts import DAY_SLOTS, DAYS, RISES, Facts, facts_of, longest
from core.energy.ingest.judge import Judge
from core.energy.ingest.lacking import Lacking
from core.energy.ingest.layouts.layout import Lack
from core.energy.ingest.source import Refused
from core.energy.ingest.terms import REGISTER
from core.energy.ingest.times import SLOT_MINUTES, SLOT_US, shown
from core.energy.readings.decimals import plain
from core.energy.readings.files import attach, literal, session
from core.energy.readings.points import zone_of
from core.energy.readings.rewrite import slices
from core.energy.readings.schema import DECIMALS, KEY
from core.energy.readings.zones import named
from core.kernel.clock import from_microseconds, rfc3339

REGISTER_SPAN = 23 * 60 // SLOT_MINUTES
"""How long a series never falls before it is looked at as a register; a settlement day has 23 hours at least."""
REGISTER_STEPS = 20
"""And how many steps it has at least; fewer happen."""
COARSE = 20
"""Steps of one length after each other, longer than the file's, that no gaps make."""
_REMEDY = (
    "If each is of 5 to 60 minutes, add a column minutes, or say the minutes in the account's sources; totals of days "
    "and longer are no readings"
)
_SERIES = f"""
SELECT point, channel, min(CAST(start AS BIGINT)) / {SLOT_US}, max(CAST(start AS BIGINT)) / {SLOT_US}, count(*),
    sum(value), min(minutes)
FROM staged GROUP BY point, channel ORDER BY point, channel
"""
_TWICE = f"""
SELECT point, start FROM staged WHERE point BETWEEN {{first}} AND {{last}}
GROUP BY {KEY}, quality HAVING count(DISTINCT value) > 1 LIMIT 1
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


class _Staged:
    """The staged file as `staged`, for whoever asks something of it: most files need not be asked."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def execute(self, sql: str) -> RecordBatchReader:
        return self._session.execute(sql)

    @cached_property
    def _session(self) -> QueryBuilder:
        query = session()
        attach(query, "staged", self._path)
        return query


def check(path: Path, judge: Judge, batches: Batches, *, whole: bool) -> tuple[list[SeriesTold], list[str]]:
    """Refuse what is no file of readings as it stands; returns what it has of each series, and what is assumed.

    `whole` says that the file was read to its end. Raises `Refused`.
    """
    query = _Staged(path)
    _refuse_finer(judge)
    names = batches.named()
    suspects: list[str] | None = None
    rising: list[str] = []
    few: list[Facts] = []
    step = judge.terms.minutes // SLOT_MINUTES
    if batches.series.whole:
        sure = batches.order.increasing
        seen = batches.series.seen.items()
        suspects = sorted({names[number][0] for number, one in seen if not sure or not one.is_usual})
    if suspects is None or suspects:
        for facts in facts_of(query, suspects, step):
            _refuse_coarser(facts, judge, query)
            if facts.count < ENOUGH:
                few.append(facts)
            if REGISTER not in judge.terms.allow and _only_rises(facts):
                _refuse_register(facts)
                rising.append(f"{facts.point} {facts.channel}, from {plain(facts.low)} to {plain(facts.high)}")
    if not judge.minutes_said:
        _refuse_few(few, judge.terms.minutes)
    if not batches.order.increasing:
        _refuse_hidden(query, judge)
    series = list(_series(query, judge, batches, names))
    if judge.long:
        _refuse_ends(series, judge, whole=whole)
    told = [
        SeriesTold(point, channel, shown(first), shown(last), count, plain(total))
        for point, channel, first, last, count, total, _ in series
    ]
    more = f" and {len(rising) - 1} more" if rising[1:] else ""
    return told, [f"{rising[0]}{more}, never falls, but is the energy of each interval"] if rising else []


def _series(
    query: Any, judge: Judge, batches: Batches, names: dict[int, tuple[str, str]]
) -> Iterator[tuple[str, str, int, int, int, Any, int]]:
    """Point, channel, first and last slot, count, sum and minutes of each series."""
    if batches.series.whole and all(seen.minutes for seen in batches.series.seen.values()):
        found = sorted((names[number], seen) for number, seen in batches.series.seen.items())
        for (point, channel), seen in found:
            total = Decimal(seen.sum).scaleb(-DECIMALS)
            yield point, channel, seen.first, seen.last, seen.count, total, seen.minutes or judge.terms.minutes
        return
    for batch in query.execute(_SERIES):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _refuse_finer(judge: Judge) -> None:
    """Rows that were rejected for lying between the grid's, of any points: more than happens."""
    if judge.off_grid.total() < ENOUGH:
        return
    point, count = judge.off_grid.most_common(1)[0]
    if judge.minutes_said:
        raise Refused(
            f"{judge.off_grid.total()} starts, most of them of {point}, are not on the grid of their minutes; mend "
            "these, in the file or in the account's sources"
        )
    raise Refused(
        f"{point} has {count} starts between those of {judge.terms.minutes} minutes, so its readings are of fewer; "
        "add a column minutes, or say the minutes in the account's sources"
    )


def _refuse_coarser(facts: Facts, judge: Judge, query: Any) -> None:
    """A series, or a long part of one, at a step longer than its intervals, unless each row says how long these are.

    Where only the sources say it, a step of a day is refused all the same.
    """
    minutes = judge.terms.minutes
    if judge.each_says_its_minutes and judge.long:
        return
    if judge.header is None:
        return
    regular = facts.count >= ENOUGH and facts.regular * 5 >= facts.steps * 4
    regular = regular or (facts.count >= COARSE and not facts.astray)
    if facts.least is not None and regular and facts.least >= 2 * minutes // SLOT_MINUTES:
        length = facts.least * SLOT_MINUTES
    elif facts.coarse >= COARSE and (step := longest(query, facts, minutes // SLOT_MINUTES, COARSE)):
        length = step * SLOT_MINUTES
    else:
        return
    if judge.minutes_said and length < DAYS * SLOT_MINUTES:
        return
    raise Refused(
        f"{facts.point} {facts.channel} has a reading every {_step(length)} ({facts.count} readings from "
        f"{shown(facts.first)}), not every {minutes} minutes. {_REMEDY}"
    )


def _step(length: int) -> str:
    if length > 36 * 60:
        return f"{round(length / 60 / 24)} days"
    return "hour" if length == 60 else f"{length} minutes" if length < DAYS * SLOT_MINUTES else "day"


def _refuse_few(few: list[Facts], minutes: int) -> None:
    """Of series too short to show a step each, what they show together."""
    steps = Counter(facts.least for facts in few if facts.least)
    if steps.total() < ENOUGH - 1:
        return
    least, count = steps.most_common(1)[0]
    length = least * SLOT_MINUTES
    if minutes < length and (length == 60 or length >= DAYS * SLOT_MINUTES) and count * 2 > steps.total():
        raise Refused(f"{count} series have a reading every {_step(length)}, not every {minutes} minutes. {_REMEDY}")


def _refuse_hidden(query: Any, judge: Judge) -> None:
    """Rows of one reading with other values, where a column that is ignored may be what tells them apart."""
    extra = [name for name in (judge.header.extra if judge.header else ()) if name and name not in judge.terms.ignore]
    if not extra:
        return
    for first, last in slices(query, "SELECT point FROM staged"):
        found = query.execute(_TWICE.format(first=literal(first), last=literal(last))).read_all()
        if found.num_rows:
            point, start = (column.to_pylist()[0] for column in found.columns)
            raise Refused(
                f"{point} has several values at {rfc3339(start)}, and what tells them apart may be in a column that is "
                f"not known ({', '.join(extra[:5])}); leave it out, or list it under `ignore` in the account's sources"
            )


def _only_rises(facts: Facts) -> bool:
    """Whether it rises and never falls, for a day at least, or for a week of its time."""
    long = facts.steps >= REGISTER_STEPS and facts.last - facts.first >= REGISTER_SPAN - 12
    rises = not facts.falls and facts.rises >= RISES and facts.dips * 10 <= facts.rises
    return bool(facts.rises_for_a_week) or (long and rises)


def _refuse_register(facts: Facts) -> None:
    """A series that only rises: for a week, or by next to nothing of its height, or from zero."""
    rise = facts.high - facts.low
    if facts.rises_for_a_week or rise * 100 < facts.high or facts.low * 10 < facts.high:
        raise Refused(
            f"{facts.point} {facts.channel} never falls: {facts.count} values from {plain(facts.low)} to "
            f"{plain(facts.high)}. That is what a register shows, not the energy of each interval; send its "
            "differences, or allow `register` in the account's sources if it is right"
        )


def _refuse_ends(series: list[tuple[str, str, int, int, int, Any, int]], judge: Judge, *, whole: bool) -> None:
    """Whole days only if starts are ends (or the other way round) are other times than was thought.

    Raises `Lacking`, unless the account's sources say what the times are.
    """
    terms, header = judge.terms, judge.header
    if header is None or header.until or terms.counted or judge.stamp_said:
        return
    thought, other = ("end", "start") if terms.stamp == "end" else ("start", "end")
    so = others = 0
    example = ""
    for point, channel, first, last, count, _, minutes in series:
        zone = terms.zone or named(zone_of(point))
        step = minutes // SLOT_MINUTES
        # A few readings may begin and end anywhere; days that are whole hold most of their intervals.
        if last - first < DAY_SLOTS - 12 - step or count * step * 2 < last - first:
            continue
        # A day of UTC is whole as well, and an hour of one may be that of another zone's end.
        moved = step if terms.stamp == "end" else -step
        # Of the beginning of a file one end is cut off, the later one or, of what is newest first, the earlier one.
        ends = all if whole else any
        as_thought = any(ends((_is_midnight(first, clock), _is_midnight(last + step, clock))) for clock in (zone, UTC))
        as_other = any(
            ends((_is_midnight(first + moved, clock), _is_midnight(last + step + moved, clock)))
            for clock in (zone, UTC)
        )
        so += as_thought and not as_other
        if as_other and (not as_thought or terms.stamp is None):
            others += 1
            example = example or f"{point} {channel} runs from {shown(first)} to {shown(last)}"
    choices = ("start", "end")
    if others * 4 > so:
        why = (
            f"{example}: whole days, if the times are the {other}s of intervals. Say the stamp in the account's "
            f"sources: `{other}`, or `{thought}` if they are {thought}s all the same"
        )
        raise Lacking(Lack("stamp", why, choices))
    if terms.stamp is None and not so:
        why = (
            "the column of times is not named start or end, and its times do not show which; name it start, or say the "
            "stamp in the account's sources"
        )
        raise Lacking(Lack("stamp", why, choices))


def _is_midnight(slot: int, zone: Any) -> bool:
    local = from_microseconds(slot * SLOT_US).astimezone(zone)
    return local.hour == local.minute == 0
