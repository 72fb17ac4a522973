"""A point's channel in a month, slot by slot: what was read, what is missing, and what is put in its place.

A slot is half an hour, or an hour where that was read as one: a reading is not divided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal

from core.energy.readings.periods import day_of
from core.energy.readings.reading import ACTUAL, ESTIMATED, HALF_HOUR, QUALITIES
from core.energy.settlement.month import grid

HOUR = 60
WEEKS = 4
"""Former weeks that an estimate is made of."""
GRAIN = Decimal("0.001")
"""An estimate is a mean to a watt hour, half to even."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An interval as it was read: its start (UTC), exact value in kWh (or kVArh), minutes, and quality."""

    start: datetime
    value: Decimal
    minutes: int
    quality: str = ACTUAL


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of the month: what was read in it, and how many of its minutes were not."""

    start: datetime
    minutes: int
    value: Decimal
    missing: int
    quality: str


def slots(readings: Iterable[Reading], begin: datetime, end: datetime) -> list[Slot]:
    """Every slot that begins in [begin, end), in order; a reading belongs where it begins, as in every other sum.

    An hour of UTC is one slot where an hour was read as one, else two; where nothing was read, as most others are.
    """
    held: dict[datetime, list[Reading]] = {}
    whole: set[datetime] = set()
    halves: set[datetime] = set()
    for one in readings:
        hour = _floor(one.start, HOUR)
        (whole if one.minutes == HOUR else halves).add(hour)
        held.setdefault(hour if one.minutes == HOUR else _floor(one.start, HALF_HOUR), []).append(one)
    hourly = len(whole) > len(halves)
    found = []
    for start in grid(_ceiling(begin), end, HALF_HOUR):
        hour = _floor(start, HOUR)
        as_one = hour in whole or (hourly and hour not in halves)
        if as_one and start != hour:
            continue
        length = HOUR if as_one else HALF_HOUR
        parts = held.get(start, [])
        read = sum(one.minutes for one in parts)
        quality = max((one.quality for one in parts), key=QUALITIES.index, default=ESTIMATED)
        found.append(Slot(start, length, sum((one.value for one in parts), Decimal()), length - read, quality))
    return found


def estimates(
    missing: Iterable[Slot], readings: Iterable[Reading], zone: tzinfo
) -> tuple[dict[datetime, Decimal], list[Slot]]:
    """What is put in place of slots that were not read, and those for which nothing can be said.

    The mean of the same slot (weekday and clock of the zone) in those of the four former weeks where it was wholly
    read; of a slot that was read in part, as much of it as is missing.
    """
    wanted = list(missing)
    if not wanted:
        return {}, []
    first = min(slot.start for slot in wanted) - timedelta(weeks=WEEKS, days=1)
    last = max(slot.start for slot in wanted) + timedelta(hours=1)
    known = {(one.start, one.minutes): one for one in slots(readings, first, last)}
    found: dict[datetime, Decimal] = {}
    unknown: list[Slot] = []
    for slot in wanted:
        starts = (_weeks_before(slot.start, weeks, zone) for weeks in range(1, WEEKS + 1))
        former = [known.get((start, slot.minutes)) for start in starts if start is not None]
        whole = [one.value for one in former if one is not None and not one.missing]
        if not whole:
            unknown.append(slot)
            continue
        mean = sum(whole, Decimal()) / len(whole) * slot.missing / slot.minutes
        found[slot.start] = mean.quantize(GRAIN, ROUND_HALF_EVEN)
    return found, unknown


def _weeks_before(start: datetime, weeks: int, zone: tzinfo) -> datetime | None:
    """The same clock time so many weeks before. Of a time that came twice the first, of one that never came none."""
    clock = start.astimezone(zone).replace(tzinfo=None) - timedelta(weeks=weeks)
    former = clock.replace(tzinfo=zone).astimezone(UTC)
    return former if former.astimezone(zone).replace(tzinfo=None) == clock else None


def _ceiling(moment: datetime) -> datetime:
    """The first half hour of UTC that begins then or after it."""
    floor = _floor(moment, HALF_HOUR)
    return floor if floor == moment else floor + timedelta(minutes=HALF_HOUR)


def _floor(moment: datetime, minutes: int) -> datetime:
    return moment - timedelta(minutes=moment.minute % minutes, seconds=moment.second, microseconds=moment.microsecond)


def day_and_minute(zone: tzinfo, start: datetime) -> tuple[str, int, int]:
    """The settlement day of a slot, its weekday (0: Monday), and the minute of the clock at which it begins."""
    local = start.astimezone(zone)
    day = day_of(zone, start)
    return day.isoformat(), day.weekday(), local.hour * 60 + local.minute
