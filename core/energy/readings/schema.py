"""The readings table: its columns, and how its Parquet files are written.

| column   | type                 | meaning |
| -------- | -------------------- | ------- |
| point    | string               | metering point (`core.energy.readings.points`) |
| channel  | string               | import, export (kWh), reactive-import, reactive-export (kVArh) |
| start    | timestamp[us, UTC]   | start of the interval, on the grid of its minutes |
| minutes  | int16                | how long the interval is: 5, 10, 15, 30 or 60 |
| version  | int16                | 1 to 24; later settlement runs replace earlier ones |
| value    | decimal(18, 9)       | exact: nine digits before and nine after the point |
| quality  | string               | actual, estimated, substituted |
| source   | string               | the object the reading came from, without `incoming/{account}/` |
| received | timestamp[us, UTC]   | when that object was created |
| line     | int64                | the line in that object |

Every version of the table holds a reading (point, channel, start, version) at most once; of several sent, any other
outranks an estimate, and among equals the one with the highest (received, source, line) is kept. Of one point and
channel no two intervals overlap, whatever their versions, unless they are the same interval.

Before 2026-11 the table had `kwh` for `value` and neither channel, minutes nor quality (`FORMER`): all was import, half
hours, actual. Such a table is read as it is, and its next change brings it to this form.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from arro3.core import DataType, Field, RecordBatchReader, Schema
from arro3.io import write_parquet

INTEGER_DIGITS = 9
DECIMALS = 9
FIRST = datetime(1900, 1, 1, tzinfo=UTC)
LAST = datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)
"""Starts of readings. Before, clocks were not off by whole half hours; after, 64-bit nanoseconds run out."""

STRING = DataType.string()
# Dictionaries in memory only: the table's own type is plain string, and no Arrow schema is stored in the files.
TEXT = DataType.dictionary(DataType.int32(), STRING)
TIME = DataType.timestamp("us", tz="UTC")
SMALL = DataType.int16()
VALUE = DataType.decimal128(INTEGER_DIGITS + DECIMALS, DECIMALS)
LINE = DataType.int64()

KEY = "point, channel, start, version"
"""What identifies a reading, as SQL."""
RANK = "(CASE WHEN quality = 'estimated' THEN 0 ELSE 1 END)"
"""SQL for what comes before the time of arrival: an estimate takes the place of nothing else."""
FORMER = """
SELECT point, 'import' AS channel, start, CAST(30 AS SMALLINT) AS minutes, version, kwh AS value, 'actual' AS quality,
    source, received, line
FROM {table}
"""
"""A table of before, as one of now."""


def _schema(text: DataType) -> Schema:
    return Schema(
        [
            Field("point", text),
            Field("channel", text),
            Field("start", TIME),
            Field("minutes", SMALL),
            Field("version", SMALL),
            Field("value", VALUE),
            Field("quality", text),
            Field("source", text),
            Field("received", TIME),
            Field("line", LINE),
        ]
    )


TABLE = _schema(STRING)
BATCH = _schema(TEXT)

# Neighbouring rows differ little in these, so deltas are smaller and cheaper than a dictionary.
_DELTA_ENCODED = ("start", "line")
# Few values in long runs: cheaper to compress than to take deltas of, or to look up row by row in a dictionary.
_RUNS = ("minutes", "version", "received")
_TEXT_RUNS = ("channel", "quality", "source")


def write_file(rows: RecordBatchReader, path: Path, *, rows_per_group: int = 1024 * 1024) -> None:
    """Write readings as one Parquet file, in constant memory."""
    write_parquet(
        rows,
        path,
        compression="zstd(1)",
        column_compression=dict.fromkeys(_TEXT_RUNS, "lz4_raw"),
        skip_arrow_metadata=True,
        max_row_group_size=rows_per_group,
        column_dictionary_enabled=dict.fromkeys((*_DELTA_ENCODED, *_RUNS, *_TEXT_RUNS), False),
        column_encoding=dict.fromkeys(_DELTA_ENCODED, "delta_binary_packed"),
    )
