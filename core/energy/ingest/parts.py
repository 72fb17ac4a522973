"""Readings that a file has in parts, as day and night, or several registers of one meter: they are added up.

A channel that has parts is staged as `import/...`; the parts of one reading have one start, and become one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from arro3.compute import cast
from arro3.compute import filter as keep
from arro3.core import RecordBatch, RecordBatchReader

from core.energy.ingest.batches import Batches
from core.energy.ingest.source import Refused
from core.energy.ingest.times import SLOT_US
from core.energy.readings.files import attach, literal, session
from core.energy.readings.rewrite import slices
from core.energy.readings.schema import BATCH, write_file

DIVIDER = "/"
# Of rows of one part and start the last one counts; of several qualities the worst. Where a reading must have all
# parts, one without a part that its channel has before and after, be it in a row that was rejected, is left out.
_SUMS = """
WITH one AS (
    SELECT * FROM (
        SELECT *, split_part(channel, '/', 1) AS whole,
            row_number() OVER (PARTITION BY point, channel, start, version ORDER BY line DESC) AS place
        FROM staged WHERE point BETWEEN {first} AND {last}
    ) WHERE place = 1
), spans AS (
    SELECT point, whole, channel, min(begun) AS begun, max(ended) AS ended FROM (
        SELECT point, whole, channel, CAST(start AS BIGINT) AS begun, CAST(start AS BIGINT) AS ended FROM one
        {expected}
    ) GROUP BY point, whole, channel
), sums AS (
    SELECT point, whole, start, minutes, version, sum(value) AS value, count(*) AS there,
        max(CASE quality WHEN 'estimated' THEN 2 WHEN 'substituted' THEN 1 ELSE 0 END) AS quality,
        min(source) AS source, min(received) AS received, max(line) AS line
    FROM one GROUP BY point, whole, start, minutes, version
), wanted AS (
    SELECT sums.point, sums.whole, sums.start, sums.minutes, sums.version, count(*) AS wanted
    FROM sums JOIN spans ON sums.point = spans.point AND sums.whole = spans.whole
    WHERE CAST(sums.start AS BIGINT) BETWEEN spans.begun AND spans.ended
    GROUP BY sums.point, sums.whole, sums.start, sums.minutes, sums.version
)
SELECT point, whole AS channel, start, minutes, version, TRY_CAST(value AS DECIMAL(18, 9)) AS value,
    CASE quality WHEN 2 THEN 'estimated' WHEN 1 THEN 'substituted' ELSE 'actual' END AS quality,
    source, received, line, there >= wanted OR {any} AS complete
FROM sums JOIN wanted USING (point, whole, start, minutes, version)
ORDER BY point, channel, version, start
"""
_PARTS = "SELECT DISTINCT split_part(channel, '/', 1) AS whole, channel FROM staged ORDER BY 1, 2"


@dataclass(frozen=True, slots=True)
class Added:
    """What was added up, in words, and how many readings were left out, since a part of them was not there."""

    told: list[str]
    left_out: int = 0


def add_up(path: Path, batches: Batches, *, whole: bool) -> Added:
    """Make the parts of each reading in a staged file one. `whole` says that a reading must have all of its parts.

    Raises `Refused` where a sum is larger than any reading.
    """
    if not batches.parted:
        return Added([])
    query = session()
    attach(query, "staged", path)
    channels: dict[str, list[str]] = {}
    for batch in query.execute(_PARTS):
        for channel, part in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            channels.setdefault(channel, []).append(part.partition(DIVIDER)[2])
    rows = left_out = 0
    too_large = False

    def sums() -> Iterator[RecordBatch]:
        nonlocal rows, left_out, too_large
        for first, last in slices(query, "SELECT point FROM staged"):
            expected = _expected(batches, first, last)
            sql = _SUMS.format(first=literal(first), last=literal(last), expected=expected, any=not whole)
            for batch in query.execute(sql):
                if batch.column("value").null_count:
                    too_large = True
                    return
                *columns, complete = batch.columns
                columns = [keep(column, complete) for column in columns]
                left_out += batch.num_rows - len(columns[0])
                rows += len(columns[0])
                cast_ = [cast(column, BATCH.field(at).type) for at, column in enumerate(columns)]
                yield RecordBatch.from_arrays(cast_, schema=BATCH)

    added = path.with_name(path.name + ".added")
    write_file(RecordBatchReader.from_batches(BATCH, sums()), added)
    if too_large:
        raise Refused("the registers of a reading have more than 999,999,999 kWh together; mend the file")
    added.replace(path)
    batches.became(rows)
    told = [
        f"{channel} is what {' and '.join(part or 'its first register' for part in parts)} have together"
        for channel, parts in channels.items()
        if len(parts) > 1
    ]
    if left_out:
        told.append(
            f"{left_out} readings are left out, since one of the registers that they are added from has none then"
        )
    return Added(told, left_out)


def _expected(batches: Batches, first: str, last: str) -> str:
    """Rows of SQL for what the file has of the points from one to another, be it good or not."""
    return " ".join(
        f"UNION ALL SELECT {literal(point)}, {literal(channel.partition(DIVIDER)[0])}, {literal(channel)}, "
        f"CAST({begun * SLOT_US} AS BIGINT), CAST({ended * SLOT_US} AS BIGINT)"
        for (point, channel), (begun, ended) in batches.expected.items()
        if first <= point <= last
    )
