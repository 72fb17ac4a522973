"""Parquet data files of the readings table: what one holds, and which of them could hold the same reading."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deltalake import QueryBuilder

from core.kernel.clock import microseconds


@dataclass(frozen=True, slots=True)
class Extent:
    """The box around a file's readings; two files can share a reading only where their boxes meet."""

    rows: int
    points: tuple[str, str]
    starts: tuple[datetime, datetime]
    versions: tuple[int, int]

    def meets(self, other: Extent) -> bool:
        return (
            _overlap(self.points, other.points)
            and _overlap(self.starts, other.starts)
            and _overlap(self.versions, other.versions)
        )

    def predicate(self) -> str:
        """The box as a SQL condition."""
        first, last = map(instant, self.starts)
        return (
            f"point BETWEEN '{self.points[0]}' AND '{self.points[1]}' "
            f"AND start BETWEEN {first} AND {last} "
            f"AND version BETWEEN {self.versions[0]} AND {self.versions[1]}"
        )

    def stats(self) -> str:
        """The statistics of a Delta Lake `add` action, by which every engine skips files."""

        def edge(side: int) -> dict[str, str | int]:
            start = self.starts[side].astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            return {"point": self.points[side], "start": start, "version": self.versions[side]}

        nulls = {"point": 0, "start": 0, "version": 0}
        return json.dumps({"numRecords": self.rows, "minValues": edge(0), "maxValues": edge(1), "nullCount": nulls})


def _overlap(one: tuple[object, object], other: tuple[object, object]) -> bool:
    return bool(one[0] <= other[1] and other[0] <= one[1])  # type: ignore[operator]


def instant(moment: datetime) -> str:
    """A SQL literal of the table's time type. (Text would be read as nanoseconds, which end in 2262.)"""
    return f"arrow_cast({microseconds(moment)}, 'Timestamp(Microsecond, Some(\"UTC\"))')"


def session() -> QueryBuilder:
    """A query session on one core: jobs are billed by CPU seconds, and one core keeps memory small."""
    return QueryBuilder({"datafusion.execution.target_partitions": "1"})


def attach(query: QueryBuilder, name: str, path: Path) -> None:
    """Make a local Parquet file known to a session as the table `name`."""
    location = str(path).replace("'", "''")
    query.execute(f"CREATE EXTERNAL TABLE {name} STORED AS PARQUET LOCATION '{location}'").read_all()


def measure(path: Path) -> Extent | None:
    """The extent of a local Parquet file, or None when it has no rows."""
    query = session()
    attach(query, "readings", path)
    row = query.execute(
        "SELECT count(*), min(point), max(point), min(start), max(start), min(version), max(version) FROM readings"
    ).read_all()
    rows, low_point, high_point, low_start, high_start, low_version, high_version = (
        column.to_pylist()[0] for column in row.columns
    )
    if not rows:
        return None
    return Extent(rows, (low_point, high_point), (low_start, high_start), (low_version, high_version))
