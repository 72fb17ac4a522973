"""The two file formats, told apart by their header, and what each of its columns is."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from fractions import Fraction

from core.energy.ingest import fields, words
from core.energy.ingest.fields import Bad, Value
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
from core.energy.readings.reading import HALF_HOUR

LONG = "long"
WIDE = "wide"
MAX_COLUMNS = 256
TITLE_LINES = 20
"""Lines that may come before the header."""
DAY, LONGEST_DAY = 48, 50
SMALL = (VERSION, FLOW, QUALITY, UNIT, MINUTES)
"""Roles of columns with few values each, which are judged together."""
_NUMBERED = re.compile(r"hh ?0?([1-9]|[1-4][0-9]|50)")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([03]0)(?::00)?")
_NUMBERED_ANY = re.compile(r"hh ?[0-9]+|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?")
NEED = "point,start,version,kwh or point,date,version,hh01..hh48"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns are, by role. `extra` are the names of those that are ignored, `titles` the lines above.

    `slots` are the columns of a wide file's half hours, in order; `wall` says that they are named by what clocks show.
    `nameless` columns have no name, and must be empty. `kinds` are those that the name of the column of points says.
    `unit` and `flow` are what the name of the column of values says, or the sources do.
    """

    format: str
    names: tuple[str, ...]
    roles: dict[str, tuple[int, ...]]
    extra: tuple[str, ...] = ()
    nameless: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    slots: tuple[int, ...] = ()
    wall: bool = False
    utc_days: bool = False
    unit: Unit | None = None
    flow: Flow = NO_FLOW
    titles: tuple[str, ...] = ()

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
    at, first = 0, ""
    titles: list[list[str]] = []
    for _ in range(TITLE_LINES + 1):
        end = start.find(b"\n", at) + 1 or len(start)
        line = start[at:end]
        if len(line) > MAX_LINE:
            raise Refused(f"the first line is longer than {MAX_LINE} bytes; it must be the header")
        cells = _cells(line)
        first = first or line.decode("utf-8", "replace").strip()
        if len(cells) > MAX_COLUMNS:
            raise Refused(f"the header has {len(cells)} columns; at most {MAX_COLUMNS} are read")
        layout = _read(cells, terms)
        if layout is not None:
            _heed(titles, layout, terms)
            return replace(layout, titles=tuple(" ".join(filter(None, cells)) for cells in titles)), end
        titles.append(cells)
        at = end
        if at >= len(start):
            break
    shown = first if len(first) <= 100 else first[:100] + "..."
    delimiter = next((mark for mark in ";\t|" if first.count(mark) > 1), None)
    if delimiter:
        raise Refused(
            f"the columns are divided by {delimiter!r}; save the file with commas (found {shown!r}, need {NEED})"
        )
    raise Refused(f"no usable header: found {shown!r}, need {NEED}{_lacking(titles[0], terms)}")


def _lacking(cells: list[str], terms: Terms) -> str:
    """What a line lacks to be the header of a long file, if it has part of one."""
    names = tuple(words.normal(cell) for cell in cells)
    has = _roles(names, (POINT, START, STAMP), terms)
    lacks = {"point": POINT in has, "start": bool({START, STAMP} & set(has))}
    lacks["values (kwh)"] = any(words.value_column(name) for name in names)
    missing = [name for name, found in lacks.items() if not found]
    if len(names) > DAY and _roles(names, (DATE,), terms):
        return "; columns of half hours are called hh01..hh48, or 00:00..23:30"
    return f"; no column is known as that of {' and '.join(missing)}" if 0 < len(missing) < len(lacks) else ""


def _heed(titles: list[list[str]], layout: Layout, terms: Terms) -> None:
    """Raises `Refused` where what stands above the header is no title: a row, or a word on what the values are."""
    for number, cells in enumerate(titles, 1):
        filled = [cell for cell in cells if cell.strip()]
        said = [
            not isinstance(judged, Bad)
            for cell in filled
            for judged in (fields.point(cell), fields.instant(cell, terms), fields.settlement_date(cell))
        ]
        numbers = [cell for cell in filled if isinstance(fields.value(cell, Fraction(1), HALF_HOUR, terms), Value)]
        if len(filled) >= max(2, len(layout.names)) and any(said) and numbers:
            raise Refused(
                f"line {number} looks like a row, and stands above the header; delete it, or put the header first"
            )
        word = heed(filled, layout, terms)
        if word:
            raise Refused(
                f"line {number}, above the header, says {word!r}, and no column does; say it in a column, or in the "
                "account's sources"
            )


