"""Questions to an account's readings table: which points it has, and the readings of one point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from arro3.core import DataType, Field, Schema, Table

from core.energy.readings.files import Extent, instant, literal
from core.energy.readings.periods import midnight
from core.energy.readings.reading import IMPORT, QUALITIES
from core.energy.readings.schema import LAST, TIME, VALUE
from core.energy.readings.view import Opened, opened
from core.energy.readings.zones import offsets
from core.kernel.clock import from_microseconds, microseconds
from core.kernel.store import Store

LATEST = "latest"

WINDOW = timedelta(days=3653)
"""Readings of a point that are put together at once: memory does not grow with how long it has been read."""

# `latest` is the highest version of each interval. What an interval's row says besides its value is packed into a
# whole number P, version first, and with the value into one exact decimal: |value| < 10^9, so 10^10 apart no value can
# outweigh P, and plain max() finds all of it. It takes half the time of last_value() or a window function on rows that
# are not sorted. An interval has the same minutes in each version, since no two that overlap differ in length.
_PACKED = "CAST(version AS BIGINT) * 10000 + {minutes} * 10 + {quality}"
_LATEST = """
SELECT start, max(CAST(p AS DECIMAL(10, 0)) * CAST(10000000000 AS DECIMAL(11, 0)) + value)
    - max(CAST(p AS DECIMAL(10, 0)) * CAST(10000000000 AS DECIMAL(11, 0))) AS value, max(p) AS p
FROM (SELECT start, value, {packed} AS p FROM readings WHERE {where})
GROUP BY start
"""
# Where all rows agree on minutes and quality, only the version is packed, which saves a fifth of the time.
_LATEST_ALIKE = """
SELECT start, max(v + value) - max(v) AS value, {packed} AS p
FROM (
    SELECT start, value, CAST(version AS DECIMAL(4, 0)) * CAST(10000000000 AS DECIMAL(11, 0)) AS v
    FROM readings WHERE {where}
)
GROUP BY start
"""
_VERSION = "SELECT start, value, {packed} AS p FROM readings WHERE {where} AND version = {version}"
_ROWS = "SELECT start, value, p / 10 % 1000 AS minutes, p % 10 AS quality FROM ({rows})"
_SUMS = """
SELECT (at + {offset}) / {step} AS period, sum(value) AS value, sum(p / 10 % 1000) AS minutes,
    max(p / 10 % 1000) AS longest, max(p % 10) AS quality
FROM (SELECT CAST(start AS BIGINT) AS at, value, p FROM ({rows}))
GROUP BY period ORDER BY period
"""
_MINUTE_US = 60 * 1_000_000
_DAY_US = 24 * 60 * _MINUTE_US
# Added before the division, which rounds towards zero, and taken off again after it: there are days before 1970.
_SHIFT = 1_000_000
_EPOCH = date(1970, 1, 1)
_JUST_AFTER = timedelta(microseconds=1)
_SCHEMA = Schema(
    [
        Field("start", TIME),
        Field("value", VALUE),
        Field("minutes", DataType.int64()),
        Field("quality", DataType.int64()),
    ]
)
STEPS = {"30m": 30, "hour": 60}
"""Sums by the clock of UTC, in minutes; the others, `day` and `month`, are the settlement zone's."""


class TooFineError(Exception):
    """Shorter periods were asked for than what was recorded: `minutes` long intervals."""

    def __init__(self, minutes: int) -> None:
        super().__init__(f"there are readings of {minutes} minutes, which are not divided")


@dataclass(frozen=True, slots=True)
class Total:
    """A period's sum: its first instant and day (in its zone), exact value, minutes recorded, and worst quality."""

    begin: datetime
    day: date
    value: Decimal
    minutes: int
    quality: str


@dataclass(frozen=True, slots=True)
class Series:
    """What is asked for: one point's channel in [begin, end), at `latest` or one version."""

    point: str
    channel: str = IMPORT
    begin: datetime | None = None
    end: datetime | None = None
    version: int | str = LATEST

    def within(self, extent: Extent) -> bool:
        """Whether readings of it may be in a file of that box."""
        first, last = extent.starts
        return (
            extent.points[0] <= self.point <= extent.points[1]
            and (self.begin is None or self.begin <= last)
            and (self.end is None or first < self.end)
        )


