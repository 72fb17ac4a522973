"""Clocks: a zone by its name, and the instants at which one changes."""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache, partial

_FIXED = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")


@lru_cache(maxsize=64)
def named(name: str) -> tzinfo:
    """The zone of an IANA name (`Europe/London`), of a fixed offset (`+10:00`), or `UTC`.

    Raises `ValueError` with what is accepted.
    """
    fixed = _FIXED.fullmatch(name)
    if fixed:
        offset = timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
        return timezone(-offset if fixed[1] == "-" else offset)
    from zoneinfo import ZoneInfo  # with the first zone that is asked for: an import costs every cold start

    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{name!r} is no zone; write Europe/London, UTC or +10:00") from None


def offset_of(zone: tzinfo, moment: datetime) -> timedelta:
    """How far the zone's clock is ahead of UTC at an instant."""
    return moment.astimezone(zone).utcoffset() or timedelta()


def offsets(zone: tzinfo, begin: datetime, end: datetime) -> list[tuple[datetime, timedelta]]:
    """The zone's offsets from UTC in [begin, end): each with the instant from which on it holds, ordered.

    The first holds at `begin`. An engine's own zones are not asked: theirs may end before ours do.
    """
    first = begin.astimezone(UTC)
    changes = (change for year in range(first.year, end.astimezone(UTC).year + 1) for change in _changes(zone, year))
    return [(first, offset_of(zone, first)), *(change for change in changes if first < change[0] < end)]


@lru_cache(maxsize=1024)
def _changes(zone: tzinfo, year: int) -> tuple[tuple[datetime, timedelta], ...]:
    """The instants of a UTC year from which on the zone has another offset, and which."""
    found = []
    day, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    while day < end:
        following = day + timedelta(days=1)
        if offset_of(zone, day) != offset_of(zone, following):
            seconds = bisect_left(range(86_400), True, key=partial(_differs, zone, day))
            found.append((day + timedelta(seconds=seconds), offset_of(zone, following)))
        day = following
    return tuple(found)


def _differs(zone: tzinfo, day: datetime, second: int) -> bool:
    return offset_of(zone, day + timedelta(seconds=second)) != offset_of(zone, day)
