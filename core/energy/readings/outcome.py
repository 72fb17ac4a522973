"""What became of the readings of a file when they met each other, and those that the table held.

Every reading sent landed, or said what was said already, or gave way to another value:
sent = landed + duplicates + (conflicts - replaced).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from deltalake import QueryBuilder

from core.energy.readings.decimals import plain
from core.energy.readings.files import attach, literal, session
from core.energy.readings.rewrite import slices
from core.energy.readings.schema import KEY, RANK
from core.kernel.clock import rfc3339

FIRST = 20
"""Conflicts that are told one by one."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two values of one reading: which won, which gave way, and what decided."""

    point: str
    channel: str
    start: str
    version: int
    won: str
    lost: str
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """`landed` readings are in the table because of this file, `replaced` of them in the place of another value.

    `duplicates` say what is said already, in the file or in the table; `conflicts` are values that gave way, of the
    file or of the table, the first few of them in `first`.
    """

    landed: int
    duplicates: int = 0
    conflicts: int = 0
    replaced: int = 0
    first: list[dict[str, Any]] = field(default_factory=list)


class OverlapError(Exception):
    """Intervals of different lengths that share time. The message names both."""


_MINE = f"""
SELECT *, row_number() OVER (
    PARTITION BY {KEY} ORDER BY {RANK} DESC, received DESC, source DESC, line DESC
) AS place FROM new WHERE point BETWEEN {{first}} AND {{last}}
"""
# Each row of the result is a value that met another: a later and an earlier row of the file, or the file's and the
# table's. `file` says that both are the file's, `mine` that the file's is the one that wins.
_MET = f"""
WITH mine AS ({_MINE}), best AS (SELECT * FROM mine WHERE place = 1)
SELECT point, channel, start, version, best.value AS value, best.quality AS quality, other.value AS other_value,
    other.quality AS other_quality, true AS file, true AS mine
FROM best JOIN (SELECT * FROM mine WHERE place > 1) AS other USING ({KEY})
UNION ALL
SELECT point, channel, start, version, best.value, best.quality, other.value, other.quality, false,
    CASE WHEN best.rank <> other.rank THEN best.rank > other.rank
         WHEN best.received <> other.received THEN best.received > other.received
         ELSE best.source >= other.source END
FROM (SELECT *, {RANK} AS rank FROM best) AS best
JOIN (SELECT *, {RANK} AS rank FROM ({{old}}) WHERE point BETWEEN {{first}} AND {{last}}) AS other USING ({KEY})
"""
_COUNTS = """
SELECT count(CASE WHEN same THEN 1 END), count(CASE WHEN NOT same THEN 1 END),
    count(CASE WHEN NOT same AND NOT file AND mine THEN 1 END)
FROM (SELECT file, mine, value = other_value AND quality = other_quality AS same FROM ({met}))
"""
# Sorted and not filtered: the engine pushes a filter into both sides of the join, and finds none of a file's own.
_FIRST = """
SELECT *, value = other_value AND quality = other_quality AS same FROM ({met})
ORDER BY same, point, channel, start, version LIMIT {limit}
"""
_OVERLAP = """
SELECT new.point, new.channel, new.start, new.minutes, other.start, other.minutes, other.source
FROM (SELECT *, CAST(start AS BIGINT) AS at, CAST(start AS BIGINT) / 3600000000 AS hour FROM new) AS new
JOIN (SELECT *, CAST(start AS BIGINT) AS at, CAST(start AS BIGINT) / 3600000000 AS hour FROM ({old})) AS other
    ON new.point = other.point AND new.channel = other.channel AND new.hour = other.hour
WHERE new.minutes <> other.minutes AND new.at < other.at + CAST(other.minutes AS BIGINT) * 60000000
    AND other.at < new.at + CAST(new.minutes AS BIGINT) * 60000000
ORDER BY 1, 2, 3, 5 LIMIT 1
"""


def outcome(new: Path, old: Sequence[Path], sent: int) -> Outcome:
    """What becomes of the `sent` readings of a file that meets these files of the table."""
    query = session()
    attach(query, "new", new)
    tables = []
    for number, path in enumerate(old):
        attach(query, f"old{number}", path)
        tables.append(f"SELECT * FROM old{number}")
    held = " UNION ALL ".join(tables) or "SELECT * FROM new WHERE false"
    same = different = replaced = 0
    first: list[dict[str, Any]] = []
    for low, high in slices(query, "SELECT point FROM new"):
        met = _MET.format(first=literal(low), last=literal(high), old=held)
        counts = query.execute(_COUNTS.format(met=met)).read_all()
        found = [column.to_pylist()[0] for column in counts.columns]
        same, different, replaced = same + found[0], different + found[1], replaced + found[2]
        if found[1] and len(first) < FIRST:
            first += map(asdict, _conflicts(query, _FIRST.format(met=met, limit=FIRST - len(first))))
    landed = sent - same - (different - replaced)
    return Outcome(landed, same, different, replaced, first)


def _conflicts(query: QueryBuilder, sql: str) -> Iterator[Conflict]:
    rows = query.execute(sql).read_all()
    for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        point, channel, start, version, value, quality, other_value, other_quality, file, mine, same = row
        if same:
            return
        one, two = _said(value, quality), _said(other_value, other_quality)
        if file:
            why = "an estimate gives way" if _estimated(other_quality) > _estimated(quality) else "the later line wins"
        else:
            why = "an estimate gives way" if _estimated(quality) != _estimated(other_quality) else "the later file wins"
        won, lost = (one, two) if mine else (two, one)
        yield Conflict(point, channel, rfc3339(start), version, won, lost, why)


def _estimated(quality: str) -> bool:
    return quality == "estimated"


def _said(value: Decimal, quality: str) -> str:
    return f"{plain(value)} ({quality})"


def refuse_overlap(query: QueryBuilder, old: str) -> None:
    """Raise `OverlapError` when an interval of the table `new` shares time with a longer or shorter one of `old`."""
    rows = query.execute(_OVERLAP.format(old=old)).read_all()
    if not rows.num_rows:
        return
    point, channel, start, minutes, other, other_minutes, source = (column.to_pylist()[0] for column in rows.columns)
    raise OverlapError(
        f"{point} {channel}: the {minutes} minutes from {rfc3339(start)} overlap the {other_minutes} minutes from "
        f"{rfc3339(other)} (of {source}); no time is counted twice, so send one of them only"
    )
