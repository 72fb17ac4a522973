"""Long files, many rows at a time: each column's distinct values are judged once, by the rules in `fields`.

The CSV reader hands every column over as a dictionary of its distinct texts, so the rules run a few thousand times per
block instead of hundreds of thousands, and rejects fall out as nulls. A block whose structure is in any doubt (uneven
fields, quotes over line ends, stray carriage returns, not UTF-8) is left to `rows`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from arro3.compute import add_wrapping, cast, is_not_null, is_null, take
from arro3.compute import filter as keep
from arro3.core import Array, DataType, Field, RecordBatch, Schema, dictionary_dictionary, dictionary_indices
from arro3.io import read_csv

from core.energy.ingest import fields
from core.energy.ingest.batches import INT64, ROWS, Batches, exact_kwh
from core.energy.ingest.fields import HALF_HOUR_US, Bad
from core.energy.ingest.layout import Layout
from core.energy.ingest.rejects import Rejects
from core.energy.readings.schema import KWH, TEXT

CACHE = 100_000
"""Distinct values of a column that are remembered between blocks."""
_SHORT_KWH = 10
"""Characters within which no number has more digits than the table's decimal, so that the cast is exact."""


def _half_hour(text: str) -> int | Bad:
    """The start as half hours since 1970: a small number, which is what the order of rows is judged by."""
    start = fields.start(text)
    return start if isinstance(start, Bad) else start // HALF_HOUR_US


_RULES: fields.Rules = {"point": fields.point, "start": _half_hour, "version": fields.version}


class Columns:
    """The column-wise path of one long file. Blank lines cost it nothing but their bytes."""

    def __init__(self, layout: Layout, batches: Batches, rejects: Rejects) -> None:
        self._layout = layout
        self._batches = batches
        self._rejects = rejects
        self._schema = Schema([Field(f"{number} {name}", TEXT) for number, name in enumerate(layout.names)])
        self._cache: dict[str, dict[str | None, Any]] = {name: {} for name in _RULES}
        self.count = 0
        """Rows seen so far, good or not."""

    def read(self, first_line: int, lines: int, data: memoryview) -> Iterator[RecordBatch] | None:
        """The batches of a block of whole lines, or None when its rows and its filled lines don't match one to one."""
        try:
            tables = list(read_csv(data, self._schema, has_header=False, batch_size=ROWS))
        except Exception:  # noqa: BLE001  the reader raises plain Exception for structure; rows finds out what is wrong
            return None
        rows = sum(table.num_rows for table in tables)
        filled = None
        if rows != lines:
            # The reader passes over blank lines. Every row fills at least one line, and one over several lines, which
            # ends in this block, at least two: equal numbers prove that each filled line is a row.
            filled = _filled(first_line, data)
            if rows != len(filled):
                return None
        self.count += rows
        return self._convert(first_line, tables, filled)

    def _convert(self, first_line: int, tables: list[RecordBatch], filled: Array | None) -> Iterator[RecordBatch]:
        at = 0
        for table in tables:
            rows = table.num_rows
            if filled is None:
                lines = add_wrapping(self._batches.positions(rows), Array([first_line + at], INT64))
            else:
                lines = filled.slice(at, rows)
            batch = self._batch(lines, table)
            at += rows
            if batch.num_rows:
                yield batch

    def _batch(self, lines: Array, table: RecordBatch) -> RecordBatch:
        rows = table.num_rows
        columns = {name: table.column(self._layout.position(name)) for name in (*_RULES, "kwh")}
        indices = {name: dictionary_indices(column) for name, column in columns.items()}
        points, starts, versions = (self._values(name, columns[name]) for name in _RULES)
        kwh = _kwh(columns["kwh"])
        numbers = [None if isinstance(p, Bad) else self._batches.point_number(p) for p in points]
        parts = {
            "point": take(_text(points), indices["point"]),
            "point_number": take(Array(numbers, INT64), indices["point"]),
            "half_hour": take(_int64(starts), indices["start"]),
            "version": take(_int64(versions), indices["version"]),
            "kwh": take(kwh, indices["kwh"]),
            "line": lines,
        }
        if any(part.null_count for part in parts.values()):
            flawed = parts["point_number"]
            for name in ("half_hour", "version"):
                flawed = add_wrapping(flawed, parts[name])
            # The decimal's null mask, carried over on the cheapest array that has it.
            flawed = add_wrapping(flawed, take(_marks(kwh), indices["kwh"]))
            self._reject(lines, columns, keep(self._batches.positions(rows), is_null(flawed)).to_pylist())
            good = is_not_null(flawed)
            parts = {name: keep(part, good) for name, part in parts.items()}
        return self._batches.make(**parts)

    def _values(self, name: str, column: Array) -> tuple[Any, ...]:
        """The rule's verdict on each distinct text of the column."""
        texts = dictionary_dictionary(column).to_pylist()
        cache = self._cache[name]
        try:
            return _pick(texts, cache)
        except KeyError:
            if len(cache) > CACHE:
                cache.clear()
            rule = _RULES[name]
            for text in texts:
                if text not in cache:
                    cache[text] = rule(text or "")
            return _pick(texts, cache)

    def _reject(self, lines: Array, columns: dict[str, Array], positions: list[int]) -> None:
        at = Array(positions, INT64)
        numbers = take(lines, at).to_pylist()
        texts = {name: take(cast(column, DataType.string()), at).to_pylist() for name, column in columns.items()}
        for number, line in enumerate(numbers):
            for name, rule in fields.LONG_RULES.items():
                text = texts[name][number] or ""
                value = rule(text)
                if isinstance(value, Bad):
                    self._rejects.add(line, name, text, value.reason)
                    break


def _filled(first_line: int, data: memoryview) -> Array:
    """The numbers of the lines that hold anything."""
    texts = enumerate(bytes(data).split(b"\n"), first_line)
    numbers = array("q", (line for line, text in texts if text not in (b"", b"\r")))
    return Array.from_buffer(numbers) if numbers else Array([], INT64)


def _pick(texts: list[str | None], cache: dict[str | None, Any]) -> tuple[Any, ...]:
    if len(texts) < 2:
        return tuple(cache[text] for text in texts)
    picked: tuple[Any, ...] = itemgetter(*texts)(cache)
    return picked


def _int64(values: tuple[Any, ...]) -> Array:
    try:
        return Array(values, INT64)
    except TypeError:
        return Array([None if isinstance(value, Bad) else value for value in values], INT64)


def _text(values: tuple[Any, ...]) -> Array:
    return cast(Array([None if isinstance(value, Bad) else value for value in values], DataType.string()), TEXT)


def _kwh(column: Array) -> Array:
    """The decimals of the column's distinct texts; null where the text is no number that the table can hold."""
    distinct = dictionary_dictionary(column)
    texts = distinct.to_pylist()
    if max(map(len, texts), default=0) <= _SHORT_KWH:
        decimals = cast(distinct, KWH)
        if not decimals.null_count:
            return decimals
    values = [fields.kwh(text or "") for text in texts]
    return exact_kwh([None if isinstance(value, Bad) else value for value in values])


def _marks(decimals: Array) -> Array:
    return Array([None if missing else 0 for missing in is_null(decimals).to_pylist()], INT64)
