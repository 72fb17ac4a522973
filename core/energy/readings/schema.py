"""The readings table: its columns, and how its Parquet files are written.

| column   | type                 | meaning |
| -------- | -------------------- | ------- |
| point    | string               | metering point, MPAN or NMI |
| start    | timestamp[us, UTC]   | start of the half hour |
| version  | int16                | 1 to 24; later settlement runs replace earlier ones |
| kwh      | decimal(18, 9)       | exact: nine digits before and nine after the point |
| source   | string               | the object the reading came from, without `incoming/{account}/` |
| received | timestamp[us, UTC]   | when that object was created |
| line     | int64                | the line in that object |

Every version of the table holds a reading (point, start, version) at most once; of several sent, the one with the
highest (received, source, line) is kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from arro3.core import DataType, Field, RecordBatchReader, Schema
from arro3.io import write_parquet

KWH_INTEGER_DIGITS = 9
KWH_DECIMALS = 9
MAX_VERSION = 24
FIRST = datetime(1900, 1, 1, tzinfo=UTC)
LAST = datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)
"""Starts of readings. Before, clocks were not off by whole half hours; after, 64-bit nanoseconds run out."""

POINT = DataType.string()
# Dictionaries in memory only: the table's own type is plain string, and no Arrow schema is stored in the files.
TEXT = DataType.dictionary(DataType.int32(), DataType.string())
TIME = DataType.timestamp("us", tz="UTC")
VERSION = DataType.int16()
KWH = DataType.decimal128(KWH_INTEGER_DIGITS + KWH_DECIMALS, KWH_DECIMALS)
LINE = DataType.int64()


def _schema(text: DataType) -> Schema:
    return Schema(
        [
            Field("point", text),
            Field("start", TIME),
            Field("version", VERSION),
            Field("kwh", KWH),
            Field("source", text),
            Field("received", TIME),
            Field("line", LINE),
        ]
    )


TABLE = _schema(DataType.string())
BATCH = _schema(TEXT)

# Neighbouring rows differ little in these, so deltas are smaller and cheaper than a dictionary.
_DELTA_ENCODED = ("start", "version", "received", "line")


def write_file(rows: RecordBatchReader, path: Path, *, rows_per_group: int = 1024 * 1024) -> None:
    """Write readings as one Parquet file, in constant memory."""
    write_parquet(
        rows,
        path,
        compression="zstd(1)",
        # A file has few sources, in long runs: cheaper to compress than to look up row by row in a dictionary.
        column_compression={"source": "lz4_raw"},
        skip_arrow_metadata=True,
        max_row_group_size=rows_per_group,
        column_dictionary_enabled=dict.fromkeys((*_DELTA_ENCODED, "source"), False),
        column_encoding=dict.fromkeys(_DELTA_ENCODED, "delta_binary_packed"),
    )
