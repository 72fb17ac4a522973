"""Excel workbooks (.xlsx): each sheet with cells is a file of its own, written as the CSV that Excel would.

Numbers keep the digits that a cell holds; times are written 2026-01-31 00:30:00, and of a day 00:30.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from core.energy.ingest.archives import Member, Nothing, Part
from core.energy.ingest.source import Refused

MAX_SHEET = 64 * 1024 * 1024
"""Bytes of XML in a workbook: its cells are held in memory while they are read."""
MAX_CELLS = 4_000_000
"""Cells of a sheet, counted as the rectangle that holds them: 20 years of half hours of ten columns."""
_CHUNK = 1024 * 1024
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,4})([0-9]{1,9})["']""")


class Lines:
    """A reader of rows as CSV."""

    def __init__(self, rows: Iterator[list[Any]]) -> None:
        self._rows = rows
        self._held = memoryview(b"")

    def read_into(self, target: memoryview) -> int:
        while not self._held:
            text = io.StringIO(newline="")
            write = csv.writer(text, lineterminator="\n").writerow
            for number, row in enumerate(self._rows):
                write([_text(cell) for cell in row])
                if number == 500:
                    break
            self._held = memoryview(text.getvalue().encode())
            if not self._held:
                return 0
        taken = min(len(self._held), len(target))
        target[:taken] = self._held[:taken]
        self._held = self._held[taken:]
        return taken


def sheets(archive: zipfile.ZipFile, path: Path) -> Iterator[Part]:
    """The sheets of a workbook. Raises `Refused` where it is damaged or too large."""
    _refuse_large(archive)
    try:
        workbook = CalamineWorkbook.from_path(path)
        names = workbook.sheet_names
    except (CalamineError, OSError, ValueError) as error:
        raise Refused(f"the workbook can't be read ({error}); save the sheet as CSV") from None
    found = False
    for name in names:
        try:
            sheet = workbook.get_sheet_by_name(name)
        except (CalamineError, OSError, ValueError) as error:
            yield Part(name, Nothing(), f"the sheet can't be read ({error}); save it as CSV")
            found = True
            continue
        if sheet.height:
            yield Part(name, Lines(sheet.iter_rows()))
            found = True
    if not found:
        raise Refused("the workbook's sheets are empty")


def _refuse_large(archive: zipfile.ZipFile) -> None:
    """Unpack everything once, in constant memory: what an archive says of its sizes need not be so.

    The reader makes room for every cell up to the last one of a sheet, also for those that are not there.
    """
    buffer = memoryview(bytearray(_CHUNK))
    size = 0
    for info in archive.infolist():
        rows = columns = 1
        tail = b""
        with closing(Member(archive, info)) as member:
            while taken := member.read_into(buffer):
                size += taken
                data = tail + bytes(buffer[:taken])
                tail = data[-100:]
                for found in _PLACE.finditer(data):
                    rows = max(rows, int(found[2]))
                    columns = max(columns, _column(found[1]))
                if size > MAX_SHEET:
                    raise Refused(f"the workbook unpacks to more than {MAX_SHEET >> 20} MiB; save its sheets as CSV")
                if rows * columns > MAX_CELLS:
                    raise Refused(
                        f"{info.filename} of the workbook has a cell in row {rows:,} and one in column {columns:,}; "
                        "delete what stands far away from the readings, or save the sheet as CSV"
                    )


def _column(letters: bytes) -> int:
    """The number of a column by its letters: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _text(cell: Any) -> str:
    """A cell as text."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return f"{_rounded(cell):%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d} 00:00:00"
    if isinstance(cell, time):
        return f"{_rounded(datetime.combine(date(2000, 1, 1), cell)):%H:%M}"
    if isinstance(cell, timedelta):
        minutes = round(cell.total_seconds() / 60)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    return str(cell)


def _rounded(moment: datetime) -> datetime:
    """To the second: Excel keeps times as fractions of a day."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
