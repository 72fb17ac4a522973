"""Which layout a file has, told by its first bytes; of two that claim it, it is refused naming both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

from core.energy.ingest import fields, header, times, words
from core.energy.ingest.fields import Bad, Value
from core.energy.ingest.header import Flaw, Header
from core.energy.ingest.layouts import LAYOUTS, slots
from core.energy.ingest.layouts.layout import Lack, Layout, Long, NoReadings, Records, Wide
from core.energy.ingest.source import MAX_LINE, Refused
from core.energy.ingest.terms import Terms, meant
from core.energy.ingest.texts import is_utf8
from core.energy.ingest.times import NO_ZONE
from core.energy.ingest.told_apart import document
from core.energy.ingest.words import DATE, FLOW, MINUTES, POINT, START, UNIT
from core.energy.readings.reading import HALF_HOUR
from core.energy.readings.sources import Source

LOOKED_AT = 64 * 1024
"""Bytes of a file by which its layout is told."""
MAX_COLUMNS = 256
TITLE_LINES = 20
"""Lines that may come before the header."""
SAMPLE_ROWS = 50
_DELIMITERS = (",", ";", "\t", "|")
_SEPARATED = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
_COMMA = re.compile(r"-?[0-9]+,[0-9]+|-?,[0-9]+")
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}(?:,[0-9]{3})+")
NEED = "point,start,version,kwh or point,date,version,hh01..hh48"


@dataclass(frozen=True, slots=True)
class Found:
    """A file's layout, and its header with the bytes before its rows (none: None, 0); what is so of it, and lacks."""

    layout: Layout
    header: Header | None
    end: int
    terms: Terms
    lacks: tuple[Lack, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that may be a header: from where to where it is, its cells by each way to divide it, and those above."""

    begin: int
    end: int
    ways: dict[str, list[str]]
    titles: list[list[str]]


def recognise(start: bytes, terms: Terms, source: Source | None = None) -> Found:
    """The layout of a file that begins so.

    Raises `Refused` with what was found and what is needed, or naming the layouts of several that claim it.
    """
    tried = [layout for layout in LAYOUTS if terms.layout in (None, layout.name)]
    start = start[: 2 * MAX_LINE]
    by_bytes = [
        layout
        for layout in tried
        if isinstance(layout.form, (Records, NoReadings)) and layout.form.begins.match(start[:LOOKED_AT])
    ]
    headers, line = _headers(start, terms, tried, must=not by_bytes)
    claims = [*by_bytes, *(found.layout for found in headers)]
    if len(claims) > 1:
        names = " and ".join(layout.name for layout in claims)
        raise Refused(
            f"the file may be {names}, and they mean different things; say the `layout` in the account's sources"
        )
    if headers and line is not None:
        return _found(headers[0], line, start, terms, source)
    for layout in by_bytes:
        if isinstance(layout.form, Records):
            return Found(layout, None, 0, meant(terms, layout.form.meaning, source=source))
        if isinstance(layout.form, NoReadings):
            refused = Refused(layout.form.reason)
            refused.layout = layout
            raise refused
    raise Refused(document(start) or _unknown(start, terms))


def _headers(start: bytes, terms: Terms, tried: list[Layout], *, must: bool) -> tuple[list[Header], _Line | None]:
    """The headers of the first line that is one. Raises `Refused` where one can't be used and no other is there."""
    for line in _lines(start, must=must):
        good: list[Header] = []
        flaws: list[Flaw] = []
        for delimiter, cells in line.ways.items():
            if len(cells) > MAX_COLUMNS:
                if must:
                    raise Refused(f"the header has {len(cells)} columns; at most {MAX_COLUMNS} are read")
                continue
            names = tuple(words.normal(cell) for cell in cells)
            for layout in tried:
                found = header.read(layout, names, terms)
                if found is None and not any(map(any, line.titles)):
                    found = _given(layout, cells, terms)
                if isinstance(found, Header):
                    good.append(replace(found, delimiter=delimiter))
                elif found is not None:
                    flaws.append(found)
        if good:
            return good, line
        if flaws and must:
            raise Refused(flaws[-1].reason)
    return [], None


def _lines(start: bytes, *, must: bool) -> Iterator[_Line]:
    """The first lines, each divided in every way that it may be."""
    at = 0
    titles: list[list[str]] = []
    told: str | None = None
    while at < len(start) and len(titles) <= TITLE_LINES:
        end = start.find(b"\n", at) + 1 or len(start)
        line = start[at:end]
        if len(line) > MAX_LINE:
            if not must or document(start):
                return
            raise Refused(f"the first line is longer than {MAX_LINE} bytes; it must be the header")
        text = line.decode("utf-8", "replace")
        said = None if titles else _SEPARATED.fullmatch(text)
        if said:
            told = said[1]
        else:
            marks = (told,) if told else tuple(mark for mark in _DELIMITERS if mark in text) or (",",)
            ways = {mark: header.cells(line, mark) for mark in marks}
            yield _Line(at, end, ways, list(titles))
            titles.append(max(ways.values(), key=len))
        at = end


def _given(layout: Layout, cells: list[str], terms: Terms) -> Header | None:
    """The header of a layout without one, where a line is a row of it."""
    form = layout.form
    if not isinstance(form, Wide) or not form.given or len(cells) != len(form.given):
        return None
    (block,) = slots.blocks(form.given)
    columns = {
        role: form.given.index(name) for role, names in form.columns.items() for name in names if name in form.given
    }
    point, day = cells[columns[POINT]], cells[columns[DATE]]
    values = [fields.value(cells[at], Fraction(1), HALF_HOUR, terms) for at in block.columns]
    judged = (fields.point(point, free=terms.free), times.settlement_date(day, form.meaning.order))
    if any(isinstance(found, Bad) for found in (*judged, *values)) or not any(isinstance(one, Value) for one in values):
        return None
    unit, flow = form.stems[block.stem]
    roles: dict[str, tuple[int, ...]] = {role: (at,) for role, at in columns.items()}
    blocks = (header.Block(block.columns, unit=unit, flow=flow),)
    return Header(layout, form.given, roles, blocks=blocks, unit=unit, flow=terms.flow)


def _found(found: Header, line: _Line, start: bytes, terms: Terms, source: Source | None) -> Found:
    form = found.layout.form
    if isinstance(form, (Long, Wide)):
        terms = meant(terms, form.meaning, source=source)
    end = line.begin if isinstance(form, Wide) and form.given else line.end
    titles = line.titles
    if isinstance(form, Long):
        if terms.stamp is None and START in found.roles and not (source and source.stamp):
            terms = replace(terms, stamp="start")
        if form.above and (above := header.filled_above(form, titles)):
            terms = _as_above(above, terms)
            flow = found.flow.and_(terms.flow) or terms.flow
            found = replace(found, above=above, unit=found.unit or terms.unit, flow=flow)
            titles = []
    header.heed_titles(titles, found, terms)
    told = tuple(" ".join(filter(None, cells)) for cells in line.titles)
    found = replace(found, titles=tuple(filter(None, told)))
    rows = list(islice(header.sample_rows(start[end:], found), SAMPLE_ROWS))
    terms = replace(terms, decimal=_decimal(rows, found, terms))
    lacks = header.lacks(found, terms)
    if found.long and terms.zone is None and _naive(rows, found, terms):
        lacks.append(Lack("zone", f"times have no zone: {NO_ZONE}"))
    return Found(found.layout, found, end, terms, tuple(lacks))


def _as_above(above: dict[str, str], terms: Terms) -> Terms:
    """The terms with what stands above a header. Raises `Refused` where it can't be."""
    if above.get(POINT):
        point = fields.point(above[POINT], free=terms.free)
        if isinstance(point, Bad):
            raise Refused(f"above the header stands the point {above[POINT]!r}: {point.reason}")
        terms = replace(terms, point=point)
    if above.get(UNIT):
        unit = words.UNITS.get(above[UNIT].lower())
        if unit is None:
            raise Refused(f"above the header stands the unit {above[UNIT]!r}, which is none of energy or its power")
        terms = replace(terms, unit=unit)
    if above.get(MINUTES):
        minutes = fields.minutes(above[MINUTES])
        if isinstance(minutes, Bad):
            raise Refused(f"above the header stand {above[MINUTES]!r} minutes: {minutes.reason}")
        terms = replace(terms, minutes=minutes, minutes_said=True)
    if above.get(FLOW):
        flow = terms.flows.get(words.said(above[FLOW]))
        if flow is None:
            raise Refused(f"above the header stands {above[FLOW]!r}, which is no direction that is known")
        terms = replace(terms, flow=flow)
    return terms


def _decimal(rows: list[list[str]], found: Header, terms: Terms) -> str:
    """The mark before decimals: what the first values show, or else what the layout says."""
    if found.delimiter == ",":
        return "."
    columns = [at for block in found.blocks for at in block.columns]
    cells = [row[at].strip() for row in rows for at in columns if at < len(row)]
    commas = [cell for cell in cells if _COMMA.fullmatch(cell)]
    points = [cell for cell in cells if "." in cell]
    if points and not commas:
        return "."
    if commas and not points and not all(map(_THOUSANDS.fullmatch, commas)):
        return ","
    return terms.decimal


def _naive(rows: list[list[str]], found: Header, terms: Terms) -> bool:
    """Whether the first times have no zone."""
    stamps = [" ".join(row[at].strip() for at in found.begin) for row in rows]
    judged = [times.instant(_first(stamp, found), terms) for stamp in stamps]
    return bool(judged) and all(isinstance(one, Bad) and one.reason == NO_ZONE for one in judged)


def _first(stamp: str, found: Header) -> str:
    form = found.layout.form
    return re.split(r"\s+to\s+", stamp)[0] if isinstance(form, Long) and form.span else stamp


def _unknown(start: bytes, terms: Terms) -> str:
    """What is said of a file that has no layout that is known."""
    if not is_utf8(start):
        return "the file is not UTF-8 text, nor UTF-16 or Windows-1252"
    lines = [line for line in start.decode("utf-8", "replace").splitlines() if line.strip()]
    first = lines[0].strip() if lines else ""
    shown = first if len(first) <= 100 else first[:100] + "..."
    delimiter = max(_DELIMITERS, key=first.count)
    lacking = header.lacking(header.cells(first.encode(), delimiter), terms)
    if terms.layout and terms.layout not in {layout.name for layout in LAYOUTS}:
        return f"the account's sources say the layout {terms.layout!r}, which there is not"
    tried = f" (only the layout {terms.layout} was tried)" if terms.layout else ""
    return f"no usable header: found {shown!r}, need {NEED}, or a layout of docs/formats.md{tried}{lacking}"
