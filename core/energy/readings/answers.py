"""What is answered of points: their readings as recorded, or exact sums of them, by pages, each number as its text.

Times and numbers become text in the engine; what is done here for each of them is done to whole columns.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import groupby
from operator import sub

from core.energy.readings.local import DATE, DAY_US, MINUTE_US, SHIFT, offset
from core.energy.readings.periods import midnight, minutes_between, next_period
from core.energy.readings.query import AT_ONCE, Part, Series, parts
from core.energy.readings.reading import QUALITIES
from core.energy.readings.view import Opened

NATIVE, DAY, MONTH = "native", "day", "month"
STEPS = {"30m": 30, "hour": 60}
"""Sums by the clock of UTC, in minutes; the others, `day` and `month`, are the settlement zone's."""

# RFC 3339, since starts are whole seconds; and every digit that matters, since the scale is nine (`decimals.plain`).
_TIME = "CAST({time} AS VARCHAR)"
_NUMBER = "rtrim(rtrim(CAST(value AS VARCHAR), '0'), '.')"
_RECORDED = f"""
SELECT {{keys}}, {_TIME.format(time="start")} AS time, {_NUMBER} AS number, p / 10 % 1000 AS minutes, p % 10 AS quality
FROM ({{rows}})
"""
_SUMS = """
SELECT {keys}, sum(value) AS value, sum(p / 10 % 1000) AS minutes, max(p / 10 % 1000) AS longest, max(p % 10) AS quality
FROM (SELECT {others}({at} + {offset}) / {step} - {shift} AS start, value, p FROM ({rows}))
GROUP BY {keys}
"""
_MONTHS = """
SELECT {keys}, sum(value) AS value, sum(minutes) AS minutes, max(longest) AS longest, max(quality) AS quality
FROM (SELECT {others}date_trunc('month', {day}) AS start, value, minutes, longest, quality FROM ({sums}))
GROUP BY {keys}
"""
_SAID = f"SELECT {{keys}}, {{time}} AS time, {_NUMBER} AS number, minutes, quality, longest FROM ({{sums}})"
_PAGE = "SELECT {columns} FROM ({said}) ORDER BY {keys} LIMIT {limit}"
_DAYS = DATE.format(day="start")


class TooFineError(Exception):
    """Shorter periods were asked for than what was recorded: `minutes` long intervals."""

    def __init__(self, minutes: int) -> None:
        super().__init__(f"there are readings of {minutes} minutes, which are not divided")


@dataclass(frozen=True, slots=True)
class Found:
    """Of one series: columns of one length.

    `start` is RFC 3339, of days and months their first date; `value` is exact; `minutes` are how long each interval
    or period is within [begin, end), and `missing` those of which there is no reading.
    """

    point: str
    start: list[str] = field(default_factory=list)
    value: list[str] = field(default_factory=list)
    quality: list[str] = field(default_factory=list)
    minutes: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """What was found, by point and start, and where the next page begins: at a point's start; None after the last.

    A series of which there is nothing is found empty on the page where its values would be.
    """

    found: list[Found]
    next: tuple[str, str] | None


def page(table: Opened, series: Sequence[Series], *, resolution: str, limit: int, every: Sequence[str] = ()) -> Page:
    """Of each series its readings (`native`), or their sums for each `30m`, `hour` (of UTC), `day` or `month` with any.

    The series are ordered by point. In all there are at most `limit` values: the earliest of the first points.
    `every` as for `query.parts`. Raises `TooFineError` where an interval is longer than the period.
    """
    found = {one.point: Found(one.point) for one in series}
    most, left = AT_ONCE, limit + 1
    if resolution not in (DAY, MONTH):
        most, series = limit, [replace(one, zone=UTC) for one in series]
    for group in _alike(series):
        for part in parts(table, group, every=every, most=most):
            left -= _read(table, part, resolution, left, group[0], found)
            if not left:
                return _cut(found, series)
    return Page(list(found.values()), None)


def _alike(series: Sequence[Series]) -> Iterator[list[Series]]:
    """Successive series that differ in nothing but the point."""
    for _, group in groupby(series, key=lambda one: replace(one, point="")):
        yield list(group)


