"""A point's channel in a month, slot by slot: what was read, what is missing, and what is put in its place.

A slot is half an hour, or an hour where the point is read by the hour: a reading is not divided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal

from core.energy.readings.periods import day_of
from core.energy.readings.reading import ACTUAL, ESTIMATED, HALF_HOUR, QUALITIES
from core.energy.settlement.month import grid

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
    """Every slot of [begin, end), in order; what is read outside of it is passed over.

    A slot is as long as the longest reading there, and half an hour at least.
    """
    within = [one for one in readings if begin <= one.start < end]
    length = max((one.minutes for one in within), default=HALF_HOUR)
    length = max(length, HALF_HOUR)
    held: dict[datetime, list[Reading]] = {}
    for one in within:
        held.setdefault(_floor(one.start, length), []).append(one)
    found = []
    for start in grid(begin, end, length):
        parts = held.get(start, [])
        read = sum(one.minutes for one in parts)
        quality = max((one.quality for one in parts), key=_worst, default=ESTIMATED)
        found.append(Slot(start, length, sum((one.value for one in parts), Decimal()), length - read, quality))
    return found


def estimates(
    missing: Iterable[Slot], readings: Iterable[Reading], zone: tzinfo
) -> tuple[dict[datetime, Decimal], list[Slot]]:
    """What is put in place of slots that were not read, and those for which nothing can be said.

    The mean of the same slot (weekday and clock of the zone) in those of the four former weeks where it was wholly
    read; of a slot that was read in part, as much of it as is missing.
    """
    by_start = list(readings)
    known: Mapping[datetime, Slot] = {}
    found: dict[datetime, Decimal] = {}
    unknown: list[Slot] = []
    wanted = list(missing)
    if wanted:
        first = min(slot.start for slot in wanted) - timedelta(weeks=WEEKS, days=1)
        last = max(slot.start for slot in wanted)
        length = wanted[0].minutes
        known = {one.start: one for one in _of_length(by_start, _floor(first, length), last, length)}
    for slot in wanted:
        former = [known.get(_weeks_before(slot.start, weeks, zone)) for weeks in range(1, WEEKS + 1)]
        whole = [one.value for one in former if one is not None and not one.missing]
        if not whole:
            unknown.append(slot)
            continue
        mean = sum(whole, Decimal()) / len(whole) * slot.missing / slot.minutes
        found[slot.start] = mean.quantize(GRAIN, ROUND_HALF_EVEN)
    return found, unknown


def _of_length(readings: list[Reading], begin: datetime, end: datetime, length: int) -> list[Slot]:
    """Former slots of that length; readings that are longer say nothing of one."""
    return [
        one
        for one in slots((reading for reading in readings if reading.minutes <= length), begin, end)
        if one.minutes == length
    ]


def _weeks_before(start: datetime, weeks: int, zone: tzinfo) -> datetime:
    """The same clock time so many weeks before. Of a time that came twice the first, of one that never came none."""
    local = start.astimezone(zone)
    former = (local.replace(tzinfo=None) - timedelta(weeks=weeks)).replace(tzinfo=zone)
    return former.astimezone(UTC)


def _floor(moment: datetime, minutes: int) -> datetime:
    return moment - timedelta(minutes=moment.minute % minutes, seconds=moment.second, microseconds=moment.microsecond)


def _worst(quality: str) -> int:
    return QUALITIES.index(quality)


def day_and_minute(zone: tzinfo, start: datetime) -> tuple[str, int, int]:
    """The settlement day of a slot, its weekday (0: Monday), and the minute of the clock at which it begins."""
    local = start.astimezone(zone)
    day = day_of(zone, start)
    return day.isoformat(), day.weekday(), local.hour * 60 + local.minute
