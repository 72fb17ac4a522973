"""Times that a clock showed twice, or that are written in one of two ways: told by the rows around them, or rejected.

Where clocks are put back an hour is shown twice, and the file's order tells which is which: its times go up, or down,
throughout. What ends an interval (or counts its hours) may be written in two ways on such a day; only one of them may
fit the rows that are there. What more than one reading fits is not guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.energy.ingest.fields import Bad
from core.energy.ingest.times import Twice

MAX_HELD = 500
"""Rows of a series that wait at most; a day of five minutes has 300, an hour 12."""
Emit = Callable[[Any, int | Bad], None]


@dataclass(slots=True)
class _Waiting:
    before: int | None = None
    held: list[tuple[Any, Twice]] = field(default_factory=list)


class Clocks:
    """The rows of each series that wait for those that follow; each is given back once, with its slot or a reason."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._series: dict[Any, _Waiting] = {}

    def sure(self, series: Any, slot: int) -> None:
        """The next row of a series has one instant: it settles those that waited."""
        found = self._series.get(series)
        if found is None:
            found = self._series[series] = _Waiting()
        if found.held:
            self._settle(found, slot)
        found.before = slot

    def hold(self, series: Any, row: Any, times: Twice) -> None:
        """The next row of a series has several, and waits."""
        found = self._series.setdefault(series, _Waiting())
        found.held.append((row, times))
        if len(found.held) > MAX_HELD:
            self._settle(found, None)

    def end(self) -> None:
        """No row follows."""
        for found in self._series.values():
            if found.held:
                self._settle(found, None)

    def _settle(self, waiting: _Waiting, after: int | None) -> None:
        held, waiting.held = waiting.held, []
        slots = told([times.ways for _, times in held], waiting.before, after)
        for (row, times), slot in zip(held, slots, strict=True):
            self._emit(row, Bad(times.reason) if slot is None else slot)


def told(rows: list[tuple[tuple[int, ...], ...]], before: int | None, after: int | None) -> list[int | None]:
    """The instant of each of these rows, None where it can't be told.

    Of each row come the ways to write its time, and in each the instants that it may stand for. All rows are written in
    one way, and their instants go strictly up, or strictly down, from `before` to `after` (None: not known).
    """
    found: list[set[int]] = [set() for _ in rows]
    for way in range(min(map(len, rows))):
        for sign in (1, -1):
            choices = [[sign * slot for slot in row[way]] for row in rows]
            for possible, those in zip(found, _monotone(choices, before, after, sign), strict=True):
                possible |= {sign * slot for slot in those}
    return [next(iter(possible)) if len(possible) == 1 else None for possible in found]


def _monotone(choices: list[list[int]], before: int | None, after: int | None, sign: int) -> list[set[int]]:
    """The choices of each row that are part of a strictly rising choice of all, between two bounds."""
    low = [set[int]()] * len(choices)
    bound = None if before is None else sign * before
    for at, those in enumerate(choices):
        low[at] = {one for one in those if bound is None or one > bound}
        bound = min(low[at], default=2**62)
    bound = None if after is None else sign * after
    for at in range(len(choices) - 1, -1, -1):
        low[at] = {one for one in low[at] if bound is None or one < bound}
        bound = max(low[at], default=-(2**62))
    return low
