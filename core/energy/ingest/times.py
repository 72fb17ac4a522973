"""The exact meaning of a time, decided on its text alone and on the file's terms: slots of five minutes since 1970."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from core.energy.ingest import stamps
from core.energy.ingest.fields import Bad, tidy
from core.energy.ingest.layouts.layout import Order
from core.energy.ingest.terms import FUTURE, PAST, Terms
from core.energy.readings.schema import FIRST, LAST
from core.kernel.clock import from_microseconds, microseconds, rfc3339

SLOT_US = 5 * 60 * 1_000_000
"""Starts are counted in slots of five minutes, on which every grid lies."""
SLOT_MINUTES = 5
EARLY = microseconds(datetime(1990, 1, 1, tzinfo=UTC))
"""Before this no meter recorded intervals that anybody was settled by."""
FROM_ZERO = (
    "the hours of this file are counted from 0, where such files count them from 1 by their ends; ask for it again, or "
    "send it long, with start and kwh"
)
FINER = "this counts shorter intervals than such files have; send it long, as point,start,minutes,kwh"
SKIPPED = "clocks were put forward over this time; there was none"
NO_ZONE = "the start has no zone; write 2026-01-31T00:30:00Z or +01:00, or say the zone in the account's sources"
_OFF_FIVE = "the start is not on a grid of 5, 10, 15, 30 or 60 minutes"
_FIRST, _LAST = microseconds(FIRST), microseconds(LAST)
_YEARS = f"the year is outside {FIRST.year} to {LAST.year}"
_EXCEL_DATE = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?|[0-9]{8}|(?:19|20)[0-9]{8}")
_EPOCH = re.compile(r"[0-9]{10}|[0-9]{13}")
_QUARTER = re.compile(r"[0-9]{1,2}:(?!00)[0-9]{2}")
_UTC_WORD = re.compile(r"\s*(?:UTC|GMT)$")


@dataclass(frozen=True, slots=True)
class Twice(Bad):
    """A time that stands for several instants, or for one only in one way of writing them.

    `ways` are ways of writing, each with the slots that the time may stand for in it; other rows show which (`clocks`).
    """

    ways: tuple[tuple[int, ...], ...] = ()


def instant(text: str, terms: Terms, length: int | None = None, *, last: bool = False) -> int | Bad:
    """Slots since 1970 UTC of a time as the terms have it: ISO 8601, or what a clock of their zone showed.

    `length` are the minutes of its interval, where they are not the terms'; `last` says that for its end the last
    minute of an interval is written, or the last second.
    """
    value = _UTC_WORD.sub("Z", tidy(text).upper())
    if terms.counted:
        return _counted(value, terms, terms.counted)
    if _DAY.fullmatch(value):
        return Bad("this is a day, or a day and an hour, and not when an interval starts; write 2026-01-31T00:30:00Z")
    if _EXCEL_DATE.fullmatch(value):
        return Bad("Excel stored this date as a number; format the column as 2026-01-31 00:30, and save again")
    if _EPOCH.fullmatch(value):
        value = datetime.fromtimestamp(int(value) // (1000 if len(value) == 13 else 1), UTC).isoformat()
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        shown = stamps.moment(value, terms.order)
        if shown is None:
            return Bad("a start is an ISO 8601 time with zone, such as 2026-01-31T00:30:00Z")
        moment = shown
    try:
        if last:
            return _after(instant_of(_begun(moment), terms, length or terms.minutes))
        return instant_of(moment, terms, length or terms.minutes)
    except OverflowError:
        return Bad(_YEARS)


def instant_of(moment: datetime, terms: Terms, length: int) -> int | Bad:
    """The slot of a time, of one without a zone as the terms have it."""
    return _local(moment, terms, length) if moment.tzinfo is None else _slot(microseconds(moment))


def _begun(moment: datetime) -> datetime:
    """The beginning of the slot of which this is the last minute; of another minute that is no slot's."""
    return moment.replace(second=0, microsecond=0) - timedelta(minutes=SLOT_MINUTES - 1)


def _after(found: int | Bad) -> int | Bad:
    """The slot after the one that ends with it: clocks may change in between."""
    if isinstance(found, Twice):
        return Twice(found.reason, tuple(tuple(slot + 1 for slot in way) for way in found.ways))
    return found if isinstance(found, Bad) else found + 1


def _slot(found: int) -> int | Bad:
    if not _FIRST <= found <= _LAST:
        return Bad(_YEARS)
    if found % SLOT_US:
        return Bad(_OFF_FIVE)
    return found // SLOT_US


