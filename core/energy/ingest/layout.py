"""The two file formats, told apart by their header, and what each of its columns is."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace

from core.energy.ingest import words
from core.energy.ingest.source import MAX_LINE, Refused
from core.energy.ingest.terms import Terms
from core.energy.ingest.words import (
    DATE,
    END,
    FLOW,
    MINUTES,
    NO_FLOW,
    POINT,
    QUALITY,
    STAMP,
    START,
    UNIT,
    VALUE,
    VERSION,
    Flow,
    Unit,
)

LONG = "long"
WIDE = "wide"
MAX_COLUMNS = 256
TITLE_LINES = 20
"""Lines that may come before the header."""
DAY, LONGEST_DAY = 48, 50
SMALL = (VERSION, FLOW, QUALITY, UNIT, MINUTES)
"""Roles of columns with few values each, which are judged together."""
_NUMBERED = re.compile(r"hh ?0?([1-9]|[1-4][0-9]|50)")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([03]0)(?::00)?")
NEED = "point,start,version,kwh or point,date,version,hh01..hh48"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns are, by role. `extra` are the names of those that are ignored, `titles` the lines above.

    `slots` are the columns of a wide file's half hours, in order; `wall` says that they are named by what clocks show.
    `unit` and `flow` are what the name of the column of values says.
    """

    format: str
    names: tuple[str, ...]
    roles: dict[str, tuple[int, ...]]
    extra: tuple[str, ...] = ()
    slots: tuple[int, ...] = ()
    wall: bool = False
    utc_days: bool = False
    unit: Unit | None = None
    flow: Flow = NO_FLOW
    titles: int = 0

    def position(self, role: str) -> int | None:
        """The column of a role that one has at most; None where none has it."""
        found = self.roles.get(role)
        return found[0] if found else None

    def at(self, *roles: str) -> int:
        """The column of the first of these roles that one has. The layout has it."""
        return next(found for role in roles if (found := self.position(role)) is not None)

    @property
    def small(self) -> tuple[int, ...]:
        return tuple(position for role in SMALL for position in self.roles.get(role, ()))


def find_header(start: bytes, terms: Terms) -> tuple[Layout, int]:
    """The layout that the beginning of a file shows, and how many bytes come before its rows.

    Raises `Refused` with what was found and what is needed.
    """
    at, problem, first = 0, None, ""
    for number in range(TITLE_LINES + 1):
        end = start.find(b"\n", at) + 1 or len(start)
        line = start[at:end]
        if len(line) > MAX_LINE:
            raise Refused(f"the first line is longer than {MAX_LINE} bytes; it must be the header")
        cells = _cells(line)
        first = first or line.decode("utf-8", "replace").strip()
        if len(cells) > MAX_COLUMNS:
            raise Refused(f"the header has {len(cells)} columns; at most {MAX_COLUMNS} are read")
        try:
            layout = _read(cells, terms)
        except Refused as error:
            problem = problem or error
            layout = None
        if layout is not None:
            return replace(layout, titles=number), end
        at = end
        if at >= len(start):
            break
    if problem is not None:
        raise problem
    shown = first if len(first) <= 100 else first[:100] + "..."
    delimiter = next((mark for mark in ";\t|" if first.count(mark) > 1), None)
    if delimiter:
        raise Refused(
            f"the columns are divided by {delimiter!r}; save the file with commas (found {shown!r}, need {NEED})"
        )
    raise Refused(f"no usable header: found {shown!r}, need {NEED}")


def _cells(line: bytes) -> list[str]:
    try:
        text = line.decode("utf-8").rstrip("\r\n")
        rows = list(csv.reader([text], strict=True, skipinitialspace=True))
    except UnicodeDecodeError:
        raise Refused("the file is not UTF-8 text") from None
    except csv.Error:
        return text.split(",")
    return rows[0] if rows else []


def _read(cells: list[str], terms: Terms) -> Layout | None:
    """The layout of a line, None when it is no header. Raises `Refused` when it is one that can't be used."""
    names = tuple(words.normal(cell) for cell in cells)
    long, wide = _long(names, terms), _wide(names, terms)
    if terms.layout:
        return long if terms.layout == LONG else wide
    return wide or long


