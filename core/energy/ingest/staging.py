"""One file to one local Parquet file of its good rows, in a single pass and constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from arro3.core import RecordBatch, RecordBatchReader

from core.energy.ingest import guards, parts
from core.energy.ingest.batches import Batches
from core.energy.ingest.cadence import sniff
from core.energy.ingest.columns import Columns
from core.energy.ingest.day_rows import DayRows
from core.energy.ingest.guards import SeriesTold
from core.energy.ingest.header import Header
from core.energy.ingest.interval_rows import IntervalRows
from core.energy.ingest.judge import Judge
from core.energy.ingest.lacking import Lacking
from core.energy.ingest.layouts.layout import Lack, Layout, NoReadings, Records, Wide
from core.energy.ingest.machines.recorder import Machine, Recorder
from core.energy.ingest.moment_rows import MomentRows
from core.energy.ingest.quotes import ends_in_quotes
from core.energy.ingest.recognise import recognise
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.rows import Rows
from core.energy.ingest.source import (
    BOM,
    MAX_LINE,
    Block,
    Reader,
    Refused,
    TooLong,
    behind,
    blocks,
    has_long_line,
)
from core.energy.ingest.tally import Tally
from core.energy.ingest.terms import Terms, applied
from core.energy.ingest.texts import as_text, begin
from core.energy.ingest.told_apart import other_kind, page
from core.energy.ingest.words import END, MINUTES, POINT, VERSION
from core.energy.readings.reading import HALF_HOUR
from core.energy.readings.schema import BATCH, write_file
from core.energy.readings.sources import Source
from core.kernel.clock import microseconds
from core.kernel.functions import resolve

MAX_BLANK = 10_000_000
"""Lines of a file that are no row of their own: blank ones, and those that continue a quoted field."""
MAX_ROW_BY_ROW = 128 * 1024 * 1024
"""Bytes that are read row by row, in up to two microseconds each: a delivery has time for that, and for the merge."""
MAX_IN_DAYS = 1024 * 1024 * 1024
"""Bytes of a file with a row for each day, which takes a tenth of that time."""
_OF_FILE = {"point": {POINT}, "version": {VERSION}, "minutes": {MINUTES, END}, "stamp": {END}}
"""What the file's own columns say, whatever the sources do."""
MAX_TITLES = 300
"""Characters that a report has of what stands above a header."""
_KEEP = 31 * 1024 * 1024
_SPLIT = 16 * 1024
"""Bytes below which a block with a flaw in its structure is no longer halved but read row by row."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose layout is known: its rules, the text below its header, and what is assumed of it."""

    layout: Layout
    header: Header | None
    judge: Judge
    reader: Reader
    skipped: int
    """Lines above the rows."""
    assumed: list[str]


@dataclass(frozen=True, slots=True)
class Staged:
    """What a file came to. `rows` = `accepted` + rejected + `blank`; a wide row holds up to 50 readings."""

    path: Path
    layout: Layout
    ignored: tuple[str, ...]
    rows: int
    accepted: int
    blank: int
    readings: int
    gaps: int
    assumed: list[str]
    series: list[SeriesTold]
    unique: bool


def stage(
    reader: Reader,
    *,
    source: str,
    received: datetime,
    entry: Source | None,
    rejects: Rejects,
    path: Path,
    whole: bool = True,
) -> Staged:
    """Validate every row; write the good ones to `path`, the others to `rejects`.

    `entry` is what the account's sources say of the file; `whole` that it is read to its end. Raises `Refused` when the
    file as a whole can't be used, and `Lacking` when it only does not say enough.
    """
    # glibc gives freed memory back to the system, and pays for new pages, above a threshold that follows the largest
    # block freed so far. Freeing this one (its pages are never touched) keeps batch-sized memory in the process.
    bytearray(_KEEP)
    opened = open_file(reader, received, entry)
    staging = _Staging(opened, Batches(source, received), rejects, whole=whole)
    try:
        return _staged(opened, staging, rejects, path, whole=whole)
    except Refused as refused:
        refused.layout = opened.layout
        raise


