"""Day and month totals in settlement time: the civil days of Europe/London, 46 to 50 half hours long."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

SETTLEMENT_ZONE = ZoneInfo("Europe/London")


def day_of(start: datetime) -> date:
    """The settlement day that a half hour belongs to."""
    return start.astimezone(SETTLEMENT_ZONE).date()


def month_of(start: datetime) -> date:
    """The first day of the settlement month that a half hour belongs to."""
    return day_of(start).replace(day=1)


def midnight(day: date) -> datetime:
    """The instant at which a settlement day begins."""
    return datetime.combine(day, time(), SETTLEMENT_ZONE)


def next_period(first_day: date, resolution: str) -> date:
    """The first day of the period after the one that begins on `first_day`."""
    if resolution == "day":
        return first_day + timedelta(days=1)
    return (first_day.replace(day=1) + timedelta(days=31)).replace(day=1)


def totals(readings: Iterable[tuple[datetime, Decimal]], resolution: str) -> list[tuple[date, Decimal, int]]:
    """Sum readings, ordered by start, to (first day, kWh, number of half hours) per `day` or `month`; exact."""
    period = day_of if resolution == "day" else month_of
    sums = []
    for first_day, group in groupby(readings, key=lambda reading: period(reading[0])):
        values = [kwh for _, kwh in group]
        sums.append((first_day, sum(values, Decimal(0)), len(values)))
    return sums