@dataclass(frozen=True, slots=True)
class PointSummary:
    """A point of an account: what there is of it, its first and last start, and its rows over all versions."""

    point: str
    channels: list[str]
    minutes: list[int]
    versions: list[int]
    first: datetime
    last: datetime
    rows: int


@dataclass(frozen=True, slots=True)
class ChannelSummary:
    """A channel of a point, with its first and last start over all versions."""

    point: str
    channel: str
    first: datetime
    last: datetime


def channels(store: Store, account: str) -> tuple[list[ChannelSummary], int | None]:
    """The channels of all points, ordered, and the version of the table that has them; None when there is no table."""
    with opened(store, account) as query:
        if query is None:
            return [], None
        keys = "point, channel"
        rows = query.execute(f"SELECT {keys}, min(start), max(start) FROM readings GROUP BY {keys} ORDER BY {keys}")
        columns = [column.to_pylist() for column in rows.read_all().columns]
        return [ChannelSummary(*row) for row in zip(*columns, strict=True)], query.version


def points(store: Store, account: str) -> list[PointSummary]:
    """The account's points, ordered; empty when it has no readings."""
    found: dict[str, PointSummary] = {}
    with opened(store, account) as query:
        if query is None:
            return []
        columns = {
            "channel": query.alike(None, lambda extent: extent.channels),
            "minutes": query.alike(None, lambda extent: extent.minutes),
        }
        given = [name for name, value in columns.items() if value is None]
        keys = ", ".join(["point", "version", *given])
        rows = query.execute(
            f"SELECT {keys}, min(start), max(start), count(*) FROM readings GROUP BY {keys}"
        ).read_all()
        for point, version, *more in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            first, last, count = more[-3:]
            said = {**columns, **dict(zip(given, more, strict=False))}
            held = found.get(point) or PointSummary(point, [], [], [], first, last, 0)
            found[point] = PointSummary(
                point,
                sorted({*held.channels, said["channel"]}),
                sorted({*held.minutes, said["minutes"]}),
                sorted({*held.versions, version}),
                min(first, held.first),
                max(last, held.last),
                held.rows + count,
            )
    return [found[point] for point in sorted(found)]


def readings(store: Store, account: str, series: Series, *, limit: int, table: int | None = None) -> Table | None:
    """The series as recorded: `start`, `value` (decimal, exact), `minutes`, `quality` (its place in `QUALITIES`).

    By start; at most `limit`, the earliest, of a version of the `table`. None when the account has no readings table.
    """
    tables: list[Table] = []
    with opened(store, account, table, wanted=series.within) as query:
        if query is None:
            return None
        for rows, _, _ in _windows(query, series):
            tables.append(query.execute(f"{_ROWS.format(rows=rows)} ORDER BY start LIMIT {limit}").read_all())
            limit -= tables[-1].num_rows
            if not limit:
                break
    if not tables:
        return Table.from_batches([], schema=_SCHEMA)
    return Table.from_batches([batch for table in tables for batch in table.to_batches()], schema=tables[0].schema)


def totals(store: Store, account: str, series: Series, *, resolution: str, zone: tzinfo, limit: int) -> list[Total]:
    """Exact sums of what `readings` gives, for each `30m`, `hour` (of UTC), `day` or `month` (of the zone) with any.

    At most `limit` of them, the earliest, ordered. Raises `TooFineError` where an interval is longer than the period.
    """
    sums: list[Total] = []
    step = STEPS.get(resolution, 0) * _MINUTE_US or _DAY_US
    with opened(store, account, wanted=series.within) as query:
        if query is None:
            return []
        for rows, first, last in _windows(query, series):
            offset = _offset(zone, first, last) if step == _DAY_US else str(_SHIFT * step)
            for batch in query.execute(_SUMS.format(offset=offset, step=step, rows=rows)):
                for number, value, minutes, longest, quality in zip(
                    *(column.to_pylist() for column in batch.columns), strict=True
                ):
                    if longest * _MINUTE_US > step:
                        raise TooFineError(longest)
                    begin, day = _begin(number - _SHIFT, resolution, zone)
                    total = Total(begin, day, value, minutes, QUALITIES[quality])
                    if sums and sums[-1].begin == begin:  # a month goes on, or a day over the end of a window
                        sums[-1] = _joined(sums[-1], total)
                    elif len(sums) == limit:
                        return sums
                    else:
                        sums.append(total)
    return sums


