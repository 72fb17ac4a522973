"""Files row by row: wide files, and the parts of long files whose structure needs a closer look.

Slower than `columns` and the arbiter of what a row is: RFC 4180 quoting, a record may span lines inside quotes, and a
quote that is never closed costs the one line on which it was opened.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from arro3.core import RecordBatch

from core.energy.ingest import fields
from core.energy.ingest.batches import ROWS, Batches
from core.energy.ingest.fields import HALF_HOUR_US, Bad
from core.energy.ingest.layout import LONG, Layout
from core.energy.ingest.quotes import Lookahead, ends_in_quotes
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.source import MAX_LINE
from core.energy.readings.periods import midnight, next_period
from core.kernel.clock import microseconds

Row = tuple[str, int, int, int, int]
BLANK = (b"\n", b"\r\n")
"""Lines that are passed over where a record may begin."""


class Rows:
    """The row-wise path of one file. Feed it blocks in order, then `end`."""

    def __init__(self, layout: Layout, batches: Batches, rejects: Rejects) -> None:
        self._layout = layout
        self._batches = batches
        self._rejects = rejects
        self._position = {name: layout.position(name) for name in layout.names}
        self._half_hours = [self._position[f"hh{number:02}"] for number in range(1, layout.half_hours + 1)]
        self._open = b""
        self._pending: list[Row] = []
        self.count = 0
        """Rows seen so far, good or not."""

    @property
    def in_quotes(self) -> bool:
        """Whether a record is open that the next block may complete."""
        return bool(self._open)

    def read(self, first_line: int, data: bytes) -> Iterator[RecordBatch]:
        """The readings of a block that begins at `first_line`."""
        first_line -= self._open.count(b"\n")
        data, self._open = self._open + data, b""
        yield from self._records(first_line, _lines(data))

    def end(self, line: int) -> Iterator[RecordBatch]:
        """What is left when the file ends; `line` is the number that a next line would have."""
        left, self._open = _lines(self._open), b""
        yield from self._records(line - len(left), left, last=True)

    def _records(self, line: int, lines: list[bytes], *, last: bool = False) -> Iterator[RecordBatch]:
        ahead = Lookahead(lines)
        at = 0
        while at < len(lines):
            if lines[at] in BLANK:
                at += 1
                continue
            used = 1
            if ends_in_quotes(lines[at]):
                closing = ahead.closing(at)
                too_far = ahead.size(at, closing) > MAX_LINE
                if closing == len(lines) and not too_far and not last:
                    self._open = b"".join(lines[at:])
                    break
                if closing == len(lines) or too_far:
                    self._row_rejected(line + at, None, lines[at], "a quote is opened and never closed")
                    at += 1
                    continue
                used = closing - at + 1
            self._record(line + at, lines[at] if used == 1 else b"".join(lines[at : at + used]))
            at += used
            if len(self._pending) >= ROWS - 64:
                yield self._flush()
        if self._pending:
            yield self._flush()

    def _flush(self) -> RecordBatch:
        rows, self._pending = self._pending, []
        return self._batches.from_rows(rows)

    def _record(self, line: int, record: bytes) -> None:
        if not record.rstrip(b"\r\n"):
            return
        if len(record) > MAX_LINE:
            self._row_rejected(line, None, record, f"the line is longer than {MAX_LINE} bytes")
            return
        try:
            text = record.decode("utf-8")
        except UnicodeDecodeError:
            self._row_rejected(line, None, record, "the line is not UTF-8")
            return
        try:
            row = next(csv.reader([text]), [])
        except csv.Error as error:
            self._row_rejected(line, None, record, f"the line is not CSV: {error}")
            return
        self.count += 1
        if len(row) != len(self._layout.names):
            shown = text.rstrip("\r\n")
            self._rejects.add(line, None, shown, f"{len(row)} fields where the header has {len(self._layout.names)}")
        elif self._layout.format == LONG:
            self._long(line, row)
        else:
            self._wide(line, row)

    def _row_rejected(self, line: int, column: str | None, record: bytes, reason: str) -> None:
        self.count += 1
        self._rejects.add(line, column, record[:400].decode("utf-8", "backslashreplace").rstrip("\r\n"), reason)

    def too_long(self, line: int) -> None:
        """Account for a line that did not fit a block."""
        self._row_rejected(line, None, b"", f"the line is longer than {MAX_LINE} bytes")

    def _long(self, line: int, row: list[str]) -> None:
        values = self._judge(line, row, fields.LONG_RULES)
        if values is not None:
            point, start, version, kwh = values
            self._pending.append((point, start, version, kwh, line))

    def _judge(self, line: int, row: list[str], rules: fields.Rules) -> list[Any] | None:
        """The values of the ruled columns, or None when one is bad and the row was rejected for it."""
        values = []
        for name, rule in rules.items():
            text = row[self._position[name]]
            value = rule(text)
            if isinstance(value, Bad):
                self._rejects.add(line, name, text, value.reason)
                return None
            values.append(value)
        return values

    def _wide(self, line: int, row: list[str]) -> None:
        values = self._judge(line, row, fields.WIDE_RULES)
        if values is None:
            return
        point, day, version = values
        first, length = _day(day)
        if length > len(self._half_hours):
            self._rejects.add(line, "date", str(day), f"{day} has {length} half hours; the header lacks hh49,hh50")
            return
        readings: list[Row] = []
        for number, position in enumerate(self._half_hours):
            text = row[position]
            if number >= length:
                if text.strip():
                    reason = f"{day} has {length} half hours; this column must be empty"
                    self._rejects.add(line, f"hh{number + 1:02}", text, reason)
                    return
                continue
            value = fields.kwh(text)
            if isinstance(value, Bad):
                self._rejects.add(line, f"hh{number + 1:02}", text, value.reason)
                return
            readings.append((point, first + number * HALF_HOUR_US, version, value, line))
        self._pending += readings


@lru_cache(maxsize=1024)
def _day(day: date) -> tuple[int, int]:
    """The first half hour of a settlement day in microseconds, and how many half hours it has."""
    begin, end = (microseconds(midnight(d)) for d in (day, next_period(day, "day")))
    return begin, (end - begin) // HALF_HOUR_US


def _lines(data: bytes) -> list[bytes]:
    """Lines end at line feeds only (`bytes.splitlines` would also end them at a lone carriage return)."""
    parts = data.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines
