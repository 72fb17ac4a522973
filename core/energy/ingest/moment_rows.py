"""Rows of one sensor each, below columns that are named by the starts of intervals."""

from __future__ import annotations

from itertools import pairwise

from core.energy.ingest import times
from core.energy.ingest.csv_rows import CsvRows
from core.energy.ingest.fields import Bad, Gap, Value
from core.energy.ingest.header import Header
from core.energy.ingest.judge import Judge
from core.energy.ingest.source import Refused
from core.energy.ingest.tally import Tally, reading
from core.energy.ingest.times import SLOT_MINUTES
from core.energy.readings.reading import MINUTES as LENGTHS


class MomentRows(CsvRows):
    """The rows of such a file. Raises `Refused` where the columns are not one interval apart."""

    def __init__(self, judge: Judge, header: Header, tally: Tally) -> None:
        super().__init__(judge, header, tally)
        slots = [slot for _, slot in header.moments]
        steps = {later - earlier for earlier, later in pairwise(slots)}
        if len(steps) != 1 or (length := steps.pop() * SLOT_MINUTES) not in LENGTHS:
            raise Refused("the columns are not 5, 10, 15, 30 or 60 minutes apart; download hours, not days or months")
        self._length = length

    def row(self, line: int, row: list[str]) -> None:
        """Judge a row: all of its intervals or none."""
        self._tally.rows += 1
        if self.odd(line, row):
            return
        point = self.point_of(line, row)
        traits = None if point is None else self.traits(line, row)
        if point is None or traits is None:
            return
        found = []
        gaps = 0
        for at, slot in self.header.moments:
            placed = times.placed(slot, self._terms)
            value = self._judge.cell(row[at], traits.factor, self._length)
            reason = value.reason if isinstance(value, Bad) else placed.reason if isinstance(placed, Bad) else None
            if reason:
                self.bad(line, at, row[at], reason)
                return
            if isinstance(value, Gap):
                gaps += 1
            elif isinstance(value, Value):
                found.append((slot, value))
        self._tally.gaps += gaps
        for slot, value in found:
            self._judge.rounded += value.rounded
            self._tally.add(reading(point, traits, slot, self._length, value, line))

    def end(self) -> None:
        """No row follows."""
