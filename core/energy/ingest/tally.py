"""One row at a time: its readings, its gaps, or why it is rejected; and the counts of all three.

rows = accepted + rejected + blank, always.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from fractions import Fraction
from functools import lru_cache

from core.energy.ingest import fields, words
from core.energy.ingest.batches import Row
from core.energy.ingest.fields import GAP, SLOT_MINUTES, SLOT_US, Bad, Gap, Traits, Value
from core.energy.ingest.judge import Judge
from core.energy.ingest.layout import DAY, LONG, heed
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.words import DATE, END, MINUTES, POINT, STAMP, START, VALUE
from core.energy.readings.periods import midnight, next_period
from core.energy.readings.points import zone_of
from core.energy.readings.reading import HALF_HOUR, QUALITIES
from core.energy.readings.zones import named
from core.kernel.clock import microseconds

_STEP = HALF_HOUR // SLOT_MINUTES
Cell = tuple[int, str, Value | Gap | Bad]
"""A cell of a wide row: its column, its text, and what that is found to be."""
# More than the letters of a time.
_WORD = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True, slots=True)
class Turn:
    """A line between rows that gives those that follow it another meaning."""

    line: int
    text: str
    what: str


class Tally:
    """Judges rows and keeps their readings until they are taken, and counts rows, blank ones and gaps."""

    def __init__(self, judge: Judge, rejects: Rejects) -> None:
        self.layout, self._judge, self._rejects = judge.layout, judge, rejects
        self._terms = judge.terms
        self.rows = self.blank = self.gaps = self.padding = self.by_wall = 0
        self.pending: list[Row] = []
        self.turn: Turn | None = None
        position = self.layout.position
        self._point, self._end = position(POINT), position(END)
        if self.layout.format == LONG:
            self._value, self._start = self.layout.at(VALUE), self.layout.at(START, STAMP)
        else:
            self._date = self.layout.at(DATE)

    def take(self) -> list[Row]:
        taken, self.pending = self.pending, []
        return taken

    def note_blank(self) -> None:
        self.rows += 1
        self.blank += 1

    def reject(self, line: int, column: str | None, text: str, reason: str) -> None:
        """A row that is rejected before its fields are judged."""
        self.rows += 1
        self._rejects.add(line, column, text, reason)

    def long(self, line: int, row: list[str], *, counted: bool = True) -> None:
        """Judge a row of a long file; `counted` says that it is in `rows` already, and is none to keep."""
        self.rows += not counted
        if not any(cell.strip() for cell in row):
            self.blank += 1
            return
        if self._odd(line, row):
            return
        found = self._long(line, row)
        if isinstance(found, tuple):
            self.pending.append(found)
        elif isinstance(found, Gap):
            self.gaps += 1

    def _odd(self, line: int, row: list[str]) -> bool:
        """Reject a header, and a row with a value under no name; note a line that is no row but says what rows are."""
        stray = next((row[place].strip() for place in self.layout.nameless if row[place].strip()), None)
        if stray:
            reason = "a value stands in a column without a name; name it, leave it out, or list '' under `ignore`"
            self._rejects.add(line, None, stray, f"{reason} in the account's sources")
            return True
        if self._is_somebody_s(row):
            return False
        if tuple(map(words.normal, row)) == self.layout.names:
            self._rejects.add(line, None, ",".join(row), "this is the header again")
            return True
        self._note_turn(line, row)
        return False

    def _is_somebody_s(self, row: list[str]) -> bool:
        """Whether a row has a point, or where the sources say that, a time."""
        if self._point is not None:
            return len(row) > self._point and not isinstance(self._judge.point(row[self._point]), Bad)
        if self.layout.format == LONG:
            return len(row) > self._start and not isinstance(self._judge.instant(row[self._start]), Bad)
        return len(row) > self._date and not isinstance(fields.settlement_date(row[self._date]), Bad)

    def heed(self, line: int, row: list[str]) -> None:
        """Look at a line that is no row of the file's width: it may say what those that follow it are."""
        if not self._is_somebody_s(row):
            self._note_turn(line, row)

    def _note_turn(self, line: int, row: list[str]) -> None:
        """Note the first line that is nobody's, but gives those that follow it another meaning, as a header does."""
        if self.turn is not None or not _WORD.search(" ".join(row)):
            return
        said = heed(row, self.layout, self._terms)
        value = row[self._value] if self.layout.format == LONG and len(row) > self._value else ""
        if said or words.like_header(row) or words.renames(value, self.layout.names[self._value] if value else ""):
            self.turn = Turn(line, ",".join(row)[:100], f"says {said!r}" if said else "is another header")

    def _long(self, line: int, row: list[str]) -> Row | Gap | None:
        point = self._point_of(line, row)
        if point is None:
            return None
        traits = self._traits(line, row)
        if traits is None:
            return None
        begin = row[self._start]
        if self._end is None and traits.minutes is None:
            length, slot = self._terms.minutes, self._judge.start(begin)
        else:
            slot, length = self._judge.instant(begin), traits.minutes or self._terms.minutes
            if not isinstance(slot, Bad):
                ends = self._end is None and self._terms.stamp == "end"
                slot = fields.placed(slot - (length // SLOT_MINUTES if ends else 0), self._terms)
            if self._end is not None and not isinstance(slot, Bad):
                until = self._judge.until(row[self._end])
                between = until if isinstance(until, Bad) else self._judge.length(slot, until)
                if isinstance(between, Bad) or (traits.minutes and between != traits.minutes):
                    why = (
                        between.reason.replace("the start", "the end")
                        if isinstance(between, Bad)
                        else "the end is not so many minutes after the start"
                    )
                    self._bad(line, self._end, row[self._end], why)
                    return None
                length = between
            if not isinstance(slot, Bad) and slot % (length // SLOT_MINUTES):
                slot = Bad(fields.off_grid(length))
        if isinstance(slot, Bad):
            self._judge.note_off_grid(point, begin, length)
            self._bad(line, self._start, begin, slot.reason)
            return None
        text = row[self._value]
        value = self._judge.value(text, _factor(traits, length, self._terms.minutes), length)
        if isinstance(value, Bad):
            self._bad(line, self._value, text, value.reason)
            return None
        if isinstance(value, Gap):
            return value
        self._judge.rounded += value.rounded
        return _row(point, traits, slot, length, value, line)

    def wide(self, line: int, row: list[str]) -> None:
        """Judge a row of a wide file: the readings of a day, all of them or none."""
        self.rows += 1
        if self._odd(line, row):
            return
        point, traits = self._point_of(line, row), self._traits(line, row)
        if point is None or traits is None:
            return
        if traits.minutes not in (None, HALF_HOUR):
            at = self.layout.at(MINUTES)
            self._bad(line, at, row[at], "the columns are half hours; send other intervals long")
            return
        day = fields.settlement_date(row[self._date])
        if isinstance(day, Bad):
            self._bad(line, self._date, row[self._date], day.reason)
            return
        if self.layout.utc_days:
            zone: tzinfo = UTC
        else:
            zone = self._terms.zone or named(zone_of(point))
        first, length, gap = _day(zone, day)
        if first % _STEP:
            self._bad(
                line, self._date, row[self._date], f"in the zone {zone} a day begins at no half hour; send it long"
            )
            return
        cells = [(at, row[at], self._judge.value(row[at], traits.factor, HALF_HOUR)) for at in self.layout.slots]
        bad = next(((at, text, found.reason) for at, text, found in cells if isinstance(found, Bad)), None)
        if bad is not None:
            self._bad(line, *bad)
            return
        if length > len(cells):
            reason = f"{day} has {length} half hours; the header lacks hh49,hh50"
            if self.layout.wall:
                reason = f"{day} has {length} half hours, and the columns name each time once; send it long"
            self._rejects.add(line, "date", str(day), reason)
            return
        placed = self._placed(line, day, length, gap, cells)
        ends = (fields.placed(first + number * _STEP, self._terms) for number in (0, length))
        if placed and any(isinstance(slot, Bad) for slot in ends):
            placed = self._been(line, day, first, placed)
        if placed is None:
            return
        for number, (_, _, found) in enumerate(placed):
            if isinstance(found, Value):
                self._judge.rounded += found.rounded
                self.pending.append(_row(point, traits, first + number * _STEP, HALF_HOUR, found, line))
            else:
                self.gaps += 1

    def _placed(self, line: int, day: date, length: int, gap: int, cells: list[Cell]) -> list[Cell] | None:
        """The cells of the half hours that the day has, in their order; None when the row is rejected."""
        if length > DAY and self._terms.clock != "elapsed" and all(map(_is_nothing, cells[DAY:])):
            reason = f"{day} has {length} half hours, and hh49 and hh50 have none; fill them, or say `clock` elapsed"
            self._rejects.add(line, "date", str(day), f"{reason} in the account's sources")
            return None
        if length >= DAY:
            return self._within(line, day, length, cells)
        skipped = cells[gap : gap + DAY - length]
        behind = cells[length:DAY]
        by_wall = self.layout.wall or self._terms.clock == "wall"
        if not by_wall and self._terms.clock is None:
            nothing = all(_is_nothing(cell) for cell in skipped)
            if nothing and not all(_is_nothing(cell) for cell in behind):
                by_wall = True
            elif nothing and not all(isinstance(cell[2], Gap) for cell in behind):
                self._rejects.add(
                    line,
                    "date",
                    str(day),
                    f"{day} has {length} half hours, and zeros stand both where clocks were put forward and at the "
                    "end; leave the columns empty that it has not, or say `clock` in the account's sources",
                )
                return None
        if not by_wall:
            return self._within(line, day, length, cells)
        if self._holds(line, skipped, f"clocks were put forward on {day}; there was no such half hour"):
            return None
        if self._holds(line, cells[DAY:], f"{day} has {length} half hours; this column must be empty"):
            return None
        self.by_wall += 1
        return [*cells[:gap], *cells[gap + DAY - length : DAY]]

    def _been(self, line: int, day: date, first: int, placed: list[Cell]) -> list[Cell] | None:
        """The cells, zeros of a time that is yet to come (or too early to be) being gaps; None for other values."""
        been = []
        for number, cell in enumerate(placed):
            begin, end = (fields.placed(first + place * _STEP, self._terms) for place in (number, number + 1))
            if isinstance(begin, Bad) and not _is_nothing(cell):
                self._bad(line, cell[0], cell[1], f"of {day}: {begin.reason}")
                return None
            never = isinstance(begin, Bad) or (isinstance(end, Bad) and _is_nothing(cell))
            been.append((cell[0], cell[1], GAP) if never else cell)
        return been

    def _within(self, line: int, day: date, length: int, cells: list[Cell]) -> list[Cell] | None:
        behind = cells[length:]
        if self._holds(line, behind, f"{day} has {length} half hours; this column must be empty"):
            return None
        self.padding += sum(not isinstance(cell[2], Gap) for cell in behind)
        return cells[:length]

    def _holds(self, line: int, cells: list[Cell], reason: str) -> bool:
        """Whether a cell that must be empty is not; the row is rejected then."""
        flawed = next((cell for cell in cells if not _is_nothing(cell)), None)
        if flawed is not None:
            self._bad(line, flawed[0], flawed[1], reason)
        return flawed is not None

    def _point_of(self, line: int, row: list[str]) -> str | None:
        if self._point is None:
            return self._terms.point
        found = self._judge.point(row[self._point])
        if isinstance(found, Bad):
            self._bad(line, self._point, row[self._point], found.reason)
            return None
        return found

    def _traits(self, line: int, row: list[str]) -> Traits | None:
        found = self._judge.traits(tuple(row[at] for at in self.layout.small))
        if isinstance(found, Traits):
            return found
        at, bad = found
        self._bad(line, at, row[at] if self.layout.small else "", bad.reason)
        return None

    def _bad(self, line: int, at: int, text: str, reason: str) -> None:
        """Reject a row for one of its fields."""
        self._rejects.add(line, self.layout.names[at], text, reason)


def _row(point: str, traits: Traits, slot: int, length: int, value: Value, line: int) -> Row:
    quality = traits.quality
    if value.quality:
        quality = max(value.quality, quality, key=QUALITIES.index)
    return point, traits.channel, slot, length, traits.version, value.scaled, quality, line


def _factor(traits: Traits, length: int, assumed: int) -> Fraction:
    """The traits' factor, which for power is that of their own minutes, or else of those assumed."""
    counted = traits.minutes or assumed
    if length == counted or not traits.power:
        return traits.factor
    return traits.factor * Fraction(length, counted)


def _is_nothing(cell: Cell) -> bool:
    """Whether a cell has no value, or zero, with which programs fill columns that a day has not."""
    found = cell[2]
    return isinstance(found, Gap) or (isinstance(found, Value) and not found.scaled)


@lru_cache(maxsize=1024)
def _day(zone: tzinfo, day: date) -> tuple[int, int, int]:
    """The first slot of a settlement day, its half hours, and how many of them come before clocks leap."""
    begin, end = (microseconds(midnight(zone, d)) for d in (day, next_period(day, "day")))
    length = (end - begin) // SLOT_US // _STEP
    shown = 0
    moment = datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
    while shown < length and _clock(moment, zone) == timedelta(minutes=HALF_HOUR) * shown:
        moment, shown = moment + timedelta(minutes=HALF_HOUR), shown + 1
    return begin // SLOT_US, length, shown


def _clock(moment: datetime, zone: tzinfo) -> timedelta:
    local = moment.astimezone(zone)
    return timedelta(hours=local.hour, minutes=local.minute)
