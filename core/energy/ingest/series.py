"""What a file holds of each point and channel, seen as it goes by: first, last, count and sum, and whether it is odd.

A file mostly holds a series in long runs, so a few additions for each run do. Of one whose rows go from series to
series, nothing is kept; the engine is asked when it has been read (`guards`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise

from arro3.compute import add_wrapping, cast, mul_wrapping, sub_wrapping
from arro3.compute import filter as keep
from arro3.compute import max as maximum
from arro3.compute import min as minimum
from arro3.compute import sum as total
from arro3.core import Array, DataType

SAMPLE = 240
"""Rows of a series at its first sight that show whether it is a meter's; what they leave open, the engine is asked."""
MISSING = 20
"""Readings that a series may lack of what its time has, before it is looked at whether a part has another step."""
_FEW = 64
_VERSIONS = Array([32], DataType.int64())
"""More than there are."""
_BOOL = DataType.bool()
_ROWS_PER_RUN = 32
_SUMMED = 8192
"""Numbers below 10^15 that can be added in 64 bits."""


@dataclass(slots=True)
class Seen:
    """A series so far: first and last slot, versions, rows, sum in 10^-9, highest value, and that of the last slot.

    `minutes` is the length of its intervals, None where they have several. `plain` says that samples of it are a
    meter's, of which `sampled` is the highest value.
    """

    first: int
    last: int
    versions: tuple[int, int]
    minutes: int | None
    count: int = 0
    sum: int = 0
    peak: int = -(2**63)
    end: int = -(2**63)
    plain: bool = True
    sampled: int = 0

    @property
    def is_usual(self) -> bool:
        """Whether it is a meter's, if no reading is twice in it: dense in each version, and ending below its peak.

        No part of what is dense is at a coarser step; a register ends at its peak, or towers above what comes before.
        """
        if self.minutes is None:
            return False
        slots = (self.last - self.first) // (self.minutes // 5) + 1
        dense = self.count + MISSING >= slots * (self.versions[1] - self.versions[0] + 1)
        return self.plain and dense and self.end < self.peak <= 10 * self.sampled


@dataclass(slots=True)
class SeriesLog:
    """The series of one file, by number; `whole` until too little is known of them."""

    seen: dict[int, Seen] = field(default_factory=dict)
    whole: bool = True

    def give_up(self) -> None:
        self.whole = False
        self.seen.clear()

    def observe(
        self, positions: Array, numbers: Array, slots: Array, versions: Array, scaled: Array, minutes: Array
    ) -> None:
        """The next rows: 0, 1, 2 ..., and each one's series, slot, version, value in 10^-9 and minutes; all int64."""
        rows = len(numbers)
        if not self.whole or not rows:
            return
        shortest, longest = minimum(minutes).as_py(), maximum(minutes).as_py()
        codes = add_wrapping(mul_wrapping(numbers, _VERSIONS), versions)
        for begin, end in self._runs(positions, codes, rows):
            number = numbers[begin].as_py()
            run, values = slots.slice(begin, end - begin), scaled.slice(begin, end - begin)
            low, high, peak = minimum(run).as_py(), maximum(run).as_py(), maximum(values).as_py()
            version = versions[begin].as_py()
            length = minutes[begin].as_py() if shortest != longest else shortest
            if shortest != longest:
                lengths = minutes.slice(begin, end - begin)
                length = length if minimum(lengths).as_py() == maximum(lengths).as_py() else None
            seen = self.seen.setdefault(number, Seen(low, high, (version, version), length))
            if seen.minutes != length:
                seen.minutes = None
            if seen.count < SAMPLE:
                few = min(SAMPLE, end - begin)
                sampled = values.slice(0, few).to_pylist()
                seen.plain &= _plain(run.slice(0, few).to_pylist(), sampled, step=(length or 5) // 5)
                seen.sampled = max(seen.sampled, *sampled)
            if high >= seen.last:
                ends = [values[at].as_py() for at in (0, end - begin - 1) if run[at].as_py() == high]
                here = max(ends) if ends else peak  # rows in no order: it may be any
                seen.end = max(here, seen.end) if high == seen.last else here
            seen.first, seen.last, seen.peak = min(seen.first, low), max(seen.last, high), max(seen.peak, peak)
            seen.versions = (min(seen.versions[0], version), max(seen.versions[1], version))
            seen.count += end - begin
            for at in range(0, end - begin, _SUMMED):
                seen.sum += total(values.slice(at, min(_SUMMED, end - begin - at))).as_py()

    def _runs(self, positions: Array, numbers: Array, rows: int) -> list[tuple[int, int]]:
        if rows == 1:
            return [(0, 1)]
        steps = sub_wrapping(numbers.slice(1), numbers.slice(0, rows - 1))
        rises = list(islice(_rises(numbers, rows), _FEW + 1)) if minimum(steps).as_py() >= 0 else None
        if rises is not None and len(rises) <= _FEW:
            starts = [0, *rises, rows]
        else:
            changed = keep(positions.slice(0, rows - 1), cast(steps, _BOOL))
            starts = [0, *(at + 1 for at in changed.to_pylist()), rows]
        if len(starts) > _FEW and len(starts) * _ROWS_PER_RUN > rows:
            self.give_up()
            return []
        return list(pairwise(starts))


def _rises(numbers: Array, rows: int) -> Iterator[int]:
    """Where numbers that never fall rise, found by halving."""
    at, last = 0, numbers[rows - 1].as_py()
    while (held := numbers[at].as_py()) != last:
        at = bisect_right(range(rows), held, lo=at, key=lambda place: numbers[place].as_py())
        yield at


def _plain(slots: list[int], values: list[int], *, step: int) -> bool:
    """Whether rows follow each other at the file's step, and their values fall about as often as they rise."""
    steady, falls, rises = False, 0, 0
    for (slot, value), (next_slot, next_value) in pairwise(sorted(zip(slots, values, strict=True))):
        steady = steady or next_slot - slot == step
        falls, rises = falls + (next_value < value), rises + (next_value > value)
    return steady and falls * 4 > rises
