"""What the accounts of the site's tests hold, and what of it a customer must see: worked out here, reading by reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)

POINT, OTHER = "1200012345679", "1200012345688"
"""Account17's: all of 2025 in two versions; the other takes half of it."""
HOUSE = "1200012345702"
"""Account18's: a house with a roof of panels, the days up to yesterday."""
BRISBANE = "NMI0001234"
"""Account23's, settled by UTC+10:00, beside `POINT`, which is settled by the clock of Great Britain."""
DAYS = 45
GAP, ESTIMATE, ABSENT = 9, 4, 21
"""Days ago: a gap of five hours, a day of estimates, a day that is not there."""
MISSING_HOURS = range(5, 10)


def midnight(day: date) -> datetime:
    """When a day of the clock of Great Britain begins."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def half_hours(first: date, last: date | None = None) -> Iterator[datetime]:
    """The starts of a period whose last day is in it: 46 or 50 on a day in which the clock changes."""
    start, end = midnight(first), midnight((last or first) + DAY)
    while start < end:
        yield start
        start += HALF_HOUR


def kwh(point: str, start: datetime, version: int) -> Decimal:
    """A reading of Account17. Version 2 is a bit more, but less in the hour after three."""
    local = start.astimezone(LONDON)
    season = abs(local.timetuple().tm_yday - 182)
    milli = 150 + 250 * (7 <= local.hour < 9) + 450 * (17 <= local.hour < 22) + season
    milli += int(start.timestamp()) // 1800 * 7919 % 97
    if version == 2:
        milli += -30 if local.hour == 3 else 20
    return Decimal(milli if point == POINT else milli // 2) / 1000


def total(point: str, first: date, last: date, version: int = 2) -> Decimal:
    return sum((kwh(point, start, version) for start in half_hours(first, last)), Decimal())


def year(version: int) -> str:
    """Both points' half hours of 2025, as a file."""
    rows = ["point,start,version,kwh"]
    for point in (POINT, OTHER):
        for start in half_hours(date(2025, 1, 1), date(2025, 12, 31)):
            rows.append(f"{point},{start:%Y-%m-%dT%H:%M:%SZ},{version},{kwh(point, start, version)}")
    return "\n".join(rows) + "\n"


def used(start: datetime) -> Decimal:
    """What the house takes in a half hour."""
    return Decimal("0.5") if 17 <= start.astimezone(LONDON).hour < 20 else Decimal("0.2")


def given(start: datetime) -> Decimal:
    """What its roof gives: a whole kWh at noon."""
    return Decimal(1) if 11 <= start.astimezone(LONDON).hour < 13 else Decimal()


def house(today: date) -> str:
    """The house up to yesterday, with its gap, its estimates and the day that is not there."""
    rows = ["point,start,channel,quality,kwh"]
    for ago in range(DAYS, 0, -1):
        for start in half_hours(today - ago * DAY):
            if ago == ABSENT or (ago == GAP and start.astimezone(LONDON).hour in MISSING_HOURS):
                continue
            quality = "E" if ago == ESTIMATE else "A"
            for channel, value in (("import", used(start)), ("export", given(start))):
                rows.append(f"{HOUSE},{start:%Y-%m-%dT%H:%M:%SZ},{channel},{quality},{value}")
    return "\n".join(rows) + "\n"


def clocks() -> str:
    """Account23: both points take 0.5 kWh in each half hour of the first three days of July by UTC."""
    first = datetime(2025, 7, 1, tzinfo=UTC)
    starts = [first + number * HALF_HOUR for number in range(3 * 48)]
    rows = [f"{point},{start:%Y-%m-%dT%H:%M:%SZ},1,0.5" for point in (POINT, BRISBANE) for start in starts]
    return "\n".join(["point,start,version,kwh", *rows]) + "\n"
