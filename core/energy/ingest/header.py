"""A header, read as one layout has it: where its columns are, by role, or why they can't be used."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise

from core.energy.ingest import fields, times, words
from core.energy.ingest.fields import Bad, Value
from core.energy.ingest.layouts import slots
from core.energy.ingest.layouts.layout import Lack, Layout, Long, Wide
from core.energy.ingest.source import Refused
from core.energy.ingest.terms import Terms
from core.energy.ingest.words import (
    DATE,
    END,
    END_TIME,
    FLOW,
    MINUTES,
    NO_FLOW,
    PART,
    POINT,
    QUALITY,
    STAMP,
    START,
    START_TIME,
    UNIT,
    VALUE,
    VERSION,
    Flow,
    Unit,
)
from core.energy.readings.reading import HALF_HOUR

SMALL = (VERSION, FLOW, QUALITY, UNIT, MINUTES)
"""Roles of columns with few values each, which are judged together."""
_TIMES = (START, START_TIME, STAMP, END, END_TIME)
_FINER = re.compile(r"hh ?[0-9]+|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?")


@dataclass(frozen=True, slots=True)
class Block:
    """The columns of a day's half hours, in order, and of the quality of each (none: ()).

    `wall` says that they are named by what clocks show. `unit` and `flow` are what the names of the columns say.
    """

    columns: tuple[int, ...]
    flags: tuple[int, ...] = ()
    wall: bool = False
    unit: Unit | None = None
    flow: Flow = NO_FLOW


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns are, by role. `extra` are the names of those that are ignored, `titles` the lines above.

    `nameless` columns have no name, and must be empty. `kinds` are those that the name of the column of points says.
    `unit` and `flow` are what the name of the column of values says, or the sources do. `above` is what stands above
    the header, by role. `moments` are the columns that are named by an instant, with its slot.
    """

    layout: Layout
    names: tuple[str, ...]
    roles: dict[str, tuple[int, ...]]
    delimiter: str = ","
    extra: tuple[str, ...] = ()
    nameless: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    moments: tuple[tuple[int, int], ...] = ()
    utc_days: bool = False
    unit: Unit | None = None
    flow: Flow = NO_FLOW
    titles: tuple[str, ...] = ()
    above: dict[str, str] = field(default_factory=dict)

    @property
    def long(self) -> bool:
        """Whether it has a row for each interval."""
        return isinstance(self.layout.form, Long)

    @property
    def short(self) -> int:
        """How many fields a row has at least: those behind are of no use, or say a quality, and may be left out."""
        return max(at for role, found in self.roles.items() if role != QUALITY for at in found) + 1

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

    @property
    def begin(self) -> tuple[int, ...]:
        """The columns that together say which interval it is: a time, or a date and a time."""
        first = self.at(START, STAMP)
        beside = self.position(START_TIME)
        return (first,) if beside is None else (first, beside)

    @property
    def until(self) -> tuple[int, ...]:
        """The columns that together say where it ends; none: ()."""
        first, beside = self.position(END), self.position(END_TIME)
        if beside is None:
            return () if first is None else (first,)
        return (self.at(START, STAMP) if first is None else first, beside)

    @property
    def days(self) -> int | None:
        return self.position(DATE)


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a header of a layout can't be used."""

    layout: Layout
    reason: str


def cells(line: bytes, delimiter: str) -> list[str]:
    """The cells of a line that may be a header."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    try:
        rows = list(csv.reader([text], strict=True, skipinitialspace=True, delimiter=delimiter))
    except csv.Error:
        return text.split(delimiter)
    return rows[0] if rows else []


def sample_rows(sample: bytes, header: Header) -> Iterator[list[str]]:
    """The rows below a header that are whole in one line each, of the text that begins there."""
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    for line in whole.decode("utf-8", "replace").split("\n"):
        try:
            row = next(csv.reader([line.rstrip("\r")], delimiter=header.delimiter), [])
        except csv.Error:
            continue
        if len(row) >= header.short:
            yield row


def read(layout: Layout, names: tuple[str, ...], terms: Terms) -> Header | Flaw | None:
    """What a line is to a layout, by its cells' normal names; None when it is no header of it."""
    form = layout.form
    try:
        if isinstance(form, Long):
            return _long(layout, form, names, terms)
        if isinstance(form, Wide) and not form.given:
            return _wide(layout, form, names, terms)
    except Refused as refused:
        return Flaw(layout, str(refused))
    return None


