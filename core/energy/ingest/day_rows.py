"""Rows of one day each: the half hours of a day, all of them or none; most are taken in bulk (`runs`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from core.energy.ingest import times, words
from core.energy.ingest.batches import Batches
from core.energy.ingest.csv_rows import CsvRows
from core.energy.ingest.fields import GAP, Bad, Gap, Traits, Value
from core.energy.ingest.header import Block, Header
from core.energy.ingest.judge import Judge
from core.energy.ingest.layouts.slots import DAY
from core.energy.ingest.runs import Run, Runs
from core.energy.ingest.tally import Tally, reading
from core.energy.ingest.times import SLOT_MINUTES, SLOT_US
from core.energy.ingest.words import MINUTES
from core.energy.readings.periods import midnight, next_period
from core.energy.readings.points import zone_of
from core.energy.readings.reading import HALF_HOUR, QUALITIES
from core.energy.readings.zones import named
from core.kernel.clock import microseconds

_STEP = HALF_HOUR // SLOT_MINUTES
Cell = tuple[int, str, Value | Gap | Bad]
"""A cell of a row: its column, its text, and what that is found to be."""


class DayRows(CsvRows):
    """The rows of a file with a row for each day. `padding` and `by_wall` count cells and rows (`staging`)."""

    def __init__(self, judge: Judge, header: Header, tally: Tally, batches: Batches) -> None:
        super().__init__(judge, header, tally)
        self.padding = self.by_wall = 0
        self.runs = Runs(judge, batches, self._odd_run)
        self._plain = len(header.blocks) == 1
        self._plausible = times.plausible(judge.terms)

    def row(self, line: int, row: list[str]) -> None:
        """Judge a row."""
        self._tally.rows += 1
        if self.odd(line, row):
            return
        point = self.point_of(line, row)
        if point is None:
            return
        traits = self.all_traits(line, row)
        if traits is None:
            return
        if traits[0].minutes not in (None, HALF_HOUR):
            said = self.header.at(MINUTES)
            self.bad(line, said, row[said], "the columns are half hours; send other intervals long")
            return
        at = self.header.days
        if at is None:
            return
        day = self._judge.day(row[at])
        if isinstance(day, Bad):
            self.bad(line, at, row[at], day.reason)
            return
        first, length, _ = _day(self._zone(point), day)
        if first % _STEP:
            reason = f"in the zone {self._zone(point)} a day begins at no half hour; send it long"
            self.bad(line, at, row[at], reason)
            return
        if self._plain and length == DAY and self._been(first):
            only = self.header.blocks[0]
            quality = self._quality(only, row, traits[0])
            if quality is not None and not any(row[column].strip() for column in only.columns[DAY:]):
                cells = [row[column] for column in only.columns[:DAY]]
                self.runs.add(Run(line, point, quality, first, HALF_HOUR, cells, (row, day, traits)))
                return
        self._one_by_one(line, row, point, day, traits)

    def _been(self, first: int) -> bool:
        """Whether all half hours of a day of 24 hours have been."""
        return self._plausible[0] <= first and first + (DAY - 1) * _STEP <= self._plausible[1]

    def _quality(self, block: Block, row: list[str], traits: Traits) -> Traits | None:
        """The traits with the quality that all half hours of a row have; None where they have several."""
        if not block.flags:
            return traits
        said = {row[at] for at in block.flags[:DAY]}
        if len(said) > 1:
            return None
        quality = self._judge.quality(said.pop())
        if isinstance(quality, Bad):
            return None
        worse = max(quality, traits.quality, key=QUALITIES.index)
        return traits if worse == traits.quality else replace(traits, quality=worse)

    def _odd_run(self, run: Run) -> None:
        row, day, traits = run.row
        self._one_by_one(run.line, row, run.point, day, traits, plain=False)

    def _zone(self, point: str) -> tzinfo:
        return UTC if self.header.utc_days else self._terms.zone or named(zone_of(point))

    def _one_by_one(
        self, line: int, row: list[str], point: str, day: date, traits: tuple[Traits, ...], *, plain: bool = True
    ) -> None:
        """Judge each half hour; what turns out to be `plain` is taken in bulk all the same, in its turn."""
        found = []
        for block, whole in zip(self.header.blocks, traits, strict=True):
            placed = self._block(line, row, point, day, block, whole)
            if placed is None:
                return
            found.append((whole, placed))
        first, _, _ = _day(self._zone(point), day)
        for whole, placed in found:
            if plain and self._plain and all(quality is None and _is_plain(cell) for quality, cell in placed):
                cells = [text if isinstance(value, Value) else "" for _, (_, text, value) in placed]
                self.runs.add(Run(line, point, whole, first, HALF_HOUR, cells, (row, day, traits)))
                continue
            for number, (quality, (_, _, value)) in enumerate(placed):
                if isinstance(value, Value):
                    self._judge.rounded += value.rounded
                    slot = first + number * _STEP
                    better = whole if quality is None else replace(whole, quality=quality)
                    self._tally.add(reading(point, better, slot, HALF_HOUR, value, line))
                else:
                    self._tally.gaps += 1

    def _block(
        self, line: int, row: list[str], point: str, day: date, block: Block, traits: Traits
    ) -> list[tuple[str | None, Cell]] | None:
        """The half hours that the day has, in their order, with the quality of each; None when the row is rejected."""
        first, length, gap = _day(self._zone(point), day)
        cells = [(at, row[at], self._judge.cell(row[at], traits.factor, HALF_HOUR)) for at in block.columns]
        bad = next(((at, text, found.reason) for at, text, found in cells if isinstance(found, Bad)), None)
        if bad is not None:
            self.bad(line, *bad)
            return None
        if length > len(cells):
            reason = f"{day} has {length} half hours; the header lacks hh49,hh50"
            if block.wall:
                reason = f"{day} has {length} half hours, and the columns name each time once; send it long"
            self._tally.reject(line, "date", str(day), reason, counted=True)
            return None
        placed = self._placed(line, day, length, gap, cells, block)
        ends = (times.placed(first + number * _STEP, self._terms) for number in (0, length))
        if placed and any(isinstance(slot, Bad) for slot in ends):
            placed = self._that_were(line, day, first, placed)
        if placed is None:
            return None
        qualities = self._qualities(line, row, block, traits, placed)
        return None if qualities is None else list(zip(qualities, placed, strict=True))

    def _qualities(
        self, line: int, row: list[str], block: Block, traits: Traits, placed: list[Cell]
    ) -> list[str | None] | None:
        if not block.flags:
            return [None] * len(placed)
        beside = dict(zip(block.columns, block.flags, strict=True))
        found: list[str | None] = []
        for number, (at, text, value) in enumerate(placed):
            if isinstance(value, Gap) or at not in beside:
                found.append(None)
                continue
            if words.said(row[beside[at]]) in words.GAPS - {""} and _is_nothing(placed[number]):
                placed[number] = (at, text, GAP)  # a zero that is flagged as no reading
                found.append(None)
                continue
            quality = self._judge.quality(row[beside[at]])
            if isinstance(quality, Bad):
                self.bad(line, beside[at], row[beside[at]], quality.reason)
                return None
            found.append(max(quality, traits.quality, key=QUALITIES.index))
        return found

    def _placed(
        self, line: int, day: date, length: int, gap: int, cells: list[Cell], block: Block
    ) -> list[Cell] | None:
        """The cells of the half hours that the day has, in their order; None when the row is rejected."""
        if length > DAY and self._terms.clock != "elapsed" and all(map(_is_nothing, cells[DAY:])):
            reason = f"{day} has {length} half hours, and hh49 and hh50 have none; fill them, or say `clock` elapsed"
            self._tally.reject(line, "date", str(day), f"{reason} in the account's sources", counted=True)
            return None
        if length >= DAY:
            return self._within(line, day, length, cells)
        skipped = cells[gap : gap + DAY - length]
        behind = cells[length:DAY]
        by_wall = block.wall or self._terms.clock == "wall"
        if not by_wall and self._terms.clock is None:
            nothing = all(_is_nothing(cell) for cell in skipped)
            if nothing and not all(_is_nothing(cell) for cell in behind):
                by_wall = True
            elif nothing and not all(isinstance(cell[2], Gap) for cell in behind):
                self._tally.reject(
                    line,
                    "date",
                    str(day),
                    f"{day} has {length} half hours, and zeros stand both where clocks were put forward and at the "
                    "end; leave the columns empty that it has not, or say `clock` in the account's sources",
                    counted=True,
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

    def _that_were(self, line: int, day: date, first: int, placed: list[Cell]) -> list[Cell] | None:
        """The cells, zeros of a time that is yet to come (or too early to be) being gaps; None for other values."""
        been = []
        for number, cell in enumerate(placed):
            begin, end = (times.placed(first + place * _STEP, self._terms) for place in (number, number + 1))
            if isinstance(begin, Bad) and not _is_nothing(cell):
                self.bad(line, cell[0], cell[1], f"of {day}: {begin.reason}")
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
            self.bad(line, flawed[0], flawed[1], reason)
        return flawed is not None

    def end(self) -> None:
        """No row follows."""


def _is_nothing(cell: Cell) -> bool:
    """Whether a cell has no value, or zero, with which programs fill columns that a day has not."""
    found = cell[2]
    return isinstance(found, Gap) or (isinstance(found, Value) and not found.scaled)


def _is_plain(cell: Cell) -> bool:
    """Whether a cell is no reading, or a number without a flag and with all of its digits."""
    found = cell[2]
    return isinstance(found, Gap) or (isinstance(found, Value) and not found.quality and not found.rounded)


@lru_cache(maxsize=4096)
def _day(zone: tzinfo, day: date) -> tuple[int, int, int]:
    """The first slot of a settlement day, its half hours, and how many of them come before clocks leap."""
    begin, end = (microseconds(midnight(zone, d)) for d in (day, next_period(day, "day")))
    length = (end - begin) // SLOT_US // _STEP
    shown = 0
    moment = datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
    while length != DAY and shown < length and _clock(moment, zone) == timedelta(minutes=HALF_HOUR) * shown:
        moment, shown = moment + timedelta(minutes=HALF_HOUR), shown + 1
    return begin // SLOT_US, length, shown


def _clock(moment: datetime, zone: tzinfo) -> timedelta:
    local = moment.astimezone(zone)
    return timedelta(hours=local.hour, minutes=local.minute)