def _begin(number: int, resolution: str, zone: tzinfo) -> tuple[datetime, date]:
    if resolution in STEPS:
        begin = from_microseconds(number * STEPS[resolution] * _MINUTE_US)
        return begin, begin.date()
    day = _EPOCH + timedelta(days=number)
    if resolution == "month":
        day = day.replace(day=1)
    return midnight(zone, day), day


def _joined(one: Total, other: Total) -> Total:
    worst = max(one.quality, other.quality, key=QUALITIES.index)
    return Total(one.begin, one.day, one.value + other.value, one.minutes + other.minutes, worst)


def _windows(query: Opened, series: Series) -> Iterator[tuple[str, datetime, datetime]]:
    """SQL for the rows of each part of the series, with its bounds: at most `WINDOW` long, in order."""
    alike = {
        "channel": query.alike(series.point, lambda extent: extent.channels),
        "minutes": query.alike(series.point, lambda extent: extent.minutes),
        "quality": query.alike(series.point, lambda extent: extent.qualities),
    }
    span = _within(query.span(series.point), series.begin, series.end)
    if span is None or alike["channel"] not in (None, series.channel):
        return
    where = f"point = {literal(series.point)}"
    if alike["channel"] is None:
        where += f" AND channel = {literal(series.channel)}"
    if span[1] - span[0] > WINDOW:
        # A file's extent is that of all its points: what this one has is asked of the engine.
        found = query.execute(f"SELECT min(start), max(start) FROM readings WHERE {_bounded(where, *span)}").read_all()
        low, high = (column.to_pylist()[0] for column in found.columns)
        if low is None:
            return
        span = (low, high + _JUST_AFTER)
    minutes, quality = alike["minutes"], alike["quality"]
    packed, template = _packed(minutes, quality), _LATEST if series.version == LATEST else _VERSION
    if template is _LATEST and minutes is not None and quality is not None:
        packed, template = str(minutes * 10 + QUALITIES.index(quality)), _LATEST_ALIKE
    first, last = span
    while first < last:
        following = min(first + WINDOW, last)
        bounded = _bounded(where, first, following)
        yield template.format(packed=packed, where=bounded, version=series.version), first, following
        first = following


def _packed(minutes: int | None, quality: str | None) -> str:
    """SQL for P: what all files agree on is not read from them."""
    worst = " ".join(f"WHEN {literal(name)} THEN {place}" for place, name in enumerate(QUALITIES))
    return _PACKED.format(
        minutes="CAST(minutes AS BIGINT)" if minutes is None else minutes,
        quality=f"CASE quality {worst} END" if quality is None else QUALITIES.index(quality),
    )


def _within(
    span: tuple[datetime, datetime] | None, begin: datetime | None, end: datetime | None
) -> tuple[datetime, datetime] | None:
    """What [begin, end) has in common with a span of which the last start is a part too, None where that is nothing."""
    if span is None:
        return None
    first = max(span[0], begin or span[0]).astimezone(UTC)
    last = min(span[1] + _JUST_AFTER, end or LAST + _JUST_AFTER)
    return (first, last) if first < last else None


def _bounded(where: str, first: datetime, last: datetime) -> str:
    return f"{where} AND start >= {instant(first)} AND start < {instant(last)}"


def _offset(zone: tzinfo, first: datetime, last: datetime) -> str:
    """SQL for what makes the instant `at` in [first, last) one of local time, in microseconds."""

    def chosen(known: list[tuple[datetime, timedelta]]) -> str:
        if len(known) == 1:
            return str(known[0][1] // timedelta(microseconds=1) + _SHIFT * _DAY_US)
        middle = len(known) // 2
        since = microseconds(known[middle][0])
        return f"CASE WHEN at < {since} THEN {chosen(known[:middle])} ELSE {chosen(known[middle:])} END"

    return chosen(offsets(zone, first, last))
