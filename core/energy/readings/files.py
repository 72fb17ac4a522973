"""Parquet data files of the readings table: what one holds, and which of them could hold the same reading."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import QueryBuilder

from core.energy.readings.reading import ACTUAL, HALF_HOUR, IMPORT
from core.kernel.clock import microseconds

EDGES = ("point", "channel", "start", "minutes", "version", "quality")
"""The columns of which a file's smallest and largest value are known."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Extent:
    """The box around a file's readings: the smallest and largest of each. Two files share none but where boxes meet."""

    rows: int
    points: tuple[str, str]
    channels: tuple[str, str]
    starts: tuple[datetime, datetime]
    minutes: tuple[int, int]
    versions: tuple[int, int]
    qualities: tuple[str, str]

    def meets(self, other: Extent) -> bool:
        """Whether both may hold one reading."""
        return (
            _overlap(self.points, other.points)
            and _overlap(self.channels, other.channels)
            and _overlap(self.starts, other.starts)
            and _overlap(self.versions, other.versions)
        )

    def may_hold(self, point: str) -> bool:
        """Whether readings of a point may be in it."""
        return self.points[0] <= point <= self.points[1]

    def crosses(self, other: Extent) -> bool:
        """Whether an interval of one may overlap a shorter or longer one of the other; none is longer than an hour."""
        if self.minutes == other.minutes and self.minutes[0] == self.minutes[1]:
            return False
        first, last = self.starts
        near = (first - _HOUR if first.year > 1 else first, last + _HOUR if last.year < MAXYEAR else last)
        return (
            _overlap(self.points, other.points)
            and _overlap(self.channels, other.channels)
            and _overlap(near, other.starts)
        )

    def predicate(self) -> str:
        """The box as a SQL condition."""
        first, last = map(instant, self.starts)
        return (
            f"point BETWEEN {literal(self.points[0])} AND {literal(self.points[1])} "
            f"AND start BETWEEN {first} AND {last} "
            f"AND version BETWEEN {self.versions[0]} AND {self.versions[1]}"
        )

    def stats(self) -> str:
        """The statistics of a Delta Lake `add` action, by which every engine skips files."""

        def edge(side: int) -> dict[str, Any]:
            start = self.starts[side].astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            values = (self.points, self.channels, (start, start), self.minutes, self.versions, self.qualities)
            return {name: value[side] for name, value in zip(EDGES, values, strict=True)}

        counts = {"numRecords": self.rows, "nullCount": dict.fromkeys(EDGES, 0)}
        return json.dumps({**counts, "minValues": edge(0), "maxValues": edge(1)})


@dataclass(frozen=True, slots=True)
class DataFile:
    """A live file of a table, by its name in the table's log."""

    path: str
    size: int
    extent: Extent

    @property
    def name(self) -> str:
        """Its key below the table's."""
        return unquote(self.path)


_TEXT = ("", "\U0010ffff")
_NUMBER = (-(2**15), 2**15 - 1)
_TIME = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
_ANYTHING: dict[str, tuple[Any, Any]] = dict(zip(EDGES, (_TEXT, _TEXT, _TIME, _NUMBER, _NUMBER, _TEXT), strict=True))
_OF_FORMER: dict[str, tuple[Any, Any]] = {
    "channel": (IMPORT, IMPORT),
    "minutes": (HALF_HOUR, HALF_HOUR),
    "quality": (ACTUAL, ACTUAL),
}


def widest(*, former: bool) -> dict[str, tuple[Any, Any]]:
    """By column, what a file may hold whose writer left no statistics."""
    return _ANYTHING | (_OF_FORMER if former else {})


def _overlap(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    return bool(one[0] <= other[1] and other[0] <= one[1])


def literal(text: str) -> str:
    """A SQL literal of a text."""
    return "'" + text.replace("'", "''") + "'"


def instant(moment: datetime) -> str:
    """A SQL literal of the table's time type. (Text would be read as nanoseconds, which end in 2262.)"""
    return f"arrow_cast({microseconds(moment)}, 'Timestamp(Microsecond, Some(\"UTC\"))')"


def session() -> QueryBuilder:
    """A query session on one core: jobs are billed by CPU seconds, and one core keeps memory small."""
    return QueryBuilder({"datafusion.execution.target_partitions": "1"})


def attach(query: QueryBuilder, name: str, path: Path) -> None:
    """Make a local Parquet file known to a session as the table `name`."""
    query.execute(f"CREATE EXTERNAL TABLE {name} STORED AS PARQUET LOCATION {literal(str(path))}").read_all()


def measure(path: Path) -> Extent | None:
    """The extent of a local Parquet file, or None when it has no rows."""
    query = session()
    attach(query, "readings", path)
    edges = ", ".join(f"min({name}), max({name})" for name in EDGES)
    row = query.execute(f"SELECT count(*), {edges} FROM readings").read_all()
    rows, *found = (column.to_pylist()[0] for column in row.columns)
    if not rows:
        return None
    return Extent(rows, *zip(found[::2], found[1::2], strict=True))