def _staged(opened: Opened, staging: _Staging, rejects: Rejects, path: Path, *, whole: bool) -> Staged:
    staging.write(path)
    judge = opened.judge
    batches, tally = staging.batches, staging.tally
    if tally.turn and batches.last_line > tally.turn.line:
        turn = tally.turn
        raise Refused(f"line {turn.line} {turn.what} ({turn.text}); send what follows it in a file of its own")
    whole_parts = opened.layout.form.meaning.whole if not isinstance(opened.layout.form, NoReadings) else False
    if batches.parted and whole_parts and rejects.count and opened.header is not None:
        first = rejects.first[0]
        raise Refused(
            f"line {first['line']} is rejected ({first['reason']}), and readings of this file are added from several "
            "rows, so that what is left would be taken for the whole; mend it"
        )
    added = parts.add_up(path, batches, whole=whole_parts)
    tally.gaps += added.left_out
    told, shown = guards.check(path, judge, batches, whole=whole) if batches.rows or judge.off_grid else ([], [])
    return Staged(
        path,
        opened.layout,
        opened.header.extra if opened.header else (),
        tally.rows,
        tally.rows - tally.blank - rejects.count,
        tally.blank,
        batches.rows,
        tally.gaps,
        [*opened.assumed, *added.told, *shown, *staging.noticed()],
        told,
        unique=batches.order.increasing,
    )


def open_file(reader: Reader, received: datetime, entry: Source | None) -> Opened:
    """The layout of a file. Raises `Refused` where it has none that is known, and `Lacking`."""
    start, reader = begin(reader)
    if not start:
        raise Refused("the file is empty")
    if kind := other_kind(start):
        raise Refused(kind)
    start, reader, assumed = as_text(reader)
    if kind := page(start):
        raise Refused(kind)
    terms, said = applied(entry, Terms(microseconds(received)))
    found = recognise(start, terms, entry)
    header, form, terms = found.header, found.layout.form, found.terms
    lacks = list(found.lacks)
    if isinstance(form, Records) and form.asks and terms.point is None:
        lacks.append(Lack("point", "the file does not say whose readings these are; say it in the account's sources"))
    if lacks:
        lacking = Lacking(*lacks)
        lacking.layout = found.layout
        raise lacking
    roles = set(header.roles) if header else set()
    told = [text for name, text in said.items() if not _OF_FILE.get(name, set()) & roles]
    if isinstance(form, Wide) and entry and (entry.stamp == "end" or terms.minutes != HALF_HOUR):
        raise Refused(
            "the account's sources say a stamp, or minutes, and this is a wide file: its columns are half hours"
        )
    skipped = start[: found.end].count(b"\n")
    if header is not None:
        minutes = sniff(header, terms, start[found.end :])
        if minutes != terms.minutes:
            told.append(f"readings of {minutes} minutes, as their starts show")
            terms = replace(terms, minutes=minutes)
    if VERSION not in roles and not (entry and entry.version):
        told.append("version 1, since no column says")
    if header is not None and header.titles:
        told.append(f"what stands above the header is a title: {' / '.join(header.titles)[:MAX_TITLES]}")
    judge = Judge(header, terms, stamp_said=bool(entry and entry.stamp))
    return Opened(
        found.layout, header, judge, behind(reader, found.end), skipped, [*assumed, *found.layout.assumed, *told]
    )