def _local(moment: datetime, terms: Terms, length: int) -> int | Bad:
    """The slot of what clocks of the terms' zone showed, where they showed it once.

    What ends an interval is written in two ways where clocks change: as they show it then, or as so long after what
    they showed when it began.
    """
    if terms.zone is None:
        return Bad(NO_ZONE)
    if moment.minute % SLOT_MINUTES or moment.second or moment.microsecond:
        return Bad(_OFF_FIVE)
    as_shown = tuple(_instants(moment, terms.zone))
    ways = [as_shown]
    if terms.stamp == "end":
        step = timedelta(minutes=length)
        begun = _instants(moment - step, terms.zone)
        ways.append(tuple(slot + length // SLOT_MINUTES for slot in begun))
    if all(way == ways[0] for way in ways) and len(ways[0]) == 1:
        found = ways[0][0]
        return found if _FIRST <= found * SLOT_US <= _LAST else Bad(_YEARS)
    if not any(ways):
        return Bad(SKIPPED)
    if len(ways) == 1 or as_shown:
        return Twice("clocks were put back over this time, so it was twice; write it with its offset", tuple(ways))
    return Twice("clocks were put forward over this time, and other times do not show what it is", tuple(ways))


def _instants(moment: datetime, zone: tzinfo) -> list[int]:
    """The slots at which clocks of a zone showed a time: none, one or two."""
    found = []
    for fold in (0, 1):
        local = moment.replace(tzinfo=zone, fold=fold)
        begun = local.astimezone(UTC)
        if begun.astimezone(zone).replace(tzinfo=None) == moment.replace(fold=0):
            slot = microseconds(begun) // SLOT_US
            if slot not in found:
                found.append(slot)
    return found


def _counted(value: str, terms: Terms, length: int) -> int | Bad:
    """The start (or the end) of what is counted from 1 within a day: to 24 hours, and to 23 or 25 where clocks change.

    On such a day it may be counted by what clocks show, too.
    """
    first, _, second = value.partition(" ")
    on, number = stamps.day(first, terms.order), stamps.hour(second)
    most = 25 * 60 // length
    if on is not None and (_QUARTER.fullmatch(second) or (number or 0) > most):
        return Bad(FINER)
    if on is None or number is None:
        return Bad("this is no date and number within its day, such as 2026/01/31 01:00 to 24:00")
    if terms.zone is None:
        return Bad(NO_ZONE)
    if not FIRST.year < on.year < LAST.year:
        return Bad(_YEARS)
    if number == 0:
        return Bad(FROM_ZERO)
    midnight = datetime.combine(on, datetime.min.time())
    (begun,), (after,) = (_instants(midnight + timedelta(days=days), terms.zone) for days in (0, 1))
    step = length // SLOT_MINUTES
    end = step if terms.stamp == "end" else 0
    counted = begun + (number - 1) * step
    if after - begun == 24 * 60 // SLOT_MINUTES:
        return counted + end if number * length <= 24 * 60 else Bad("this day has 24 hours")
    shown = midnight + timedelta(minutes=length) * (number - 1)
    by_clock = _instants(shown, terms.zone) if number * length <= 24 * 60 else []
    at_end = _instants(shown + timedelta(minutes=length), terms.zone) if end and number * length <= 24 * 60 else []
    reason = "on this day clocks change, and its rows do not show how they are counted"
    ways = ((counted + end,) if counted < after else (), tuple(slot + end for slot in by_clock), tuple(at_end))
    return Twice(reason, ways if end else ways[:2])


def start(text: str, terms: Terms) -> int | Bad:
    """The slot in which an interval of the terms' minutes begins."""
    found = instant(text, terms)
    return found if isinstance(found, Bad) else started(found, terms)


def started(found: int, terms: Terms) -> int | Bad:
    """The slot in which an interval of the terms' minutes begins whose time, its start or its end, is this slot."""
    step = terms.minutes // SLOT_MINUTES
    if found % step:
        return Bad(off_grid(terms.minutes))
    return placed(found - (0 if at_start(terms) else step), terms)


def at_start(terms: Terms) -> bool:
    """Whether times name the beginning of intervals, as far as is known."""
    return terms.stamp in (None, "start")


def placed(slot: int, terms: Terms) -> int | Bad:
    """The slot, unless it is yet to come."""
    if slot * SLOT_US > terms.received and FUTURE not in terms.allow:
        return Bad("the start is later than the file; if that is right, allow `future` in the account's sources")
    if slot * SLOT_US < EARLY and PAST not in terms.allow:
        return Bad(
            "the start is before 1990, as programs write where they have no date; if it is right, allow `past` in the "
            "account's sources"
        )
    return slot


def plausible(terms: Terms) -> tuple[int, int]:
    """The first and the last slot that `placed` takes."""
    first = _FIRST if PAST in terms.allow else EARLY
    last = _LAST if FUTURE in terms.allow else terms.received
    return -(-first // SLOT_US), last // SLOT_US


def off_grid(length: int) -> str:
    return "the start is not on the half hour" if length == 30 else f"the start is not on the grid of {length} minutes"


@lru_cache(maxsize=4096)
def settlement_date(text: str, order: Order | None = None) -> date | Bad:
    """A settlement day, `2026-01-31` or as layouts write it; a time beside it is midnight's."""
    first, second = stamps.split(tidy(text))
    day = stamps.day(first, order)
    if day is None or (second and stamps.time_of_day(second) != timedelta()):
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", first):
            return Bad("there is no such date")
        return Bad("a date is written 2026-01-31")
    return day if FIRST.year <= day.year <= LAST.year else Bad(_YEARS)


def shown(slot: int) -> str:
    """A slot's start as RFC 3339."""
    return rfc3339(from_microseconds(slot * SLOT_US))