def _roles(
    names: tuple[str, ...], columns: dict[str, tuple[str, ...]], wanted: tuple[str, ...], terms: Terms, *, ranked: bool
) -> dict[str, tuple[int, ...]]:
    roles: dict[str, tuple[int, ...]] = {}
    for role in wanted:
        known = [name for name in columns.get(role, ()) if name not in terms.ignore]
        if ranked and role not in words.SEVERAL:
            known = [name for name in known if name in names][:1]
        found = tuple(at for at, name in enumerate(names) if name in known)
        if found:
            roles[role] = found
    return roles


def _long(layout: Layout, form: Long, names: tuple[str, ...], terms: Terms) -> Header | None:
    if form.marks - set(names) or (form.unless and form.unless <= set(names)):
        return None
    roles = _roles(names, dict(form.columns), (POINT, *_TIMES, PART, *SMALL), terms, ranked=form.ranked)
    known = words.value_column if form.values is None else form.values.get
    values = {
        at: found for at, name in enumerate(names) if name not in terms.ignore and (found := known(name)) is not None
    }
    if START in roles:
        roles.pop(STAMP, None)
    if not values or not {START, STAMP} & set(roles) or set(form.needs) - set(roles):
        return None
    if len(values) > 1 and not form.several:
        shown = ", ".join(names[at] or "?" for at in values)
        if len({names[at] for at in values}) == 1:
            raise Refused(f"the header has the column {names[min(values)]} {len(values)} times")
        raise Refused(
            f"the header has several columns of values ({shown}); send each in a file of its own, or a row for each"
        )
    roles[VALUE] = tuple(values)
    channels = tuple(Block((at,), unit=unit, flow=flow) for at, (unit, flow) in values.items())
    unit, flow = next(iter(values.values())) if len(values) == 1 else (None, NO_FLOW)
    made = Header(layout, names, roles, blocks=channels, unit=unit or form.meaning.unit, flow=flow)
    return _whole(made, form.harmless, terms)


def _wide(layout: Layout, form: Wide, names: tuple[str, ...], terms: Terms) -> Header | None:
    if form.marks - set(names) or any(other <= set(names) for other in form.unless):
        return None
    if form.named == "moment":
        roles = _roles(names, dict(form.columns), (POINT, *SMALL), terms, ranked=form.ranked)
        moments = tuple(slots.moments(names, terms).items())
        if not moments or POINT not in roles:
            return None
        return _whole(Header(layout, names, roles, moments=moments, unit=form.meaning.unit), form.harmless, terms)
    blocks = _blocks(form, names)
    flags = {at for block in blocks for at in block.flags}
    others = tuple("" if at in flags else name for at, name in enumerate(names))
    roles = _roles(others, dict(form.columns), (POINT, DATE, *SMALL), terms, ranked=form.ranked)
    utc = [at for at, name in enumerate(names) if name in words.UTC_DAYS]
    if utc:
        roles[DATE] = (*roles.get(DATE, ()), *utc)
    if DATE not in roles:
        return None
    if not blocks:
        if POINT in roles or terms.point is not None:
            _refuse_parts(form, names)
        return None
    made = Header(layout, names, roles, blocks=blocks, utc_days=bool(utc), unit=form.meaning.unit)
    return _whole(made, form.harmless, terms)


