"""SQL for what a zone's clock shows at an instant, in the engine's whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from core.energy.readings.zones import offsets
from core.kernel.clock import microseconds

MINUTE_US = 60 * 1_000_000
DAY_US = 24 * 60 * MINUTE_US
SHIFT = 1_000_000
"""Periods that are added before a division, which rounds towards zero, and taken off again after it: there are days
before 1970."""
DATE = "arrow_cast(arrow_cast({day}, 'Int32'), 'Date32')"
"""The date of a day, which is numbered from 1970-01-01 on."""


def offset(at: str, zone: tzinfo, first: datetime, last: datetime) -> str:
    """SQL for what makes the instant `at` in [first, last) one of local time, in microseconds, and adds `SHIFT` days.

    `at` is SQL for microseconds since 1970.
    """
    known = [
        (microseconds(since), ahead // timedelta(microseconds=1) + SHIFT * DAY_US)
        for since, ahead in offsets(zone, first, last)
    ]
    return stepwise(at, known)


def stepwise(number: str, steps: Sequence[tuple[int, int | str]]) -> str:
    """SQL for what holds of a whole number: of each (since, what) the last that is not beyond it, else the first."""
    if len(steps) == 1:
        return str(steps[0][1])
    middle = len(steps) // 2
    before, after = stepwise(number, steps[:middle]), stepwise(number, steps[middle:])
    return f"CASE WHEN {number} < {steps[middle][0]} THEN {before} ELSE {after} END"
