"""One object to one local Parquet file of its good rows, in a single pass and constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from arro3.core import RecordBatch, RecordBatchReader

from core.energy.ingest import guards
from core.energy.ingest.batches import Batches
from core.energy.ingest.cadence import sniff
from core.energy.ingest.columns import Columns
from core.energy.ingest.guards import SeriesTold
from core.energy.ingest.judge import Judge
from core.energy.ingest.layout import LONG, WIDE, Layout, find_header
from core.energy.ingest.quotes import ends_in_quotes
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.rows import Rows
from core.energy.ingest.source import BOM, MAX_LINE, Block, Reader, Refused, TooLong, blocks, has_long_line
from core.energy.ingest.tally import Tally
from core.energy.ingest.terms import Terms, applied
from core.energy.ingest.told_apart import other_kind
from core.energy.ingest.words import END, MINUTES, POINT, START, VERSION
from core.energy.readings.reading import HALF_HOUR
from core.energy.readings.schema import BATCH, write_file
from core.energy.readings.sources import Source
from core.kernel.clock import microseconds

MAX_BLANK = 10_000_000
"""Lines of a file that are no row of their own: blank ones, and those that continue a quoted field."""
MAX_ROW_BY_ROW = 128 * 1024 * 1024
"""Bytes that are read row by row, in up to two microseconds each: a delivery has time for that, and for the merge."""
_OF_FILE = {"point": {POINT}, "version": {VERSION}, "minutes": {MINUTES, END}, "stamp": {END}}
"""What the file's own columns say, whatever the sources do."""
MAX_TITLES = 300
"""Characters that a report has of what stands above a header."""
_KEEP = 31 * 1024 * 1024
_SPLIT = 16 * 1024
"""Bytes below which a block with a flaw in its structure is no longer halved but read row by row."""


@dataclass(frozen=True, slots=True)
class Staged:
    """What a file came to. `rows` = `accepted` + rejected + `blank`; a wide row holds up to 50 readings."""

    path: Path
    layout: Layout
    rows: int
    accepted: int
    blank: int
    readings: int
    gaps: int
    assumed: list[str]
    series: list[SeriesTold]
    unique: bool


def stage(
    reader: Reader, *, source: str, received: datetime, entry: Source | None, rejects: Rejects, path: Path
) -> Staged:
    """Validate every row; write the good ones to `path`, the others to `rejects`.

    `entry` is what the account's sources say of the file. Raises `Refused` when the file as a whole can't be used.
    """
    # glibc gives freed memory back to the system, and pays for new pages, above a threshold that follows the largest
    # block freed so far. Freeing this one (its pages are never touched) keeps batch-sized memory in the process.
    bytearray(_KEEP)
    lines = blocks(reader)
    judge, rest, assumed = _begin(next(lines, None), received, entry)
    staging = _Staging(judge, Batches(source, received, judge.terms.minutes), rejects)
    staging.write(rest, lines, path)
    batches, tally = staging.batches, staging.tally
    if tally.turn and batches.last_line > tally.turn.line:
        turn = tally.turn
        raise Refused(f"line {turn.line} {turn.what} ({turn.text}); send what follows it in a file of its own")
    told, shown = guards.check(path, judge, batches) if batches.rows or judge.off_grid else ([], [])
    return Staged(
        path,
        judge.layout,
        tally.rows,
        tally.rows - tally.blank - rejects.count,
        tally.blank,
        batches.rows,
        tally.gaps,
        assumed + shown + _noticed(judge, tally),
        told,
        unique=batches.order.increasing,
    )


def _begin(first: Block | TooLong | None, received: datetime, entry: Source | None) -> tuple[Judge, Block, list[str]]:
    """The file's rules, the rest of its first block, and what is assumed of it."""
    if first is None:
        raise Refused("the file is empty")
    if isinstance(first, TooLong):
        raise Refused(f"the first line is longer than {MAX_LINE} bytes; it must be the header")
    start = bytes(first.data[: 2 * MAX_LINE])
    kind = other_kind(start)
    if kind is not None:
        raise Refused(kind)
    terms, said = applied(entry, Terms(microseconds(received)))
    layout, end = find_header(start, terms)
    told = [text for name, text in said.items() if not _OF_FILE.get(name, set()) & set(layout.roles)]
    if layout.format == WIDE and (terms.stamp == "end" or terms.minutes != HALF_HOUR):
        raise Refused(
            "the account's sources say a stamp, or minutes, and this is a wide file: its columns are half hours"
        )
    if terms.stamp == "start" and START not in layout.roles and layout.format == LONG and not (entry and entry.stamp):
        terms = replace(terms, stamp=None)
    minutes = sniff(layout, terms, start[end:])
    if minutes != terms.minutes:
        told.append(f"readings of {minutes} minutes, as their starts show")
        terms = replace(terms, minutes=minutes)
    if VERSION not in layout.roles and not (entry and entry.version):
        told.append("version 1, since no column says")
    if layout.titles:
        told.append(f"what stands above the header is a title: {' / '.join(layout.titles)[:MAX_TITLES]}")
    used = bytes(first.data[:end]).count(b"\n")
    rest = Block(first.first_line + used, first.lines - used, first.plain, first.data[end:])
    return Judge(layout, terms, stamp_said=bool(entry and entry.stamp)), rest, told


def _noticed(judge: Judge, tally: Tally) -> list[str]:
    told = [] if tally.rows else ["there is no row below the header"]
    if judge.terms.stamp is None and tally.rows:
        told.append("the times are starts, as whole days of them show")
    if judge.rounded:
        told.append(
            f"{judge.rounded} values had more digits, as a binary float or a power has, and were rounded to nine after "
            "the point"
        )
    if tally.padding:
        told.append(f"{tally.padding} zeros behind the last half hour of their day are no readings")
    if tally.by_wall:
        told.append(f"{tally.by_wall} rows of a day of 23 hours have their columns by what clocks show")
    return told


class _Staging:
    def __init__(self, judge: Judge, batches: Batches, rejects: Rejects) -> None:
        self.batches = batches
        self.tally = Tally(judge, rejects)
        self._columns = Columns(judge, batches, self.tally) if judge.layout.format == LONG else None
        self._rows = Rows(self.tally, batches)
        self._row_by_row = 0

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
            if line - self.tally.rows + self.tally.blank > MAX_BLANK:
                raise Refused(f"more than {MAX_BLANK:,} lines of the file are blank; leave them out and send it again")
        yield from self._rows.end(line)

    def _read(self, block: Block) -> Iterator[RecordBatch]:
        if not len(block.data):
            return
        if self._columns and not self._rows.in_quotes and _regular(block):
            batches = self._columns.read(block.first_line, block.lines, block.data)
            if batches is not None:
                yield from batches
                if self.tally.pending:
                    yield self.batches.from_rows(self.tally.take())
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
