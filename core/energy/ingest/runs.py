"""Intervals that follow each other in one line, thousands of lines at a time: distinct texts are judged once.

What is odd in a line, and whether the line is good at all, is judged by itself (`Odd`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from arro3.compute import add_wrapping, dictionary_encode, is_not_null, mul_wrapping, take
from arro3.compute import filter as keep
from arro3.core import Array, RecordBatch, dictionary_dictionary, dictionary_indices

from core.energy.ingest.batches import INT64, ROWS, Batches, one, text
from core.energy.ingest.fields import Traits
from core.energy.ingest.judge import Judge
from core.energy.ingest.times import SLOT_MINUTES
from core.energy.ingest.values import numbers
from core.energy.readings.schema import STRING


@dataclass(frozen=True, slots=True)
class Run:
    """A line's intervals: the slot of the first, their minutes, and their texts in order. `row` is what it came of.

    Where `each`, they are on a line each, from `line` on.
    """

    line: int
    point: str
    traits: Traits
    first: int
    minutes: int
    cells: list[str]
    row: Any = None
    each: bool = False


Odd = Callable[[Run], None]
"""Judges a run with a text that is no plain number and no gap: it makes rows of it, or rejects it."""


@dataclass(slots=True)
class _Alike:
    """Runs whose values are of one unit and length."""

    runs: list[Run] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)


class Runs:
    """Keeps runs until there are enough for a batch. `gaps` counts the intervals without a reading."""

    def __init__(self, judge: Judge, batches: Batches, odd: Odd) -> None:
        self._judge, self._batches, self._odd = judge, batches, odd
        self._alike: dict[tuple[int, int, int], _Alike] = {}
        self._count = 0
        self.gaps = 0

    def add(self, run: Run) -> None:
        factor = run.traits.factor
        key = factor.numerator, factor.denominator, run.minutes
        alike = self._alike.get(key)
        if alike is None:
            alike = self._alike[key] = _Alike()
        alike.runs.append(run)
        alike.cells += run.cells
        self._count += len(run.cells)

    @property
    def full(self) -> bool:
        return self._count > ROWS - 2048

    def take(self) -> list[RecordBatch]:
        """The batches of what was added; what is odd has gone to be judged by itself."""
        taken, self._alike, self._count = self._alike, {}, 0
        made = [self._made(alike, Fraction(*factor), minutes) for (*factor, minutes), alike in taken.items()]
        return [batch for batch in made if batch is not None]

    def _made(self, alike: _Alike, factor: Fraction, minutes: int) -> RecordBatch | None:
        encoded = dictionary_encode(Array(alike.cells, STRING))
        texts = dictionary_dictionary(encoded)
        found = numbers(texts, factor, minutes, self._judge)
        if found.odd:
            odd = found.odd
            plain = _Alike()
            for run in alike.runs:
                if odd.isdisjoint(run.cells):
                    plain.runs.append(run)
                    plain.cells += run.cells
                else:
                    self._odd(run)
            if not plain.runs:
                return None
            alike, encoded = plain, dictionary_encode(Array(plain.cells, STRING))
            found = numbers(dictionary_dictionary(encoded), factor, minutes, self._judge)
        return self._batch(alike.runs, minutes, found.values, found.scaled, dictionary_indices(encoded))

    def _batch(self, runs: list[Run], minutes: int, values: Array, scaled: Array, at: Array) -> RecordBatch | None:
        whose, places = array("q"), array("q")
        longest = max(len(run.cells) for run in runs)
        counted = array("q", range(longest))
        for number, run in enumerate(runs):
            count = len(run.cells)
            whose.extend(array("q", (number,)) * count)
            places.extend(counted if count == longest else counted[:count])
        rows = len(places)
        owner, counted_in = Array.from_buffer(whose), Array.from_buffer(places)
        starts = mul_wrapping(counted_in, one(minutes // SLOT_MINUTES))
        parts = {
            "slot": add_wrapping(take(_numbers(run.first for run in runs), owner), starts),
            "scaled": take(scaled, at),
            "value": take(values, at),
            "line": _lines(runs, owner, counted_in),
            "version": take(_numbers(run.traits.version for run in runs), owner),
            "minutes": self._batches.same(minutes, rows),
            "channel": take(text([run.traits.channel for run in runs]), owner),
            "quality": take(text([run.traits.quality for run in runs]), owner),
            "point": take(text([run.point for run in runs]), owner),
            "series": take(_numbers(self._batches.number(run.point, run.traits.channel) for run in runs), owner),
        }
        nothing = parts["scaled"].null_count
        if nothing:
            self.gaps += nothing
            there = is_not_null(parts["scaled"])
            parts = {name: keep(part, there) for name, part in parts.items()}
        return self._batches.make(**parts) if rows > nothing else None


def _lines(runs: list[Run], owner: Array, places: Array) -> Array:
    lines = take(_numbers(run.line for run in runs), owner)
    if not any(run.each for run in runs):
        return lines
    return add_wrapping(lines, mul_wrapping(places, take(_numbers(int(run.each) for run in runs), owner)))


def _numbers(found: Any) -> Array:
    return Array(list(found), INT64)
