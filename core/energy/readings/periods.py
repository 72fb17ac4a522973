"""Days and months in the settlement time of a point: civil days of its zone, of 23 to 25 hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo


def day_of(zone: tzinfo, start: datetime) -> date:
    """The settlement day that an interval belongs to."""
    return start.astimezone(zone).date()


def midnight(zone: tzinfo, day: date) -> datetime:
    """The instant at which a settlement day begins."""
    return datetime.combine(day, time(), zone)


def next_period(first_day: date, resolution: str) -> date:
    """The first day of the period after the one that begins on `first_day`."""
    if resolution == "day":
        return first_day + timedelta(days=1)
    return (first_day.replace(day=1) + timedelta(days=31)).replace(day=1)


def minutes_between(begin: datetime, end: datetime) -> int:
    """Whole minutes from one instant to another, by their instants and not by what clocks show."""
    return (end.astimezone(UTC) - begin.astimezone(UTC)) // timedelta(minutes=1)
