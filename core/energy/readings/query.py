"""Questions to an account's readings table: which points it has, and the readings of one point."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from arro3.core import Table

from core.energy.readings.files import instant
from core.energy.readings.table import opened
from core.kernel.store import Store

LATEST = "latest"

# `latest` is the highest version of each half hour. Version and kWh are packed into one exact decimal, so that a
# plain max() finds both: |kWh| < 10^9, so 10^10 apart no kWh can outweigh a version. It takes half the time of
# last_value() or a window function on rows that are not sorted.
_LATEST = """
SELECT start, max(v + kwh) - max(v) AS kwh
FROM (
    SELECT start, kwh, CAST(version AS DECIMAL(4, 0)) * CAST(10000000000 AS DECIMAL(11, 0)) AS v
    FROM readings WHERE {where}
)
GROUP BY start ORDER BY start LIMIT {limit}
"""
_VERSION = "SELECT start, kwh FROM readings WHERE {where} AND version = {version} ORDER BY start LIMIT {limit}"


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
    where = [f"point = '{point}'"]
    if begin is not None:
        where.append(f"start >= {instant(begin)}")
    if end is not None:
        where.append(f"start < {instant(end)}")
    sql = _LATEST if version == LATEST else _VERSION
    with opened(store, account) as query:
        if query is None:
            return None
        return query.execute(sql.format(where=" AND ".join(where), version=version, limit=limit)).read_all()
