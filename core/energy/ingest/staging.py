"""One object to one local Parquet file of its good rows, in a single pass and constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from arro3.core import RecordBatch, RecordBatchReader

from core.energy.ingest.batches import Batches
from core.energy.ingest.columns import Columns
from core.energy.ingest.layout import LONG, Layout, read_header
from core.energy.ingest.quotes import ends_in_quotes
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.rows import Rows
from core.energy.ingest.source import BOM, MAX_LINE, Block, Reader, Refused, TooLong, blocks, has_long_line
from core.energy.readings.schema import BATCH, write_file

MAX_BLANK = 10_000_000
"""Lines of a file that are no row of their own: blank ones, and those that continue a quoted field."""
MAX_ROW_BY_ROW = 128 * 1024 * 1024
"""Bytes that are read row by row, in up to two microseconds each: a delivery has time for that, and for the merge."""
_KEEP = 31 * 1024 * 1024
_SPLIT = 16 * 1024
"""Bytes below which a block with a flaw in its structure is no longer halved but read row by row."""


@dataclass(frozen=True, slots=True)
class Staged:
    """What a file came to. `rows` = `accepted` + rejected; a wide row holds up to 50 readings."""

    path: Path
    layout: Layout
    rows: int
    accepted: int
    readings: int
    unique: bool


def stage(reader: Reader, *, source: str, received: datetime, rejects: Rejects, path: Path) -> Staged:
    """Validate every row; write the good ones to `path`, the others to `rejects`.

    Raises `Refused` when the file as a whole can't be used.
    """
    # glibc gives freed memory back to the system, and pays for new pages, above a threshold that follows the largest
    # block freed so far. Freeing this one (its pages are never touched) keeps batch-sized memory in the process.
    bytearray(_KEEP)
    lines = blocks(reader)
    header, rest = _header(next(lines, None))
    staging = _Staging(header, Batches(source, received), rejects)
    staging.write(rest, lines, path)
    batches = staging.batches
    return Staged(
        path, header, staging.rows, staging.rows - rejects.count, batches.rows, unique=batches.order.increasing
    )


def _header(first: Block | TooLong | None) -> tuple[Layout, Block]:
    if first is None:
        raise Refused("the file is empty")
    if isinstance(first, TooLong):
        raise Refused(f"the first line is longer than {MAX_LINE} bytes; it must be the header")
    start = bytes(first.data[: MAX_LINE + 1])
    end = start.find(b"\n") + 1 or len(start)
    layout = read_header(start[:end])
    has_line_feed = start[:end].endswith(b"\n")
    return layout, Block(first.first_line + 1, first.lines - has_line_feed, first.plain, first.data[end:])


class _Staging:
    def __init__(self, layout: Layout, batches: Batches, rejects: Rejects) -> None:
        self.batches = batches
        self._columns = Columns(layout, batches, rejects) if layout.format == LONG else None
        self._rows = Rows(layout, batches, rejects)
        self._row_by_row = 0

    @property
    def rows(self) -> int:
        return self._rows.count + (self._columns.count if self._columns else 0)

    def write(self, first: Block, rest: Iterator[Block | TooLong], path: Path) -> None:
        """Write the good rows of all blocks. Raises what reading them raises."""
        failure: Exception | None = None

        def batches() -> Iterator[RecordBatch]:
            nonlocal failure
            try:
                yield from self._run(first, rest)
            except Exception as error:
                failure = error
                raise

        try:
            write_file(RecordBatchReader.from_batches(BATCH, batches()), path)
        except Exception:
            # What a batch source raises comes out of the writer as a plain Exception with its text.
            if failure is not None:
                raise failure from None
            raise

    def _run(self, first: Block, rest: Iterator[Block | TooLong]) -> Iterator[RecordBatch]:
        yield from self._read(first)
        line = first.first_line + first.lines
        for block in rest:
            if isinstance(block, TooLong):
                yield from self._rows.end(block.line)  # longer than any record: it closes none
                self._rows.too_long(block.line)
                line = block.line + 1
            else:
                yield from self._read(block)
                line = block.first_line + block.lines
            if line - self.rows > MAX_BLANK:
                raise Refused(f"more than {MAX_BLANK:,} lines of the file are blank; leave them out and send it again")
        yield from self._rows.end(line)

    def _read(self, block: Block) -> Iterator[RecordBatch]:
        if not len(block.data):
            return
        if self._columns and not self._rows.in_quotes and _regular(block):
            batches = self._columns.read(block.first_line, block.lines, block.data)
            if batches is not None:
                yield from batches
                return
        # In halves, to find the flaw; or what the longest record may still need, and then the rest.
        part = 2 * MAX_LINE if self._rows.in_quotes else len(block.data) // 2
        end = _line_end(block.data, part) if self._columns and len(block.data) > max(_SPLIT, part) else 0
        if end:
            above = bytes(block.data[:end]).count(b"\n")
            yield from self._read(Block(block.first_line, above, block.plain, block.data[:end]))
            line, below = block.first_line + above, block.lines - above
            yield from self._read(Block(line, below, block.plain, block.data[end:]))
            return
        self._row_by_row += len(block.data)
        if self._row_by_row > MAX_ROW_BY_ROW:
            raise Refused(f"more than {MAX_ROW_BY_ROW >> 20} MiB must be read row by row; send the file in parts")
        yield from self._rows.read(block.first_line, bytes(block.data))


def _regular(block: Block) -> bool:
    """Whether the column-wise reader, if it sees as many records as there are lines, sees the same as the row-wise."""
    if bytes(block.data[: len(BOM)]) == BOM:
        # The column-wise reader would take it for a mark at the start of a file.
        return False
    if block.plain:
        return True
    text = bytes(block.data)
    if has_long_line(text, len(text)) or text.count(b"\r") != text.count(b"\r\n"):
        return False
    last = text.rstrip(b"\r\n")  # the last line that holds anything
    return not ends_in_quotes(last[last.rfind(b"\n") + 1 :])


def _line_end(data: memoryview, size: int) -> int:
    """The end of the last line within so many bytes, or of the first one beyond; 0 where all of it is one part."""
    end = bytes(data[:size]).rfind(b"\n") + 1 or bytes(data).find(b"\n", size) + 1
    return end if end < len(data) else 0
