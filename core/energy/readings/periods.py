"""Day and month totals in settlement time: the civil days of Europe/London, 46 to 50 half hours long."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

SETTLEMENT_ZONE = ZoneInfo("Europe/London")


def day_of(start: datetime) -> date:
    """The settlement day that a half hour belongs to."""
    return start.astimezone(SETTLEMENT_ZONE).date()


def midnight(day: date) -> datetime:
    """The instant at which a settlement day begins."""
    return datetime.combine(day, time(), SETTLEMENT_ZONE)


def next_period(first_day: date, resolution: str) -> date:
    """The first day of the period after the one that begins on `first_day`."""
    if resolution == "day":
        return first_day + timedelta(days=1)
    return (first_day.replace(day=1) + timedelta(days=31)).replace(day=1)


@lru_cache(maxsize=512)
def _changes(year: int) -> tuple[tuple[datetime, timedelta], ...]:
    """The instants of a UTC year from which on the zone has another offset, and which."""
    found = []
    day, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    while day < end:
        following = day + timedelta(days=1)
        if _offset(day) != _offset(following):
            seconds = bisect_left(range(86_400), True, key=partial(_differs, day))
            found.append((day + timedelta(seconds=seconds), _offset(following)))
        day = following
    return tuple(found)


def _differs(day: datetime, second: int) -> bool:
    return _offset(day + timedelta(seconds=second)) != _offset(day)


def _offset(moment: datetime) -> timedelta:
    return moment.astimezone(SETTLEMENT_ZONE).utcoffset() or timedelta()


def offsets(begin: datetime, end: datetime) -> list[tuple[datetime, timedelta]]:
    """The settlement zone's offsets from UTC in [begin, end): each with the instant from which on it holds, ordered.

    The first holds at `begin`. An engine's own zones are not asked: theirs may end before ours do.
    """
    first = begin.astimezone(UTC)
    changes = (change for year in range(first.year, end.astimezone(UTC).year + 1) for change in _changes(year))
    return [(first, _offset(first)), *(change for change in changes if first < change[0] < end)]
