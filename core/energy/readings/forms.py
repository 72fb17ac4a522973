"""A page of readings as JSON, CSV or Arrow: of one point by itself, of several with the point of each."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from core.energy.readings.answers import Found

ARROW = "application/vnd.apache.arrow.stream"
_COLUMNS = ("start", "minutes", "value", "quality", "missing")


def as_json(found: Sequence[Found], about: dict[str, Any], following: str | None, *, several: bool) -> bytes:
    """Columns: of one point beside what is said `about` them, of several as `series`."""
    if several:
        series = [{"point": one.point, **_columns(one)} for one in found]
        return msgspec.json.encode({**about, "series": series, "next": following})
    return msgspec.json.encode({"point": found[0].point, **about, **_columns(found[0]), "next": following})


def _columns(one: Found) -> dict[str, Any]:
    # A JSON number may have more digits than a float keeps: what the engine wrote stands as it is.
    values = msgspec.Raw(f"[{','.join(one.value)}]".encode())
    return {**{name: getattr(one, name) for name in _COLUMNS}, "value": values}


def as_csv(found: Sequence[Found], *, several: bool) -> bytes:
    """A row for each value, with the point before it when there are several."""
    lines = [",".join([*(["point"] if several else []), *_COLUMNS])]
    for one in found:
        before = f"{one.point}," if several else ""
        columns = (one.start, one.minutes, one.value, one.quality, one.missing)
        lines += [
            f"{before}{start},{minutes},{value},{quality},{missing}"
            for start, minutes, value, quality, missing in zip(*columns, strict=True)
        ]
    return ("\n".join(lines) + "\n").encode()


def as_arrow(found: Sequence[Found], *, several: bool) -> bytes:
    """An Arrow IPC stream: `start`, `quality` (text), `minutes`, `missing` (int32), `value` (decimal, nine places).

    Of several points it begins with `point` (text).
    """
    from arro3.compute import cast
    from arro3.core import Array, DataType, Field, RecordBatch, Schema
    from arro3.io import write_ipc_stream

    decimal, text, whole = DataType.decimal128(38, 9), DataType.string(), DataType.int32()
    columns = {"point": Array([one.point for one in found for _ in one.start], text)} if several else {}
    for name, kind in zip(_COLUMNS, (text, whole, text, text, whole), strict=True):
        columns[name] = Array(list(chain.from_iterable(getattr(one, name) for one in found)), kind)
    columns["value"] = cast(columns["value"], decimal)
    schema = Schema([Field(name, column.type) for name, column in columns.items()])
    stream = io.BytesIO()
    write_ipc_stream(RecordBatch.from_arrays(list(columns.values()), schema=schema), stream)
    return stream.getvalue()
