"""Which settlement days are looked at on a morning, and which not again.

Each of the seven newest days that are over by the clocks of all the account's points, from the newest of the first
look on, until it is done: because it was told, or because no reading of it is missing and it took no more than was
allowed. So what comes late is looked at on the mornings after, and what never comes is given up after the seventh.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from msgspec import Struct, convert

from core.energy.readings.periods import day_of

WINDOW = 7
_DAY = timedelta(days=1)


class Looked(Struct, frozen=True):
    """What former mornings leave: the first day that is of interest, and those of the window that are done."""

    since: date
    done: frozenset[date] = frozenset()


def read(value: Any | None) -> Looked | None:
    """What `written` made; None where nothing was."""
    return None if value is None else convert(value, Looked)


def written(looked: Looked) -> dict[str, Any]:
    """As a document."""
    return {"since": looked.since.isoformat(), "done": [day.isoformat() for day in sorted(looked.done)]}


def newest_over(at: datetime, zones: Iterable[tzinfo]) -> date:
    """The newest settlement day that is over at an instant in each of the zones, of which there is one at least."""
    return min(day_of(zone, at) for zone in zones) - _DAY


def due(newest: date, looked: Looked | None) -> list[date]:
    """The days to look at, the oldest first."""
    if looked is None:
        return [newest]
    window = [newest - number * _DAY for number in reversed(range(WINDOW))]
    return [day for day in window if day >= looked.since and day not in looked.done]


def after(newest: date, looked: Looked | None, done: Set[date]) -> Looked:
    """What a morning leaves that found some days done. Of one that comes late, no day is forgotten."""
    held = looked or Looked(newest)
    last = max({newest, *held.done})
    return Looked(held.since, frozenset(day for day in held.done | done if last - day < WINDOW * _DAY))
