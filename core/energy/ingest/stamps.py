"""Dates and times as people and programs write them, without a zone: what a clock on a wall shows.

2026-01-31T00:30, 31/01/2026 00:30:00, 31-Jan-26, Jan 31 2026 12:30AM, 20260131, and 24:00 for the end of a day.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from core.energy.ingest.layouts.layout import Order

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_DIGITS = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_NUMBERS = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_DAY_MONTH = re.compile(r"([0-9]{1,2})[- /]+([a-z]{3,})[- /,]+([0-9]{4}|[0-9]{2})")
_MONTH_DAY = re.compile(r"([a-z]{3,})[- ]+([0-9]{1,2})[ ,]+([0-9]{4})")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.0+)?)? ?([ap]m)?")
_HOUR = re.compile(r"[0-9]{1,2}")


def split(text: str) -> tuple[str, str]:
    """The date and the time of a text that has both; the time is empty where there is none."""
    found = re.search(r"(?:[ T]|(?<=\d{4}):)[ ]*([0-9]{1,2}:[0-9]{2}.*)$", text)
    return (text[: found.start()].strip(), found[1]) if found else (text.strip(), "")


@lru_cache(maxsize=4096)
def day(text: str, order: Order | None) -> date | None:
    """The date that is written; None where it is none, or where only `order` could tell its day from its month."""
    written = text.strip().lower()
    year, month, number = "", 0, 0
    if found := _YEAR_FIRST.fullmatch(written):
        year, month, number = found[1], int(found[3]), int(found[4])
    elif found := _DIGITS.fullmatch(written):
        year, month, number = found[1], int(found[2]), int(found[3])
    elif found := _NUMBERS.fullmatch(written):
        if order is None:
            return None
        one, two = int(found[1]), int(found[3])
        year, (number, month) = found[4], ((one, two) if order == "day" else (two, one))
    elif found := _DAY_MONTH.fullmatch(written):
        year, month, number = found[3], _month(found[2]), int(found[1])
    elif found := _MONTH_DAY.fullmatch(written):
        year, month, number = found[3], _month(found[1]), int(found[2])
    try:
        return date(int(f"20{year}" if len(year) == 2 else year or 0), month, number)
    except ValueError:
        return None


def _month(name: str) -> int:
    """The number of a month by its name, or by three letters of it or more; 0 where it is none."""
    return next((number for number, month in enumerate(_MONTHS, 1) if month.startswith(name)), 0)


def other_order(text: str, order: Order | None) -> bool:
    """Whether a date of numbers is one only if day and month change places."""
    if order is None or day(text, order) is not None:
        return False
    return day(text, "month" if order == "day" else "day") is not None


@lru_cache(maxsize=4096)
def time_of_day(text: str) -> timedelta | None:
    """How much the clock shows since midnight, up to 25:00 (of the longest day); None where it is no time."""
    written = text.strip().lower()
    found = _TIME.fullmatch(written)
    if found is None:
        return None
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if found[4] == "pm" else 0)
    if hours > 25 or minutes > 59 or seconds > 59 or (hours >= 24 and (minutes or seconds)):
        return None
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def hour(text: str) -> int | None:
    """The number of an hour: 1, 01 or 01:00."""
    written = text.strip().removesuffix(":00")
    return int(written) if _HOUR.fullmatch(written) else None


def moment(text: str, order: Order | None) -> datetime | None:
    """What the clock showed; None where the text has not both a date and a time. 24:00 is the next midnight."""
    first, second = split(text)
    on, at = day(first, order), time_of_day(second) if second else None
    if on is None or at is None or at > timedelta(days=1):
        return None
    try:
        return datetime.combine(on, datetime.min.time()) + at
    except OverflowError:
        return None