def _roles(names: tuple[str, ...], wanted: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    roles: dict[str, tuple[int, ...]] = {}
    for role in wanted:
        found = tuple(at for at, name in enumerate(names) if name in words.ROLES[role])
        if found:
            roles[role] = found
    return roles


def _long(names: tuple[str, ...], terms: Terms) -> Layout | None:
    roles = _roles(names, (POINT, START, STAMP, END, *SMALL))
    values = {at: found for at, name in enumerate(names) if (found := words.value_column(name)) is not None}
    if START in roles:
        roles.pop(STAMP, None)
    if not values or not {START, STAMP} & set(roles):
        return None
    if POINT not in roles and terms.point is None:
        raise Refused("no column says whose readings these are; say the point in the account's sources")
    if len(values) > 1:
        shown = ", ".join(names[at] or "?" for at in values)
        if len({names[at] for at in values}) == 1:
            raise Refused(f"the header has the column {names[min(values)]} {len(values)} times")
        raise Refused(
            f"the header has several columns of values ({shown}); send each in a file of its own, or a row for each"
        )
    at, (unit, flow) = next(iter(values.items()))
    roles[VALUE] = (at,)
    if unit is None and UNIT not in roles and terms.unit is None:
        raise Refused(
            f"the column {names[at]!r} has no unit; name it kwh, add a column unit, or say it in the account's sources"
        )
    return _whole(Layout(LONG, names, roles, unit=unit, flow=flow), terms)


def _wide(names: tuple[str, ...], terms: Terms) -> Layout | None:
    days = ("date (utc)", "utc date", "date utc")
    roles = _roles(names, (POINT, DATE, *SMALL))
    utc = [at for at, name in enumerate(names) if name in days]
    if utc:
        roles[DATE] = (*roles.get(DATE, ()), *utc)
    if DATE not in roles or (POINT not in roles and terms.point is None):
        return None
    numbered = {int(found[1]): at for at, name in enumerate(names) if (found := _NUMBERED.fullmatch(name))}
    clock = {(int(found[1]), int(found[2])): at for at, name in enumerate(names) if (found := _CLOCK.fullmatch(name))}
    if len(clock) == DAY and not numbered:
        slots = tuple(clock[hour, minute] for hour in range(24) for minute in (0, 30))
    elif numbered:
        wanted = LONGEST_DAY if {49, 50} & set(numbered) else DAY
        missing = [f"hh{number:02}" for number in range(1, wanted + 1) if number not in numbered]
        if missing:
            raise Refused(f"the header lacks {', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}")
        slots = tuple(numbered[number] for number in range(1, wanted + 1))
    else:
        return None
    double = [name for name in names if (_NUMBERED.fullmatch(name) or _CLOCK.fullmatch(name)) and names.count(name) > 1]
    if double:
        raise Refused(f"the header has the column {double[0]} {names.count(double[0])} times")
    return _whole(Layout(WIDE, names, roles, slots=slots, wall=not numbered, utc_days=bool(utc)), terms)


def _whole(layout: Layout, terms: Terms) -> Layout:
    """The layout with the columns that are ignored. Raises `Refused` where one may not be, or a role has several."""
    names, roles = layout.names, layout.roles
    for role, found in roles.items():
        if len(found) > 1 and role not in words.SEVERAL:
            shown = list(dict.fromkeys(names[at] for at in found))
            if len(shown) == 1:
                raise Refused(f"the header has the column {shown[0]} {len(found)} times")
            raise Refused(f"the header has several columns for the {role}: {', '.join(shown)}; leave one")
    used = {at for found in roles.values() for at in found} | set(layout.slots)
    extra = tuple(name for at, name in enumerate(names) if at not in used)
    ignored = {words.normal(name) for name in terms.ignore}
    odd = [name for name in extra if words.is_meaningful(name) and name not in ignored]
    if odd:
        raise Refused(
            f"the column {', '.join(map(repr, odd[:5]))} may change what the values mean; leave it out, "
            "or list it under `ignore` in the account's sources"
        )
    return replace(layout, extra=extra)