def heed(cells: list[str], layout: Layout, terms: Terms) -> str | None:
    """What a line that is no row says of direction, unit or clock, where neither a column nor the sources do."""
    return words.above(
        " ".join(cells),
        direction=FLOW in layout.roles or layout.flow != NO_FLOW,
        unit=UNIT in layout.roles or terms.unit is not None,
        zone=layout.format == LONG or layout.utc_days or terms.zone is not None,
    )


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


def _roles(names: tuple[str, ...], wanted: tuple[str, ...], terms: Terms) -> dict[str, tuple[int, ...]]:
    roles: dict[str, tuple[int, ...]] = {}
    for role in wanted:
        known = {*words.ROLES[role]} - terms.ignore
        found = tuple(at for at, name in enumerate(names) if name in known)
        if found:
            roles[role] = found
    return roles


def _long(names: tuple[str, ...], terms: Terms) -> Layout | None:
    roles = _roles(names, (POINT, START, STAMP, END, *SMALL), terms)
    values = {
        at: found
        for at, name in enumerate(names)
        if name not in terms.ignore and (found := words.value_column(name)) is not None
    }
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
    roles = _roles(names, (POINT, DATE, *SMALL), terms)
    utc = [at for at, name in enumerate(names) if name in words.UTC_DAYS]
    if utc:
        roles[DATE] = (*roles.get(DATE, ()), *utc)
    if DATE not in roles or (POINT not in roles and terms.point is None):
        return None
    numbered = {int(found[1]): at for at, name in enumerate(names) if (found := _NUMBERED.fullmatch(name))}
    clock = {(int(found[1]), int(found[2])): at for at, name in enumerate(names) if (found := _CLOCK.fullmatch(name))}
    if len(clock) == DAY and not numbered:
        if list(clock) != sorted(clock):
            raise Refused(
                "the columns of a day do not run from 00:00 to 23:30; if they are named by the ends of half hours, "
                "name them by their starts, or hh01..hh48"
            )
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
    extra = tuple((at, name) for at, name in enumerate(names) if at not in used)
    told = [name for _, name in extra if name not in terms.ignore]
    finer = [name for name in told if _NUMBERED_ANY.fullmatch(name)]
    if layout.format == WIDE and finer:
        raise Refused(
            f"the header has the columns {', '.join(finer[:3])}{', ...' if finer[3:] else ''} beside those of half "
            "hours; send shorter intervals long, as point,start,minutes,kwh"
        )
    odd = [name for name in told if words.is_meaningful(name, of_a_point=POINT in roles)]
    if layout.format == LONG and set(odd) & set(words.ROLES[DATE]) and STAMP in roles:
        raise Refused("date and time stand in two columns; put them in one, start, written 2026-01-31T00:30:00Z")
    if odd:
        raise Refused(
            f"the column {', '.join(map(repr, odd[:5]))} may change what the values mean; leave it out, "
            "or list it under `ignore` in the account's sources"
        )
    flow = layout.flow.and_(terms.flow)
    if flow is None:
        name = names[roles[VALUE][0]]
        raise Refused(f"the column {name!r} says another direction than the account's sources do; mend the wrong one")
    if layout.unit and terms.unit and layout.unit != terms.unit:
        raise Refused(
            f"the values are {layout.unit.name}, and the account's sources say {terms.unit.name}; mend the wrong one"
        )
    kinds = words.KINDS_NAMED.get(names[roles[POINT][0]], ()) if POINT in roles else ()
    nameless = tuple(at for at, name in extra if not name and name not in terms.ignore)
    left = tuple(name for _, name in extra)
    unit = layout.unit or terms.unit
    return replace(layout, extra=left, kinds=kinds, nameless=nameless, unit=unit, flow=flow)
