"""Readings that a file has in parts, as day and night, or several registers of one meter: they are added up.

A channel that has parts is staged as `import/...`; the parts of one reading have one start, and become one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from arro3.compute import cast
from arro3.core import RecordBatch, RecordBatchReader

from core.energy.ingest.batches import Batches
from core.energy.ingest.source import Refused
from core.energy.readings.files import attach, literal, session
from core.energy.readings.rewrite import slices
from core.energy.readings.schema import BATCH, write_file

DIVIDER = "/"
# Of rows of one part and start the last one counts; of several qualities the worst.
_SUMS = """
SELECT point, split_part(channel, '/', 1) AS channel, start, minutes, version,
    TRY_CAST(sum(value) AS DECIMAL(18, 9)) AS value,
    CASE max(CASE quality WHEN 'estimated' THEN 2 WHEN 'substituted' THEN 1 ELSE 0 END)
        WHEN 2 THEN 'estimated' WHEN 1 THEN 'substituted' ELSE 'actual' END AS quality,
    min(source) AS source, min(received) AS received, max(line) AS line
FROM (
    SELECT *, row_number() OVER (PARTITION BY point, channel, start, version ORDER BY line DESC) AS place
    FROM staged WHERE point BETWEEN {first} AND {last}
) WHERE place = 1
GROUP BY point, split_part(channel, '/', 1), start, minutes, version
ORDER BY point, channel, version, start
"""
_PARTS = "SELECT DISTINCT split_part(channel, '/', 1) AS whole, channel FROM staged ORDER BY 1, 2"


def add_up(path: Path, batches: Batches) -> list[str]:
    """Make the parts of each reading in a staged file one; returns what was added, in words.

    Raises `Refused` where a sum is larger than any reading.
    """
    if not batches.parted:
        return []
    query = session()
    attach(query, "staged", path)
    whole: dict[str, list[str]] = {}
    for batch in query.execute(_PARTS):
        for channel, part in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            whole.setdefault(channel, []).append(part.partition(DIVIDER)[2])
    rows = 0
    too_large = False

    def sums() -> Iterator[RecordBatch]:
        nonlocal rows, too_large
        for first, last in slices(query, "SELECT point FROM staged"):
            for batch in query.execute(_SUMS.format(first=literal(first), last=literal(last))):
                if batch.column("value").null_count:
                    too_large = True
                    return
                rows += batch.num_rows
                columns = [cast(column, BATCH.field(at).type) for at, column in enumerate(batch.columns)]
                yield RecordBatch.from_arrays(columns, schema=BATCH)

    added = path.with_name(path.name + ".added")
    write_file(RecordBatchReader.from_batches(BATCH, sums()), added)
    if too_large:
        raise Refused("the registers of a reading have more than 999,999,999 kWh together; mend the file")
    added.replace(path)
    batches.became(rows)
    return [
        f"{channel} is what {' and '.join(part or 'its first register' for part in parts)} have together"
        for channel, parts in whole.items()
        if len(parts) > 1
    ]
