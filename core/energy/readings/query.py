"""Questions to an account's readings table: which points it has, and the readings of points, as SQL in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from arro3.core import DataType, Field, Schema, Table

from core.energy.readings.files import Extent, instant, literal
from core.energy.readings.periods import midnight
from core.energy.readings.reading import IMPORT, MINUTES, QUALITIES
from core.energy.readings.schema import LAST, TIME, VALUE
from core.energy.readings.view import Opened, opened
from core.kernel.store import Store

LATEST = "latest"

WINDOW = timedelta(days=3653)
"""Readings of a point that are put together at once: memory does not grow with how long it has been read."""
AT_ONCE = WINDOW // timedelta(minutes=min(MINUTES))
"""Intervals that are put together at once: so many as a point can have in a `WINDOW`, or several points in less."""

# `latest` is the highest version of each interval. What an interval's row says besides its value is packed into a
# whole number P, version first, and with the value into one exact decimal, P * 10^10 + value. Since |value| < 10^9, no
# value can outweigh P, and one plain max() finds all of it; with half of 10^10 added, P is what stands before the last
# ten digits. It takes half the time of last_value() or a window function on rows that are not sorted. P is multiplied
# before it becomes a decimal, since decimals are slow. An interval has the same minutes in each version, since no two
# that overlap differ in length.
_APART, _HALF = "CAST(10000000000 AS DECIMAL(11, 0))", "CAST(5000000000 AS DECIMAL(10, 0))"
_LATEST = f"""
SELECT {{keys}}, m % {_APART} - {_HALF} AS value, {{unpacked}} AS p
FROM (
    SELECT {{keys}}, max(CAST(({{packed}}) * 10000000000 AS DECIMAL(25, 9)) + value) + {_HALF} AS m
    FROM readings WHERE {{where}} GROUP BY {{keys}}
)
"""
_UNPACKED = f"CAST(m / {_APART} AS BIGINT)"
_ROWS = "SELECT {keys}, value, {packed} AS p FROM readings WHERE {where}"
_TYPED = "SELECT start, value, p / 10 % 1000 AS minutes, p % 10 AS quality FROM ({rows}) ORDER BY start LIMIT {limit}"
_JUST_AFTER = timedelta(microseconds=1)
_SCHEMA = Schema(
    [
        Field("start", TIME),
        Field("value", VALUE),
        Field("minutes", DataType.int64()),
        Field("quality", DataType.int64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Series:
    """What is asked for: one point's channel in [begin, end), at `latest` or one version; periods are the zone's."""

    point: str
    channel: str = IMPORT
    begin: datetime | None = None
    end: datetime | None = None
    version: int | str = LATEST
    zone: tzinfo = UTC

    def within(self, extent: Extent) -> bool:
        """Whether readings of it may be in a file of that box."""
        first, last = extent.starts
        return (
            extent.may_hold(self.point)
            and (self.begin is None or self.begin <= last)
            and (self.end is None or first < self.end)
        )


@dataclass(frozen=True, slots=True)
class Part:
    """Readings of [first, last) that are put together at once: SQL for rows of `keys`, `value` and `p`, unordered.

    `p / 10 % 1000` are an interval's minutes and `p % 10` is the place of its quality, which are known beforehand
    where all agree on them. `keys` are `start`, or `point, start` when there are several points.
    """

    points: Sequence[str]
    first: datetime
    last: datetime
    keys: str
    rows: str
    minutes: int | None
    quality: str | None


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
        return ([], None) if query is None else (channels_of(query), query.version)


def channels_of(query: Opened, points: Sequence[str] = (), *, before: datetime | None = None) -> list[ChannelSummary]:
    """The channels of these points, of all where none is named, ordered, by their readings that begin before a moment.

    It looks at every row, but only at what names it.
    """
    known = query.alike(None, lambda extent: extent.channels)
    where = [*([_among(points)] if points else []), *([f"start < {instant(before)}"] if before else [])]
    keys = "point, channel" if known is None else "point"
    chosen = f"WHERE {' AND '.join(where)} " if where else ""
    sql = f"SELECT {keys}, min(start), max(start) FROM readings {chosen}GROUP BY {keys} ORDER BY {keys}"
    rows = zip(*(column.to_pylist() for column in query.execute(sql).read_all().columns), strict=True)
    return [ChannelSummary(point, *([known] if known else []), *more) for point, *more in rows]


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


def names(query: Opened) -> list[str]:
    """The names of all points, ordered."""
    found: list[str] = query.execute("SELECT point FROM readings GROUP BY point").read_all().column(0).to_pylist()
    return sorted(found)


def readings(store: Store, account: str, series: Series, *, limit: int, table: int | None = None) -> Table | None:
    """The series as recorded: `start`, `value` (decimal, exact), `minutes`, `quality` (its place in `QUALITIES`).

    By start; at most `limit`, the earliest, of a version of the `table`. None when the account has no readings table.
    """
    tables: list[Table] = []
    with opened(store, account, table, wanted=series.within) as query:
        if query is None:
            return None
        for part in parts(query, [series]):
            tables.append(query.execute(_TYPED.format(rows=part.rows, limit=limit)).read_all())
            limit -= tables[-1].num_rows
            if not limit:
                break
    if not tables:
        return Table.from_batches([], schema=_SCHEMA)
    return Table.from_batches([batch for table in tables for batch in table.to_batches()], schema=tables[0].schema)


def parts(query: Opened, series: Sequence[Series], *, every: Sequence[str] = (), most: int = AT_ONCE) -> Iterator[Part]:
    """SQL for the rows of series that differ in nothing but the point, ordered by it; a point's parts are in order.

    `every` are the names of all points of the table, where these are known, and the series are of successive ones. Of
    several points a part has no more than can have `most` intervals; of one, no more than a `WINDOW`, which ends where
    a month does.
    """
    spans = [(one, span) for one in series if (span := _within(query.span(one.point), one.begin, one.end))]
    while spans:
        first, last = min(span[0] for _, span in spans), max(span[1] for _, span in spans)
        minutes = _alike(query, [one for one, _ in spans], lambda extent: extent.minutes) or min(MINUTES)
        count = max(1, most // ((last - first) // timedelta(minutes=minutes) + 1)) if last - first <= WINDOW else 1
        together, spans = spans[:count], spans[count:]
        first, last = min(span[0] for _, span in together), max(span[1] for _, span in together)
        yield from _of([one for one, _ in together], first, last, query, every)


def _of(
    series: Sequence[Series], first: datetime, last: datetime, query: Opened, every: Sequence[str]
) -> Iterator[Part]:
    asked, points = series[0], [one.point for one in series]
    channel = _alike(query, series, lambda extent: extent.channels)
    if channel not in (None, asked.channel):
        return
    where = [*_whose(points, every), *([] if channel else [f"channel = {literal(asked.channel)}"])]
    if last - first > WINDOW:
        # A file's extent is that of all its points: what this one has is asked of the engine.
        bounded = " AND ".join([*where, *_bounds(first, last)])
        found = query.execute(f"SELECT min(start), max(start) FROM readings WHERE {bounded}").read_all()
        low, high = (column.to_pylist()[0] for column in found.columns)
        if low is None:
            return
        first, last = low, high + _JUST_AFTER
    minutes = _alike(query, series, lambda extent: extent.minutes)
    quality = _alike(query, series, lambda extent: extent.qualities)
    version = _alike(query, series, lambda extent: extent.versions)
    if version is None and asked.version != LATEST:
        where.append(f"version = {asked.version}")
    elif version is not None and asked.version not in (LATEST, version):
        return
    keys = "start" if len(points) == 1 else "point, start"
    # Of one version each interval has one row: there is nothing to choose.
    template = _LATEST if version is None and asked.version == LATEST else _ROWS
    packed, unpacked = _packed(minutes, quality), _UNPACKED
    if minutes is not None and quality is not None:
        unpacked = str(minutes * 10 + QUALITIES.index(quality))
        packed = "CAST(version AS BIGINT)" if template is _LATEST else unpacked
    while first < last:
        # A window ends where a month begins, so that no period has a part in two.
        following = midnight(asked.zone, (first + WINDOW).astimezone(asked.zone).date().replace(day=1)).astimezone(UTC)
        following = last if last - first <= WINDOW else following
        bounded = " AND ".join([*where, *_bounds(first, following)])
        rows = template.format(keys=keys, packed=packed, unpacked=unpacked, where=bounded)
        yield Part(points, first, following, keys, rows, minutes, quality)
        first = following


def _alike(query: Opened, series: Sequence[Series], column: Callable[[Extent], tuple[Any, Any]]) -> Any | None:
    """What a column has in every row of these points, None where that is not known."""
    found = {query.alike(one.point, column) for one in series}
    return found.pop() if len(found) == 1 else None


def _whose(points: Sequence[str], every: Sequence[str]) -> list[str]:
    """What is true of the rows of these points only: as little as possible, since it is asked of every row."""
    if len(points) == 1:
        return [f"point = {literal(points[0])}"]
    if len(points) == len(every):
        return []
    if every:
        return [f"point BETWEEN {literal(points[0])} AND {literal(points[-1])}"]
    return [_among(points)]


def _among(points: Sequence[str]) -> str:
    return f"point IN ({', '.join(map(literal, points))})"


def _packed(minutes: int | None, quality: str | None) -> str:
    """SQL for P: what all files agree on is not read from them."""
    worst = " ".join(f"WHEN {literal(name)} THEN {place}" for place, name in enumerate(QUALITIES))
    length = "CAST(minutes AS BIGINT)" if minutes is None else minutes
    place = f"CASE quality {worst} END" if quality is None else QUALITIES.index(quality)
    return f"CAST(version AS BIGINT) * 10000 + {length} * 10 + {place}"


def _within(
    span: tuple[datetime, datetime] | None, begin: datetime | None, end: datetime | None
) -> tuple[datetime, datetime] | None:
    """What [begin, end) has in common with a span of which the last start is a part too, None where that is nothing."""
    if span is None:
        return None
    first = max(span[0], begin or span[0]).astimezone(UTC)
    last = min(span[1] + _JUST_AFTER, end or LAST + _JUST_AFTER).astimezone(UTC)
    return (first, last) if first < last else None


def _bounds(first: datetime, last: datetime) -> tuple[str, str]:
    return f"start >= {instant(first)}", f"start < {instant(last)}"
