"""The two file formats, told apart by their header."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from core.energy.ingest.source import MAX_LINE, Refused

LONG = "long"
WIDE = "wide"
LONG_COLUMNS = ("point", "start", "version", "kwh")
WIDE_COLUMNS = ("point", "date", "version")
MAX_COLUMNS = 256
_HALF_HOUR = re.compile(r"hh(0[1-9]|[1-4][0-9]|50)")
SHORTEST_DAY, DAY, LONGEST_DAY = 46, 48, 50


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns are. `names` holds every column in file order; `extra` those that are ignored."""

    format: str
    names: tuple[str, ...]
    extra: tuple[str, ...]

    def position(self, name: str) -> int:
        return self.names.index(name)

    @property
    def half_hours(self) -> int:
        """How many hhNN columns a wide file has: 48 or 50."""
        return sum(1 for name in self.names if _HALF_HOUR.fullmatch(name))


def read_header(line: bytes) -> Layout:
    """Understand the first line of a file. Raises `Refused` with what was found and what is needed."""
    if len(line) > MAX_LINE:
        raise Refused(f"the first line is longer than {MAX_LINE} bytes; it must be the header")
    try:
        text = line.decode("utf-8").rstrip("\r\n")
        rows = list(csv.reader([text], strict=True))
    except UnicodeDecodeError:
        raise Refused("the file is not UTF-8 text") from None
    except csv.Error as error:
        raise Refused(f"the header can't be read: {error}") from None
    names = tuple(name.strip().lower() for name in rows[0]) if rows else ()
    if len(names) > MAX_COLUMNS:
        raise Refused(f"the header has {len(names)} columns; at most {MAX_COLUMNS} are read")
    if set(LONG_COLUMNS) <= set(names):
        return _layout(LONG, names, LONG_COLUMNS)
    if set(WIDE_COLUMNS) <= set(names):
        return _wide(names)
    shown = text if len(text) <= 100 else text[:100] + "..."
    raise Refused(
        f"no usable header: found {shown!r}, need {','.join(LONG_COLUMNS)} or {','.join(WIDE_COLUMNS)},hh01..hh48"
    )


def _wide(names: tuple[str, ...]) -> Layout:
    found = [name for name in names if _HALF_HOUR.fullmatch(name)]
    wanted = LONGEST_DAY if {"hh49", "hh50"} & set(found) else DAY
    needed = tuple(f"hh{number:02}" for number in range(1, wanted + 1))
    missing = [name for name in needed if name not in found]
    if missing:
        raise Refused(f"the header lacks {', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}")
    return _layout(WIDE, names, WIDE_COLUMNS + needed)


def _layout(format_: str, names: tuple[str, ...], needed: tuple[str, ...]) -> Layout:
    for name in needed:
        if names.count(name) > 1:
            raise Refused(f"the header has the column {name} {names.count(name)} times")
    return Layout(format_, names, tuple(name for name in names if name not in needed))
