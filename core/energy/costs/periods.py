"""Hours of UTC, and days and months of a zone's clock, by numbers: since 1970, and months since year 0."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from core.energy.readings.periods import day_of, midnight, minutes_between
from core.kernel.clock import from_microseconds, microseconds, rfc3339

HOUR, DAY, MONTH = "hour", "day", "month"
HOUR_US = 3600 * 1_000_000
_EPOCH = date(1970, 1, 1)
_DAY = timedelta(days=1)


def number_of(resolution: str, zone: tzinfo, moment: datetime) -> int:
    """The period that an instant is in."""
    return microseconds(moment) // HOUR_US if resolution == HOUR else of_day(resolution, day_of(zone, moment))


def of_day(resolution: str, day: date) -> int:
    """The day, or the month, that a day is in."""
    return (day - _EPOCH).days if resolution == DAY else day.year * 12 + day.month - 1


@lru_cache(maxsize=65_536)
def begin_of(resolution: str, zone: tzinfo, number: int) -> datetime:
    """The first instant of a period, in UTC."""
    if resolution == HOUR:
        return from_microseconds(number * HOUR_US)
    return midnight(zone, first_day(resolution, zone, number)).astimezone(UTC)


@lru_cache(maxsize=65_536)
def minutes_of(resolution: str, zone: tzinfo, number: int) -> int:
    """How long a period is: a day has 23 to 25 hours."""
    return minutes_between(begin_of(resolution, zone, number), begin_of(resolution, zone, number + 1))


def first_day(resolution: str, zone: tzinfo, number: int) -> date:
    """The settlement day that a period begins in."""
    if resolution == HOUR:
        return day_of(zone, from_microseconds(number * HOUR_US))
    return _EPOCH + number * _DAY if resolution == DAY else date(number // 12, number % 12 + 1, 1)


def text_of(resolution: str, number: int) -> str:
    """A period's start as the API says it: RFC 3339 in UTC, of days and months their first date."""
    if resolution == HOUR:
        return rfc3339(from_microseconds(number * HOUR_US))
    return first_day(resolution, UTC, number).isoformat()


def number_from(resolution: str, text: str) -> int:
    """What `text_of` said. Raises `ValueError` for what it did not."""
    if resolution == HOUR and not text.endswith("Z"):  # of another offset it may be beyond the calendar
        raise ValueError(f"{text!r} is no hour of UTC")
    number = (
        microseconds(datetime.fromisoformat(text)) // HOUR_US
        if resolution == HOUR
        else of_day(resolution, date.fromisoformat(text))
    )
    if text_of(resolution, number) != text:
        raise ValueError(f"{text!r} begins no {resolution}")
    return number
