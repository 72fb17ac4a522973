"""The exact meaning of each field, decided on its text alone.

These functions are the rules; the column-wise path only applies them to many rows at a time. Surrounding white space
is ignored. Each returns the value, or a `Bad` with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from core.energy.identifiers import POINT
from core.energy.readings.schema import FIRST, KWH_DECIMALS, KWH_INTEGER_DIGITS, LAST, MAX_VERSION
from core.kernel.clock import microseconds

HALF_HOUR_US = 30 * 60 * 1_000_000
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_SCALE = 10**KWH_DECIMALS
_LIMIT = 10 ** (KWH_INTEGER_DIGITS + KWH_DECIMALS)


@dataclass(frozen=True, slots=True)
class Bad:
    """Why a field's value is no value."""

    reason: str


def point(text: str) -> str | Bad:
    """An MPAN or NMI."""
    value = text.strip()
    if POINT.fullmatch(value):
        return value
    return Bad("a point is an MPAN of 13 digits or an NMI of 10 capital letters and digits")


def version(text: str) -> int | Bad:
    """1 to 24."""
    value = text.strip()
    if value.isascii() and value.isdigit() and len(value) <= 2 and 1 <= int(value) <= MAX_VERSION:
        return int(value)
    return Bad(f"a version is a whole number from 1 to {MAX_VERSION}")


def start(text: str) -> int | Bad:
    """Microseconds since 1970 UTC of an ISO 8601 time with zone, on the half hour."""
    value = text.strip()
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            return Bad("the start has no zone; write 2026-01-31T00:30:00Z or +01:00")
        found = microseconds(moment)
    except (ValueError, OverflowError):
        return Bad("a start is an ISO 8601 time with zone, such as 2026-01-31T00:30:00Z")
    if found % HALF_HOUR_US:
        return Bad("the start is not on the half hour")
    if not _FIRST <= found <= _LAST:
        return Bad(_YEARS)
    return found


def kwh(text: str) -> int | Bad:
    """The number in units of 10^-9 kWh, exact."""
    value = text.strip()
    if not value.isascii() or len(value) > 64 or not _NUMBER.fullmatch(value):
        return Bad("kWh is not a finite number")
    scaled = Decimal(value).scaleb(KWH_DECIMALS)
    if scaled and (scaled.adjusted() >= KWH_INTEGER_DIGITS + KWH_DECIMALS):
        return Bad(f"kWh has more than {KWH_INTEGER_DIGITS} digits before the point")
    whole = int(scaled)
    if whole != scaled:
        return Bad(
            f"kWh has more than {KWH_DECIMALS} digits after the point; the table keeps every digit, so round it first"
        )
    return whole


@lru_cache(maxsize=4096)
def settlement_date(text: str) -> date | Bad:
    """A settlement day, `YYYY-MM-DD`."""
    value = text.strip()
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return Bad("a date is written 2026-01-31")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return Bad("there is no such date")
    return day if FIRST.year <= day.year <= LAST.year else Bad(_YEARS)


_FIRST, _LAST = microseconds(FIRST), microseconds(LAST)
_YEARS = f"the year is outside {FIRST.year} to {LAST.year}"

Rules = dict[str, Callable[[str], Any]]
LONG_RULES: Rules = {"point": point, "start": start, "version": version, "kwh": kwh}
WIDE_RULES: Rules = {"point": point, "date": settlement_date, "version": version}
"""The columns of each format in the order in which they are judged; the half hours of a wide row are `kwh`."""
