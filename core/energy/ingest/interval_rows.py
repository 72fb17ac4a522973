"""Rows of one interval each, one at a time: a reading (or one for each channel), a gap, or why the row is rejected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from core.energy.ingest import stamps, times
from core.energy.ingest.clocks import Clocks
from core.energy.ingest.csv_rows import CsvRows
from core.energy.ingest.fields import Bad, Gap, Traits
from core.energy.ingest.header import Header
from core.energy.ingest.judge import Judge
from core.energy.ingest.tally import Tally, reading
from core.energy.ingest.times import SLOT_MINUTES, Twice
from core.energy.readings.reading import MINUTES as LENGTHS


@dataclass(frozen=True, slots=True)
class _Waits:
    """A row whose time other rows have to tell."""

    line: int
    row: list[str]
    point: str
    traits: tuple[Traits, ...]


class IntervalRows(CsvRows):
    """The rows of a file with a row for each interval."""

    def __init__(self, judge: Judge, header: Header, tally: Tally) -> None:
        super().__init__(judge, header, tally)
        self._clocks = Clocks(self._told)

    def row(self, line: int, row: list[str], *, counted: bool = False) -> None:
        """Judge a row; `counted` says that it is in `rows` already, and is none to keep."""
        self._tally.rows += not counted
        if not any(cell.strip() for cell in row):
            self._tally.blank += 1
            return
        if self.odd(line, row):
            return
        point = self.point_of(line, row)
        if point is None:
            return
        whole = self.all_traits(line, row)
        if whole is None:
            return
        length = self._length(whole[0])
        slot = self._judge.start(self.begin(row)) if self._fixed(whole[0]) else self._judge.instant(self.begin(row))
        series = (point, whole[0].channel, whole[0].version)
        if isinstance(slot, Twice):
            self._clocks.hold(series, _Waits(line, row, point, whole), slot)
            return
        if isinstance(slot, Bad):
            self._judge.note_off_grid(point, self.begin(row), length)
            self.bad(line, self.header.begin[0], self.begin(row), slot.reason)
            return
        if self._terms.zone is not None:
            step = length // SLOT_MINUTES if self._fixed(whole[0]) and not times.at_start(self._terms) else 0
            self._clocks.sure(series, slot + step)
        self._placed(_Waits(line, row, point, whole), slot)

    def end(self) -> None:
        """No row follows."""
        self._clocks.end()

    def _fixed(self, traits: Traits) -> bool:
        """Whether a row's interval has the file's length."""
        return not self.header.until and traits.minutes is None

    def _length(self, traits: Traits) -> int:
        return traits.minutes or self._terms.minutes

    def _told(self, waited: _Waits, stamp: int | Bad) -> None:
        """A row's time is told, or is not."""
        if isinstance(stamp, Bad):
            self.bad(waited.line, self.header.begin[0], self.begin(waited.row), stamp.reason)
            return
        if self._fixed(waited.traits[0]):
            slot = times.started(stamp, self._terms)
            if isinstance(slot, Bad):
                self.bad(waited.line, self.header.begin[0], self.begin(waited.row), slot.reason)
                return
            stamp = slot
        self._placed(waited, stamp)

    def _placed(self, found: _Waits, slot: int) -> None:
        """A row whose time is known: of a file of one length its start, else what the row says."""
        line, row, traits = found.line, found.row, found.traits[0]
        length = self._length(traits)
        if not self._fixed(traits):
            ends = not self.header.until and not times.at_start(self._terms)
            begun = times.placed(slot - (length // SLOT_MINUTES if ends else 0), self._terms)
            if isinstance(begun, Bad):
                self.bad(line, self.header.begin[0], self.begin(row), begun.reason)
                return
            if self.header.until:
                between = self._between(begun, traits, row)
                if isinstance(between, Bad):
                    self.bad(line, self.header.until[-1], self._until(row), between.reason)
                    return
                length = between
            if begun % (length // SLOT_MINUTES):
                self._judge.note_off_grid(found.point, self.begin(row), length)
                self.bad(line, self.header.begin[0], self.begin(row), times.off_grid(length))
                return
            slot = begun
        self._values(found, slot, length)

    def _until(self, row: list[str]) -> str:
        return " ".join(row[at].strip() for at in self.header.until)

    def _between(self, slot: int, traits: Traits, row: list[str]) -> int | Bad:
        """The minutes of a row that says where it ends."""
        until = self._judge.until(self._until(row))
        if isinstance(until, Twice):
            # Shown twice, an end is that of an interval as long as there are any: the shorter one, if there are two.
            ends = sorted({end for way in until.ways for end in way if 0 < (end - slot) * SLOT_MINUTES <= max(LENGTHS)})
            until = ends[0] if ends else Bad(until.reason)
        elif isinstance(until, Bad) and until.reason == times.SKIPPED:
            # As long after the start as clocks showed, though they had leapt in between.
            begun, ended = (stamps.moment(text, self._terms.order) for text in (self.begin(row), self._until(row)))
            minutes = (ended - begun) // timedelta(minutes=1) if begun and ended else 0
            until = slot + minutes // SLOT_MINUTES if minutes in LENGTHS else until
        elif not isinstance(until, Bad) and until <= slot and len(self.header.until) > 1:
            until = Bad("the end is not after the start")
        between = until if isinstance(until, Bad) else self._judge.length(slot, until)
        if isinstance(between, Bad):
            return Bad(between.reason.replace("the start", "the end"))
        if traits.minutes and between != traits.minutes:
            return Bad("the end is not so many minutes after the start")
        return between

    def _values(self, found: _Waits, slot: int, length: int) -> None:
        """The readings of a row, of all of its channels or none."""
        readings = []
        gaps = 0
        for block, traits in zip(self.header.blocks, found.traits, strict=True):
            (at,) = block.columns
            text = found.row[at]
            value = self._judge.value(text, _factor(traits, length, self._terms.minutes), length)
            if isinstance(value, Bad):
                self.bad(found.line, at, text, value.reason)
                return
            if isinstance(value, Gap):
                gaps += 1
            else:
                readings.append((traits, value))
        self._tally.gaps += gaps
        for traits, value in readings:
            self._judge.rounded += value.rounded
            self._tally.add(reading(found.point, traits, slot, length, value, found.line))


def _factor(traits: Traits, length: int, assumed: int) -> Fraction:
    """The traits' factor, which for power is that of their own minutes, or else of those assumed."""
    counted = traits.minutes or assumed
    if length == counted or not traits.power:
        return traits.factor
    return traits.factor * Fraction(length, counted)