def _blocks(form: Wide, names: tuple[str, ...]) -> tuple[Block, ...]:
    """The blocks of values, each with its flags."""
    how, first = {"number": (slots.NUMBER, 1), "start": (slots.CLOCK, 0), "end": (slots.CLOCK, 30)}[form.named]
    found: list[Block] = []
    seen: set[str] = set()
    taken: set[int] = set()
    fitting = [one for one in slots.blocks(names) if one.stem in form.stems and (one.how, one.first) == (how, first)]
    for one in fitting:
        if one.stem not in seen:
            seen.add(one.stem)
            taken |= set(one.columns)
    seen.clear()
    for one in fitting:
        if one.stem in seen:
            continue
        seen.add(one.stem)
        flags = slots.flags(names, one, form.flags, taken) or ()
        taken |= set(flags)
        unit, flow = form.stems[one.stem]
        found.append(Block(one.columns, flags, one.wall, unit, flow))
    return tuple(found)


def _refuse_parts(form: Wide, names: tuple[str, ...]) -> None:
    """Raise `Refused` where a header has columns of half hours that are not those of a day."""
    said = [(name, one) for name in names for one in slots.place(name) if one.stem in form.stems]
    numbered = [one.at for _, one in said if one.how == slots.NUMBER]
    if form.named == "number" and len(set(numbered)) > 1:
        double = [name for name, one in said if numbered.count(one.at) > 1]
        if double:
            raise Refused(f"the header has the column {double[0]} {names.count(double[0])} times")
        wanted = slots.LONGEST_DAY if {49, 50} & set(numbered) else slots.DAY
        missing = [f"hh{number:02}" for number in range(1, wanted + 1) if number not in numbered]
        raise Refused(f"the header lacks {', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}")
    clocks = [one.at for _, one in said if one.how == slots.CLOCK]
    if form.named == "start" and len(clocks) >= slots.DAY:
        double = [name for name, one in said if clocks.count(one.at) > 1]
        if double:
            raise Refused(f"the header has the column {double[0]} {names.count(double[0])} times")
        raise Refused(
            "the columns of a day do not run from 00:00 to 23:30, or by their ends from 00:30 to 24:00; put them in "
            "order, or name them hh01..hh48"
        )


def _whole(header: Header, harmless: frozenset[str], terms: Terms) -> Header:
    """The header with the columns that are ignored. Raises `Refused` where one may not be, or a role has several."""
    names, roles = header.names, header.roles
    for role, found in roles.items():
        if len(found) > 1 and role not in (*words.SEVERAL, VALUE):
            shown = list(dict.fromkeys(names[at] for at in found))
            if len(shown) == 1:
                raise Refused(f"the header has the column {shown[0]} {len(found)} times")
            raise Refused(f"the header has several columns for the {role}: {', '.join(shown)}; leave one")
    used = {at for found in roles.values() for at in found} | {at for at, _ in header.moments}
    used |= {at for block in header.blocks for at in (*block.columns, *block.flags)}
    extra = tuple((at, name) for at, name in enumerate(names) if at not in used)
    told = [name for _, name in extra if name not in terms.ignore and name not in harmless]
    finer = [name for name in told if _FINER.fullmatch(name)]
    if header.days is not None and finer:
        raise Refused(
            f"the header has the columns {', '.join(finer[:3])}{', ...' if finer[3:] else ''} beside those of half "
            "hours; send shorter intervals long, as point,start,minutes,kwh"
        )
    odd = [name for name in told if words.is_meaningful(name, of_a_point=POINT in roles)]
    if header.long and set(odd) & set(words.ROLES[DATE]) and STAMP in roles:
        raise Refused("date and time stand in two columns; put them in one, start, written 2026-01-31T00:30:00Z")
    if odd:
        raise Refused(
            f"the column {', '.join(map(repr, odd[:5]))} may change what the values mean; leave it out, "
            "or list it under `ignore` in the account's sources"
        )
    flow = header.flow.and_(terms.flow)
    if flow is None:
        name = names[roles[VALUE][0]]
        raise Refused(f"the column {name!r} says another direction than the account's sources do; mend the wrong one")
    if header.unit and terms.unit and header.unit != terms.unit:
        raise Refused(
            f"the values are {header.unit.name}, and the account's sources say {terms.unit.name}; mend the wrong one"
        )
    kinds = words.KINDS_NAMED.get(names[roles[POINT][0]], ()) if POINT in roles else ()
    nameless = tuple(at for at, name in extra if not name and name not in terms.ignore)
    left = tuple(name for _, name in extra)
    return replace(header, extra=left, kinds=kinds, nameless=nameless, unit=header.unit or terms.unit, flow=flow)