class _Staging:
    def __init__(self, opened: Opened, batches: Batches, rejects: Rejects, *, whole: bool) -> None:
        self.batches = batches
        self.tally = Tally(batches, rejects)
        self._opened, self._judge, self._whole = opened, opened.judge, whole
        self._recorder = Recorder(self._judge, batches, self.tally)
        self._columns: Columns | None = None
        self._days: DayRows | None = None
        self._row_by_row = 0

    def write(self, path: Path) -> None:
        """Write the good rows of the file. Raises what reading it raises."""
        failure: Exception | None = None

        def batches() -> Iterator[RecordBatch]:
            nonlocal failure
            try:
                yield from self._run()
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

    def noticed(self) -> list[str]:
        """What is assumed that only the rows showed."""
        judge, tally = self._judge, self.tally
        told = list(self._recorder.told)
        if not tally.rows:
            told.append("there is no row below the header")
        if judge.terms.stamp is None and tally.rows:
            told.append("the times are starts, as whole days of them show")
        if judge.ordered:
            told.append(f"dates such as {judge.ordered} have the {judge.terms.order} first")
        if judge.rounded:
            told.append(
                f"{judge.rounded} values had more digits, as a binary float or a power has, and were rounded to nine "
                "after the point"
            )
        if self._days and self._days.padding:
            told.append(f"{self._days.padding} zeros behind the last half hour of their day are no readings")
        if self._days and self._days.by_wall:
            told.append(f"{self._days.by_wall} rows of a day of 23 hours have their columns by what clocks show")
        return told

    def _run(self) -> Iterator[RecordBatch]:
        form = self._opened.layout.form
        if isinstance(form, Records):
            machine = resolve(form.machine)(self._recorder)
            yield from self._document(machine) if form.document else self._lines(machine)
        elif self._opened.header is not None:
            yield from self._csv(self._opened.header)

    def _document(self, machine: Machine) -> Iterator[RecordBatch]:
        buffer = memoryview(bytearray(_SPLIT * 16))
        while taken := self._opened.reader.read_into(buffer):
            machine.read(0, bytes(buffer[:taken]))
            yield from self._recorder.take()
        machine.end(whole=self._whole)
        yield from self._recorder.flush()

    def _lines(self, machine: Machine) -> Iterator[RecordBatch]:
        for block in blocks(self._opened.reader):
            if isinstance(block, TooLong):
                self.tally.reject(block.line, None, "", f"the line is longer than {MAX_LINE} bytes")
                continue
            at, line, data = 0, block.first_line, block.data
            while at < len(data):
                end = _line_end(data[at:], 64 * _SPLIT) or len(data) - at
                piece = bytes(data[at : at + end])
                machine.read(line, piece)
                yield from self._recorder.take()
                at, line = at + end, line + piece.count(b"\n")
            if self.tally.blank > MAX_BLANK:
                raise Refused(f"more than {MAX_BLANK:,} lines of the file are blank; leave them out and send it again")
        machine.end(whole=self._whole)
        yield from self._recorder.flush()

    def _csv(self, header: Header) -> Iterator[RecordBatch]:
        kind: IntervalRows | DayRows | MomentRows
        if header.long:
            kind = IntervalRows(self._judge, header, self.tally)
            if len(header.blocks) == 1:
                self._columns = Columns(self._judge, header, self.batches, self.tally, kind)
        elif header.moments:
            kind = MomentRows(self._judge, header, self.tally)
        else:
            kind = self._days = DayRows(self._judge, header, self.tally, self.batches)
        rows = Rows(kind, self.tally)
        above = self._opened.skipped
        line = above + 1
        for block in blocks(self._opened.reader):
            if isinstance(block, TooLong):
                yield from rows.end(block.line + above)  # longer than any record: it closes none
                rows.too_long(block.line + above)
                line = block.line + above + 1
            else:
                yield from self._read(rows, replace(block, first_line=block.first_line + above), header)
                line = block.first_line + above + block.lines
            if line - self.tally.rows + self.tally.blank > MAX_BLANK:
                raise Refused(f"more than {MAX_BLANK:,} lines of the file are blank; leave them out and send it again")
        yield from rows.end(line)
        kind.end()
        yield from self.tally.take()
        if self._days:
            self.tally.gaps += self._days.runs.gaps

    def _read(self, rows: Rows, block: Block, header: Header) -> Iterator[RecordBatch]:
        if not len(block.data):
            return
        if self._columns and not rows.in_quotes and _regular(block, header.delimiter.encode()):
            batches = self._columns.read(block.first_line, block.lines, block.data)
            if batches is not None:
                yield from batches
                yield from self.tally.take()
                return
        # In halves, to find the flaw; or what the longest record may still need, and then the rest.
        part = 2 * MAX_LINE if rows.in_quotes else len(block.data) // 2
        end = _line_end(block.data, part) if self._columns and len(block.data) > max(_SPLIT, part) else 0
        if end:
            above = bytes(block.data[:end]).count(b"\n")
            yield from self._read(rows, Block(block.first_line, above, block.plain, block.data[:end]), header)
            line, below = block.first_line + above, block.lines - above
            yield from self._read(rows, Block(line, below, block.plain, block.data[end:]), header)
            return
        self._row_by_row += len(block.data)
        most = MAX_IN_DAYS if self._days else MAX_ROW_BY_ROW
        if self._row_by_row > most:
            raise Refused(f"more than {most >> 20} MiB must be read row by row; send the file in parts")
        yield from rows.read(block.first_line, bytes(block.data))


def _regular(block: Block, delimiter: bytes) -> bool:
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
    return not ends_in_quotes(last[last.rfind(b"\n") + 1 :], delimiter=delimiter)


def _line_end(data: memoryview, size: int) -> int:
    """The end of the last line within so many bytes, or of the first one beyond; 0 where all of it is one part."""
    end = bytes(data[:size]).rfind(b"\n") + 1 or bytes(data).find(b"\n", size) + 1
    return end if end < len(data) else 0
