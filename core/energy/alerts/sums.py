"""What an account took on its settlement days, of all its points together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from core.energy.alerts.days import WINDOW
from core.energy.readings.files import Extent, instant, literal
from core.energy.readings.periods import midnight, minutes_between
from core.energy.readings.query import Part, Series, parts
from core.energy.readings.reading import ESTIMATED, IMPORT, QUALITIES
from core.energy.readings.view import Opened, opened
from core.kernel.store import Store

GONE = timedelta(days=7)
"""A point of which nothing was read for so long before a day is not expected on it any more."""
BACK = timedelta(days=2 * WINDOW + 2)
"""How far before a morning a reading may lie that says something of the days looked at, in any zone."""
_DAY = timedelta(days=1)

MOST = 3
"""Points that an alert names."""

_SUMS = f"sum(value), sum(value) FILTER (WHERE p % 10 = {QUALITIES.index(ESTIMATED)}), sum(p / 10 % 1000)"


@dataclass(frozen=True, slots=True)
class PointDay:
    """What a point took on a day in kWh, how much of it is estimated, and the minutes of which nothing was read."""

    point: str
    kwh: Decimal
    estimated: Decimal
    missing: int


@dataclass(frozen=True, slots=True)
class Day:
    """What all points took on a day, each by its own clock; the points are ordered by name."""

    day: date
    points: Sequence[PointDay]

    @property
    def kwh(self) -> Decimal:
        return sum((one.kwh for one in self.points), Decimal())

    @property
    def estimated(self) -> Decimal:
        return sum((one.estimated for one in self.points), Decimal())

    @property
    def missing(self) -> int:
        return sum(one.missing for one in self.points)

    @property
    def most(self) -> list[PointDay]:
        """The points that took most; the first of equals by name."""
        took = [one for one in self.points if one.kwh > 0]
        return sorted(took, key=lambda one: (-one.kwh, one.point))[:MOST]

    @property
    def complete(self) -> bool:
        """Whether points are known, and every minute of all of them."""
        return bool(self.points) and not self.missing


@dataclass(frozen=True, slots=True)
class Recent:
    """An account's readings of what it took, by one version of its table: those that say something of recent days."""

    _table: Opened | None
    _spans: Mapping[str, tuple[datetime, datetime]]
    """Of each point the first and last start."""
    _zones: Mapping[str, tzinfo]

    @property
    def zones(self) -> set[tzinfo]:
        """By which the points are settled; where there is none, UTC."""
        return set(self._zones.values()) or {UTC}

    def of(self, day: date) -> Day:
        """What all points took on a day, which is one of the `WINDOW` newest that are over."""
        by_zone: dict[tzinfo, list[str]] = {}
        for point, (first, last) in sorted(self._spans.items()):
            begin, end = _bounds(day, self._zones[point])
            if first < end and last >= begin - GONE:
                by_zone.setdefault(self._zones[point], []).append(point)
        found = [one for zone, points in by_zone.items() for one in self._points(points, *_bounds(day, zone), zone)]
        return Day(day, sorted(found, key=lambda one: one.point))

    def _points(self, points: Sequence[str], begin: datetime, end: datetime, zone: tzinfo) -> Iterator[PointDay]:
        if self._table is None:
            return
        series = [Series(point, IMPORT, begin, end, zone=zone) for point in points]
        found = {point: sums for part in parts(self._table, series) for point, *sums in _summed(self._table, part)}
        for point in points:
            kwh, estimated, minutes = found.get(point, (None, None, None))
            missing = max(0, minutes_between(begin, end) - (minutes or 0))
            yield PointDay(point, kwh or Decimal(), estimated or Decimal(), missing)


@contextmanager
def recent(store: Store, account: str, at: datetime, zone_of: Callable[[str], tzinfo]) -> Iterator[Recent]:
    """The readings of the days before an instant. Raises `TrefoilError(UNAVAILABLE)`."""
    begin = (at - BACK).astimezone(UTC)

    def near(extent: Extent) -> bool:
        first, last = extent.starts
        return begin <= last and first < at

    with opened(store, account, wanted=near) as table:
        spans = _spans(table, begin, at) if table else {}
        yield Recent(table, spans, {point: zone_of(point) for point in spans})


def _spans(table: Opened, begin: datetime, end: datetime) -> dict[str, tuple[datetime, datetime]]:
    """The points that have readings of what they took in [begin, end), each with the first and last start."""
    rows = table.execute(
        f"SELECT point, min(start), max(start) FROM readings WHERE channel = {literal(IMPORT)} "
        f"AND start >= {instant(begin)} AND start < {instant(end.astimezone(UTC))} GROUP BY point"
    ).read_all()
    columns = (column.to_pylist() for column in rows.columns)
    return {point: (first, last) for point, first, last in zip(*columns, strict=True)}


def _summed(table: Opened, part: Part) -> Iterator[tuple[Any, ...]]:
    """Of each point its name, what it took, what of it is estimated, and the minutes that were read."""
    one = len(part.points) == 1
    point, grouped = (literal(part.points[0]), "") if one else ("point", " GROUP BY point")
    rows = table.execute(f"SELECT {point}, {_SUMS} FROM ({part.rows}){grouped}").read_all()
    return zip(*(column.to_pylist() for column in rows.columns), strict=True)


def _bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    return midnight(zone, day).astimezone(UTC), midnight(zone, day + _DAY).astimezone(UTC)