def _cut(found: dict[str, Found], series: Sequence[Series]) -> Page:
    """The page without the one value that is too many, at which the next page begins."""
    last = max(place for place, one in enumerate(series) if found[one.point].start)
    over = found[series[last].point]
    start = over.start.pop()
    for column in (over.value, over.quality, over.minutes, over.missing):
        column.pop()
    shown = series[: last + 1] if over.start else series[:last]
    return Page([found[one.point] for one in shown], (over.point, start))


def _read(table: Opened, part: Part, resolution: str, limit: int, asked: Series, found: dict[str, Found]) -> int:
    """Add at most `limit` values of a part to what was found of its points; returns how many."""
    step = STEPS.get(resolution, 0)
    recorded = resolution == NATIVE or part.minutes == step
    # What is known beforehand is not fetched for each value.
    wanted = ["time", "number"]
    wanted += ["point"] if len(part.points) > 1 else []
    wanted += ["quality"] if part.quality is None else []
    wanted += [] if recorded and part.minutes else ["minutes"]
    wanted += ["longest"] if step and not recorded and (part.minutes is None or part.minutes > step) else []
    said = _RECORDED.format(keys=part.keys, rows=part.rows) if recorded else _summed(part, resolution, asked)
    page = _PAGE.format(columns=", ".join(wanted), said=said, keys=part.keys, limit=limit)
    rows = table.execute(page).read_all()
    columns = {name: rows.column(name).to_pylist() for name in wanted}
    longest = max(columns.get("longest", ()), default=0)
    if longest > step:
        raise TooFineError(longest)
    count = rows.num_rows
    times, numbers = columns["time"], columns["number"]
    minutes = columns.get("minutes") or [part.minutes] * count
    qualities = [QUALITIES[place] for place in columns["quality"]] if part.quality is None else [part.quality] * count
    for point, its in _each(columns.get("point") or list(part.points) * count):
        one, read = found[point], minutes[its]
        lengths = read if recorded else _lengths(times[its], read, resolution, asked)
        one.start.extend(times[its])
        one.value.extend(numbers[its])
        one.quality.extend(qualities[its])
        one.minutes.extend(lengths)
        one.missing.extend(map(sub, lengths, read))
    return count


def _each(points: Sequence[str]) -> Iterator[tuple[str, slice]]:
    """Each point of an ordered column, and where it is."""
    first = 0
    while first < len(points):
        last = bisect_right(points, points[first], first)
        yield points[first], slice(first, last)
        first = last


def _summed(part: Part, resolution: str, asked: Series) -> str:
    """SQL for the sums of a part by period, which `start` numbers; of months it is their first day."""
    at = "CAST(start AS BIGINT)"
    step = STEPS.get(resolution, 0) * MINUTE_US
    ahead = str(SHIFT * step) if step else offset(at, asked.zone, part.first, part.last)
    others = part.keys.removesuffix("start")
    sums = _SUMS.format(
        keys=part.keys, others=others, at=at, offset=ahead, step=step or DAY_US, shift=SHIFT, rows=part.rows
    )
    time = f"arrow_cast(start * {step}, 'Timestamp(Microsecond, Some(\"UTC\"))')" if step else _DAYS
    if resolution == MONTH:
        sums, time = _MONTHS.format(keys=part.keys, others=others, day=_DAYS, sums=sums), "CAST(start AS DATE)"
    return _SAID.format(keys=part.keys, time=_TIME.format(time=time), sums=sums)


def _lengths(starts: Sequence[str], read: Sequence[int], resolution: str, asked: Series) -> list[int]:
    """How many minutes of each period lie within [begin, end), whatever is cut off from the first and the last."""
    step = STEPS.get(resolution)
    lengths = [step] * len(starts) if step else [_minutes(asked.zone, resolution, start) for start in starts]
    for place in {0, len(starts) - 1}:
        begin, end = _period(asked.zone, resolution, starts[place])
        lengths[place] = minutes_between(max(begin, asked.begin or begin), min(end, asked.end or end))
    # An interval may end after `end`; it is counted by its start, and all of it.
    return list(map(max, lengths, read))


def _period(zone: tzinfo, resolution: str, start: str) -> tuple[datetime, datetime]:
    step = STEPS.get(resolution)
    if step:
        begin = datetime.fromisoformat(start)
        return begin, begin + timedelta(minutes=step)
    day = date.fromisoformat(start)
    return midnight(zone, day), midnight(zone, next_period(day, resolution))


@lru_cache(maxsize=4096)
def _minutes(zone: tzinfo, resolution: str, start: str) -> int:
    return minutes_between(*_period(zone, resolution, start))
