"""Writing an account's readings of a period to one file, ordered and in constant memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Protocol, cast

from arro3.core import Field, RecordBatch, RecordBatchReader, Schema
from arro3.io import write_csv, write_parquet
from deltalake import QueryBuilder

from core.energy.readings.engine import failures
from core.energy.readings.files import instant, literal, session
from core.energy.readings.rewrite import slices
from core.energy.readings.schema import KEY, SMALL, STRING, TIME, VALUE
from core.energy.readings.table import ReadingsTable
from core.energy.readings.view import register
from core.kernel.store import Store

CSV, PARQUET = "csv", "parquet"
ROWS_PER_GROUP = 128 * 1024
# A CSV holds a number as it is written: without the zeros that fill up the table's nine decimals.
_VALUE = {CSV: "rtrim(rtrim(CAST(value AS VARCHAR), '0'), '.')", PARQUET: "value"}
_SCHEMA = {
    form: Schema(
        [
            Field("point", STRING),
            Field("channel", STRING),
            Field("start", TIME),
            Field("minutes", SMALL),
            Field("version", SMALL),
            Field("value", value),
            Field("unit", STRING),
            Field("quality", STRING),
        ]
    )
    for form, value in ((CSV, STRING), (PARQUET, VALUE))
}
_SLICE = f"""
SELECT point, channel, start, minutes, version, {{value}} AS value,
    CASE WHEN channel LIKE 'reactive-%' THEN 'kVArh' ELSE 'kWh' END AS unit, quality
FROM readings WHERE {{where}} AND point BETWEEN {{first}} AND {{last}} ORDER BY {KEY}
"""


class File(Protocol):
    def write(self, data: bytes, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Written:
    rows: int
    bytes: int


def write(
    store: Store, account: str, file: File, *, form: str, begin: datetime | None, end: datetime | None
) -> Written:
    """Write the readings in [begin, end), all channels and versions, ordered; they are of one moment.

    `form` is `csv` (long, as it is ingested) or `parquet`. None is no bound. Without readings the file has only its
    header. Raises `TrefoilError(UNAVAILABLE)` when the store fails; the file is not whole then.
    """
    output = _Output(file)
    rows = _Rows(store, account, form, begin, end)
    reader, target = RecordBatchReader.from_batches(_SCHEMA[form], rows), cast("IO[bytes]", output)
    with failures(f"readings/{account}"):
        if form == CSV:
            output.write(",".join(_SCHEMA[form].names).encode() + b"\n")  # arro3 writes none without rows
            write_csv(reader, target, header=False, timestamp_tz_format="%Y-%m-%dT%H:%M:%SZ")
        else:
            write_parquet(
                reader, target, compression="zstd(1)", skip_arrow_metadata=True, max_row_group_size=ROWS_PER_GROUP
            )
    return Written(rows.count, output.count)


class _Rows:
    """The readings in order, a batch at a time; `count` is how many have been taken."""

    def __init__(self, store: Store, account: str, form: str, begin: datetime | None, end: datetime | None) -> None:
        self._table = ReadingsTable(store, account).open()
        self._form = form
        bounds = [f"start >= {instant(begin)}"] if begin else []
        bounds += [f"start < {instant(end)}"] if end else []
        self._where = " AND ".join(bounds) or "true"
        self.count = 0

    def __iter__(self) -> Iterator[RecordBatch]:
        if self._table is None:
            return
        query: QueryBuilder = register(session(), self._table)
        schema = _SCHEMA[self._form]
        for first, last in slices(query, f"SELECT point FROM readings WHERE {self._where}"):
            slice_ = _SLICE.format(
                value=_VALUE[self._form], where=self._where, first=literal(first), last=literal(last)
            )
            for batch in query.execute(slice_):
                columns = [column.cast(kind) for column, kind in zip(batch.columns, schema.types, strict=True)]
                self.count += batch.num_rows
                yield RecordBatch.from_arrays(columns, schema=schema)


class _Output(io.RawIOBase):
    """A file as arro3 asks for one: it looks for `seek`, but only writes, and flushing does nothing before the end."""

    def __init__(self, file: File) -> None:
        self._file = file
        self.count = 0

    def write(self, data: Any) -> int:
        self.count += len(data)
        return self._file.write(data)