def lacks(header: Header, terms: Terms) -> list[Lack]:
    """What neither the file nor the account's sources say."""
    found = []
    if POINT not in header.roles and POINT not in header.above and terms.point is None:
        found.append(Lack("point", "no column says whose readings these are; say the point in the account's sources"))
    said = header.unit or terms.unit or terms.units or all(block.unit for block in header.blocks)
    if header.long and not said and UNIT not in header.roles:
        name = header.names[header.at(VALUE)]
        why = f"the column {name!r} has no unit; name it kwh, add a column unit, or say it in the account's sources"
        found.append(Lack("unit", why, ("kWh", "Wh", "MWh", "kW", "W")))
    return found


def lacking(line: list[str], terms: Terms) -> str:
    """What a line lacks to be the header of a long file, if it has part of one."""
    names = tuple(words.normal(cell) for cell in line)
    has = _roles(names, words.ROLES, (POINT, START, STAMP), terms, ranked=False)
    found = {"point": POINT in has, "start": bool({START, STAMP} & set(has))}
    found["values (kwh)"] = any(words.value_column(name) for name in names)
    missing = [name for name, there in found.items() if not there]
    if len(names) > slots.DAY and _roles(names, words.ROLES, (DATE,), terms, ranked=False):
        return "; columns of half hours are called hh01..hh48, or 00:00..23:30"
    return f"; no column is known as that of {' and '.join(missing)}" if 0 < len(missing) < len(found) else ""


def heed_titles(titles: list[list[str]], header: Header, terms: Terms) -> None:
    """Raises `Refused` where what stands above the header is no title: a row, or a word on what the values are."""
    for number, line in enumerate(titles, 1):
        filled = [cell for cell in line if cell.strip()]
        said = [
            not isinstance(judged, Bad)
            for cell in filled
            for judged in (fields.point(cell), times.instant(cell, terms), times.settlement_date(cell))
        ]
        numbers = [cell for cell in filled if isinstance(fields.value(cell, Fraction(1), HALF_HOUR, terms), Value)]
        if len(filled) >= max(2, len(header.names)) and any(said) and numbers:
            raise Refused(
                f"line {number} looks like a row, and stands above the header; delete it, or put the header first"
            )
        word = heed(filled, header, terms)
        if word:
            raise Refused(
                f"line {number}, above the header, says {word!r}, and no column does; say it in a column, or in the "
                "account's sources"
            )


def heed(line: list[str], header: Header, terms: Terms) -> str | None:
    """What a line that is no row says of direction, unit or clock, where neither a column nor the sources do."""
    meaning = header.layout.form.meaning if isinstance(header.layout.form, (Long, Wide)) else None
    return words.above(
        " ".join(line),
        direction=FLOW in header.roles or header.flow != NO_FLOW or PART in header.roles,
        unit=UNIT in header.roles or terms.unit is not None or bool(meaning and (meaning.unit or meaning.units)),
        zone=header.long or header.utc_days or terms.zone is not None,
    )


def filled_above(form: Long, titles: list[list[str]]) -> dict[str, str] | None:
    """What a header and a row above the header say, by role; None where they are not there."""
    for names, row in pairwise(titles):
        normal = [words.normal(name) for name in names]
        found = {
            role: row[normal.index(name)].strip()
            for role, known in form.above.items()
            for name in known
            if name in normal and normal.index(name) < len(row)
        }
        if found:
            return found
    return None
