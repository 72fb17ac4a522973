"""Questions to an account's readings table: which points it has, and the readings of one point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from arro3.core import Field, Schema, Table

from core.energy.readings.files import instant
from core.energy.readings.periods import offsets
from core.energy.readings.schema import KWH, LAST, TIME
from core.energy.readings.table import Opened, opened
from core.kernel.clock import microseconds
from core.kernel.store import Store

LATEST = "latest"

WINDOW = timedelta(days=3653)
"""Readings of a point that are put together at once: memory does not grow with how long it has been read."""

# `latest` is the highest version of each half hour. Version and kWh are packed into one exact decimal, so that a
# plain max() finds both: |kWh| < 10^9, so 10^10 apart no kWh can outweigh a version. It takes half the time of
# last_value() or a window function on rows that are not sorted.
_LATEST = """
SELECT start, max(v + kwh) - max(v) AS kwh
FROM (
    SELECT start, kwh, CAST(version AS DECIMAL(4, 0)) * CAST(10000000000 AS DECIMAL(11, 0)) AS v
    FROM readings WHERE {where}
)
GROUP BY start
"""
_VERSION = "SELECT start, kwh FROM readings WHERE {where} AND version = {version}"
_DAYS = """
SELECT (at + {offset}) / {day} AS day, sum(kwh) AS kwh
FROM (SELECT CAST(start AS BIGINT) AS at, kwh FROM ({rows}))
GROUP BY day ORDER BY day
"""
_DAY_US = 24 * 60 * 60 * 1_000_000
# Added before the division, which rounds towards zero, and taken off again after it: there are days before 1970.
_SHIFT = 1_000_000
_EPOCH = date(1970, 1, 1)
_JUST_AFTER = timedelta(microseconds=1)
_SCHEMA = Schema([Field("start", TIME), Field("kwh", KWH)])


@dataclass(frozen=True, slots=True)
class PointSummary:
    """A point of an account: its first and last half hour, and how many rows (over all versions) it has."""

    point: str
    first: datetime
    last: datetime
    rows: int


def points(store: Store, account: str) -> list[PointSummary]:
    """The account's points, ordered; empty when it has no readings."""
    with opened(store, account) as query:
        if query is None:
            return []
        rows = query.execute(
            "SELECT point, min(start), max(start), count(*) FROM readings GROUP BY point ORDER BY point"
        ).read_all()
        return [PointSummary(*row) for row in zip(*(column.to_pylist() for column in rows.columns), strict=True)]


def readings(
    store: Store,
    account: str,
    *,
    point: str,
    begin: datetime | None,
    end: datetime | None,
    version: int | str = LATEST,
    limit: int,
) -> Table | None:
    """Start and kWh (decimal, exact) of one point's half hours in [begin, end), at `latest` or one version, by start.

    At most `limit` rows, the earliest; None when the account has no readings table. `point` is a valid point id.
    """
    with opened(store, account) as query:
        if query is None:
            return None
        tables: list[Table] = []
        left = limit
        for first, last in _windows(query, point, begin, end):
            rows = _rows(point, first, last, version)
            tables.append(query.execute(f"{rows} ORDER BY start LIMIT {left}").read_all())
            left -= tables[-1].num_rows
            if not left:
                break
        if not tables:
            return Table.from_batches([], schema=_SCHEMA)
        return Table.from_batches([batch for table in tables for batch in table.to_batches()], schema=tables[0].schema)


def totals(
    store: Store,
    account: str,
    *,
    point: str,
    begin: datetime | None,
    end: datetime | None,
    version: int | str = LATEST,
    resolution: str,
    limit: int,
) -> list[tuple[date, Decimal]]:
    """Sums of what `readings` gives, for each settlement `day` or `month` that has any: its first day and kWh, exact.

    At most `limit` of them, the earliest, ordered.
    """
    sums: list[tuple[date, Decimal]] = []
    with opened(store, account) as query:
        if query is None:
            return []
        for first, last in _windows(query, point, begin, end):
            rows = _rows(point, first, last, version)
            for batch in query.execute(_DAYS.format(offset=_offset(first, last), day=_DAY_US, rows=rows)):
                for number, kwh in zip(batch.column("day").to_pylist(), batch.column("kwh").to_pylist(), strict=True):
                    day = _EPOCH + timedelta(days=number - _SHIFT)
                    period = day if resolution == "day" else day.replace(day=1)
                    if sums and sums[-1][0] == period:  # a month goes on, or a day over the end of a window
                        sums[-1] = (period, sums[-1][1] + kwh)
                    elif len(sums) == limit:
                        return sums
                    else:
                        sums.append((period, kwh))
    return sums


def _windows(
    query: Opened, point: str, begin: datetime | None, end: datetime | None
) -> Iterator[tuple[datetime, datetime]]:
    """The parts, at most `WINDOW` long and in order, of [begin, end) as far as the point may have readings."""
    span = _within(query.span(point), begin, end)
    if span is not None and span[1] - span[0] > WINDOW:
        # A file's extent is that of all its points: what this one has is asked of the engine.
        where = _where(point, *span)
        found = query.execute(f"SELECT min(start), max(start) FROM readings WHERE {where}").read_all()
        low, high = (column.to_pylist()[0] for column in found.columns)
        span = None if low is None else (low, high + _JUST_AFTER)
    if span is None:
        return
    first, last = span
    while first < last:
        following = min(first + WINDOW, last)
        yield first, following
        first = following


def _within(
    span: tuple[datetime, datetime] | None, begin: datetime | None, end: datetime | None
) -> tuple[datetime, datetime] | None:
    """What [begin, end) has in common with a span of which the last start is a part too, None where that is nothing."""
    if span is None:
        return None
    first = max(span[0], begin or span[0]).astimezone(UTC)
    last = min(span[1] + _JUST_AFTER, end or LAST + _JUST_AFTER)
    return (first, last) if first < last else None


def _where(point: str, first: datetime, last: datetime) -> str:
    return f"point = '{point}' AND start >= {instant(first)} AND start < {instant(last)}"


def _rows(point: str, first: datetime, last: datetime, version: int | str) -> str:
    return (_LATEST if version == LATEST else _VERSION).format(where=_where(point, first, last), version=version)


def _offset(first: datetime, last: datetime) -> str:
    """SQL for what makes the instant `at` in [first, last) one of local time, in microseconds."""

    def chosen(known: list[tuple[datetime, timedelta]]) -> str:
        if len(known) == 1:
            return str(known[0][1] // timedelta(microseconds=1) + _SHIFT * _DAY_US)
        middle = len(known) // 2
        since = microseconds(known[middle][0])
        return f"CASE WHEN at < {since} THEN {chosen(known[:middle])} ELSE {chosen(known[middle:])} END"

    return chosen(offsets(first, last))
