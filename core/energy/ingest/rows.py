"""Files row by row: wide files, and the parts of long files whose structure needs a closer look.

Slower than `columns` and the arbiter of what a row is: RFC 4180 quoting, a record may span lines inside quotes, and a
quote that is never closed costs the one line on which it was opened.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from arro3.core import RecordBatch

from core.energy.ingest.day_rows import DayRows
from core.energy.ingest.interval_rows import IntervalRows
from core.energy.ingest.layouts.layout import Long
from core.energy.ingest.moment_rows import MomentRows
from core.energy.ingest.quotes import Lookahead, ends_in_quotes
from core.energy.ingest.source import MAX_LINE
from core.energy.ingest.tally import Tally

BLANK = (b"\n", b"\r\n")
"""Lines that are passed over where a record may begin."""
_NOTHING = b' \t\xa0\xc2,;"\r\n'


class Rows:
    """The row-wise path of one file. Feed it blocks in order, then `end`."""

    def __init__(self, kind: IntervalRows | DayRows | MomentRows, tally: Tally) -> None:
        self._kind, self._tally = kind, tally
        self._header = kind.header
        form = self._header.layout.form
        self._short = isinstance(form, Long) and form.short
        self._open = b""
        self._mark = self._header.delimiter.encode()

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
        ahead = Lookahead(lines, self._mark)
        tally = self._tally
        at = 0
        while at < len(lines):
            if lines[at] in BLANK:
                tally.note_blank()
                at += 1
                continue
            used = 1
            if ends_in_quotes(lines[at], delimiter=self._mark):
                closing = ahead.closing(at)
                too_far = ahead.size(at, closing) > MAX_LINE
                if closing == len(lines) and not too_far and not last:
                    self._open = b"".join(lines[at:])
                    break
                if closing == len(lines) or too_far:
                    self._rejected(line + at, lines[at], "a quote is opened and never closed")
                    at += 1
                    continue
                used = closing - at + 1
            self._record(line + at, lines[at] if used == 1 else b"".join(lines[at : at + used]))
            at += used
            if tally.full or (isinstance(self._kind, DayRows) and self._kind.runs.full):
                yield from self._take()
        yield from self._take()

    def _take(self) -> Iterator[RecordBatch]:
        if isinstance(self._kind, DayRows):
            yield from self._kind.runs.take()
        yield from self._tally.take()

    def _record(self, line: int, record: bytes) -> None:
        if not record.strip(_NOTHING):
            self._tally.note_blank()
            return
        if len(record) > MAX_LINE:
            self._rejected(line, record, f"the line is longer than {MAX_LINE} bytes")
            return
        try:
            text = record.decode("utf-8")
        except UnicodeDecodeError:
            self._rejected(line, record, "the line is not UTF-8")
            return
        try:
            row = next(csv.reader([text], delimiter=self._header.delimiter), [])
        except csv.Error as error:
            self._rejected(line, record, f"the line is not CSV: {error}")
            return
        width = len(self._header.names)
        if self._short and self._header.short <= len(row) < width:
            row += [""] * (width - len(row))
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            row = row[:width]
        if len(row) != width:
            shown = text.rstrip("\r\n")
            reason = "a comment" if shown.startswith("#") else f"{len(row)} fields where the header has {width}"
            self._kind.heed(line, row)
            self._tally.reject(line, None, shown, reason)
        else:
            self._kind.row(line, row)

    def _rejected(self, line: int, record: bytes, reason: str) -> None:
        self._tally.reject(line, None, record[:400].decode("utf-8", "backslashreplace").rstrip("\r\n"), reason)

    def too_long(self, line: int) -> None:
        """Account for a line that did not fit a block."""
        self._rejected(line, b"", f"the line is longer than {MAX_LINE} bytes")


def _lines(data: bytes) -> list[bytes]:
    """Lines end at line feeds only (`bytes.splitlines` would also end them at a lone carriage return)."""
    parts = data.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines
