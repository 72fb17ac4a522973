"""A calendar month in a point's settlement time: its spring day has 46 half hours, and its autumn day 50."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

from msgspec import Struct

from core.energy.readings.periods import midnight, next_period

PATTERN = "[0-9]{4}-(0[1-9]|1[0-2])"
FIRST_YEAR, LAST_YEAR = 1990, 2199


class Month(Struct, frozen=True):
    """The days from `first` to before `following`."""

    first: date
    following: date

    @classmethod
    def named(cls, name: str) -> Month:
        """`2026-10`. Raises `ValueError` naming what is accepted."""
        if not re.fullmatch(PATTERN, name, re.ASCII) or not FIRST_YEAR <= int(name[:4]) <= LAST_YEAR:
            raise ValueError(f"{name!r} is no month; write 2026-10, from {FIRST_YEAR}-01 to {LAST_YEAR}-12")
        first = date.fromisoformat(f"{name}-01")
        return cls(first, next_period(first, "month"))

    @property
    def name(self) -> str:
        return f"{self.first:%Y-%m}"

    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.following - self.first).days)]

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Its first instant and that after its last, in UTC."""
        return midnight(zone, self.first).astimezone(UTC), midnight(zone, self.following).astimezone(UTC)


def before(moment: date) -> Month:
    """The last month that has ended on a day."""
    return Month.named(f"{moment.replace(day=1) - timedelta(days=1):%Y-%m}")


def grid(begin: datetime, end: datetime, minutes: int) -> Iterator[datetime]:
    """The starts of the intervals of [begin, end), in UTC."""
    step = timedelta(minutes=minutes)
    while begin < end:
        yield begin
        begin += step
