"""Merging Parquet files into files that are sorted by point and hold each reading once.

Memory stays bounded whatever the files' size: the rows are taken in slices of whole points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from arro3.core import RecordBatch, RecordBatchReader
from deltalake import QueryBuilder

from core.energy.readings.files import attach, literal, session
from core.energy.readings.schema import FORMER, KEY, RANK, TABLE, write_file

ROWS_PER_SLICE = 500_000
ROWS_PER_FILE = 4_000_000
# Small enough that one point's rows are found without reading its neighbours'.
ROWS_PER_GROUP = 128 * 1024

# The order of columns in ORDER BY is the rule of which reading wins: no estimate before another; then the later object,
# by creation, key and line. Clouds date objects to the second; of two objects of one key and second, the one that is
# ingested now (an earlier input) wins.
_SLICE = f"""
SELECT {", ".join(TABLE.names)} FROM (
    SELECT *, row_number() OVER (
        PARTITION BY {KEY} ORDER BY {RANK} DESC, received DESC, source DESC, input, line DESC
    ) AS place FROM ({{rows}}) WHERE point BETWEEN {{first}} AND {{last}}
) WHERE place = 1 ORDER BY {KEY}
"""


def merge_sorted(inputs: Sequence[Path], folder: Path, *, former: bool = False) -> list[Path]:
    """Write the readings of all inputs to new files in `folder`; where several hold a reading, one is kept.

    Of equal ones the earlier input's counts: give what is new first. `former` says that the inputs are files of a table
    as it was before.
    """
    query = session()
    for number, path in enumerate(inputs):
        attach(query, f"input{number}", path)
    tables = [
        f"({FORMER.format(table=f'input{number}')})" if former else f"input{number}" for number in range(len(inputs))
    ]
    rows = " UNION ALL ".join(f"SELECT *, {number} AS input FROM {table}" for number, table in enumerate(tables))
    batches = _batches(query, rows)
    outputs: list[Path] = []
    for first in batches:
        path = folder / f"sorted-{len(outputs)}.parquet"
        # Each batch holds a few thousand rows, so a file ends within one batch of its target.
        chosen = _until(first, batches, ROWS_PER_FILE)
        write_file(RecordBatchReader.from_batches(TABLE, chosen), path, rows_per_group=ROWS_PER_GROUP)
        outputs.append(path)
    return outputs


def _until(first: RecordBatch, rest: Iterator[RecordBatch], rows: int) -> Iterator[RecordBatch]:
    yield first
    written = first.num_rows
    while written < rows and (batch := next(rest, None)) is not None:
        written += batch.num_rows
        yield batch


def _batches(query: QueryBuilder, rows: str) -> Iterator[RecordBatch]:
    for first, last in slices(query, rows):
        for batch in query.execute(_SLICE.format(rows=rows, first=literal(first), last=literal(last))):
            columns = [column.cast(kind) for column, kind in zip(batch.columns, TABLE.types, strict=True)]
            yield RecordBatch.from_arrays(columns, schema=TABLE)


def slices(query: QueryBuilder, rows: str) -> Iterator[tuple[str, str]]:
    """Ranges of points with about `ROWS_PER_SLICE` rows each, in order; a single point is never divided.

    `rows` is a SQL query whose result has a column `point`.
    """
    counts = query.execute(f"SELECT point, count(*) FROM ({rows}) GROUP BY point ORDER BY point").read_all()
    first, last, held = "", "", 0
    for point, count in zip(counts.column(0).to_pylist(), counts.column(1).to_pylist(), strict=True):
        if held and held + count > ROWS_PER_SLICE:
            yield first, last
            held = 0
        first, last, held = (first if held else point), point, held + count
    if held:
        yield first, last
