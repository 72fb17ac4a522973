"""The demo's second account: a made-up house with panels on its roof, read every half hour up to yesterday.

What a half hour took and gave is made of its time and the weather of `demo.sky` alone: tomorrow's demo says the same of
today. What was never read, and what was only estimated, lies so many days back, and moves with the calendar.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.energy.readings.periods import day_of, midnight
from core.energy.readings.zones import named
from demo.sky import Place, lattice

ACCOUNT, POINT = "Account18", "1200026112802"
NAME = "A house with a roof of panels (made up)"
LONDON, PLACE = named("Europe/London"), Place(51.5072, -0.1276)
ALERT, EMAIL = 30, "podge@example.com"
PANELS = 4 * 0.85
"""What the roof gives in the sun of 1000 W/m², in kW."""
DAYS, LATE = 400, 35
"""How many days there are, and how many of them are the second file's, which has the qualities."""
MISSING, PARTLY, ESTIMATED = 21, 9, 4
"""So many days ago nothing was read, five hours were not, and all was estimated."""
HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Half:
    """A half hour of the house: its start, what it took from the grid and what it gave, in kWh."""

    start: datetime
    taken: Decimal
    given: Decimal

    def row(self, channel: str, *more: str) -> str:
        value = self.given if channel == "export" else self.taken
        return ",".join((POINT, f"{self.start:%Y-%m-%dT%H:%M:%SZ}", "1", str(value), channel, *more)) + "\n"


def half(start: datetime) -> Half:
    """The use of a house that is heated by a heat pump, less what its roof makes."""
    clock, hours = start.astimezone(LONDON), start.timestamp() / 3600 + 0.25
    weekend, hour = clock.weekday() >= 5, clock.hour + clock.minute / 60 + 0.25
    chance = lattice(POINT, int(hours * 2))
    use = 0.08 + 0.22 * _hump(hour, 9.5 if weekend else 7.4, 0.9) + 0.36 * _hump(hour, 18.6, 1.7)
    use += 0.14 * _hump(hour, 13, 2.5) if weekend else 0.0
    cold = max(0.0, 15.5 - PLACE.temperature(hours))
    use += 0.03 * cold * (1 + cold / 40) * (0.6 if hour < 5.5 or hour > 22.5 else 1)
    use = use * (0.75 + 0.5 * chance) + (0.5 if chance > 0.97 and 7 < hour < 22 else 0)  # an oven, a kettle
    over = round(use - PANELS * PLACE.light(hours) / 1000 / 2, 3)
    return Half(start, Decimal(f"{max(over, 0):.3f}"), Decimal(f"{max(-over, 0):.3f}"))


def halves(first: date, end: date) -> Iterator[Half]:
    """Those of the days of London from the first to before the end."""
    start, after = (midnight(LONDON, day).astimezone(UTC) for day in (first, end))
    while start < after:
        yield half(start)
        start += HALF_HOUR


def settings(today: date) -> dict[str, Any]:
    """Priced for longer than it was read; `today` is London's."""
    begun = (today - timedelta(days=DAYS + 30)).replace(day=1).isoformat()
    return {
        "display_name": NAME,
        "email": EMAIL,
        "contract": [{"product": "night-owl", "from": begun}],
        "weather_site": "london",
        "alert_kwh_per_day": ALERT,
    }


def write(folder: Path, today: date) -> list[Path]:
    """Write a year and more, the last weeks with their qualities, and what somebody typed, not without mistakes."""
    first, late = today - timedelta(days=DAYS), today - timedelta(days=LATE)
    year = folder / f"house-{first:%Y-%m}-to-{late - timedelta(days=1):%Y-%m}.csv.gz"
    weeks, typed = folder / "house-last-weeks.csv", folder / "house-typed-by-hand.csv"
    with gzip.open(year, "wt", compresslevel=1) as stream:
        stream.write("point,start,version,kwh,channel\n")
        stream.writelines(one.row(channel) for one in halves(first, late) for channel in ("import", "export"))
    weeks.write_text("".join(_weeks(late, today)))
    typed.write_text("".join(_typed(gap(today))))
    return [year, weeks, typed]


def gap(today: date) -> datetime:
    """When the five hours begin that were not read."""
    return midnight(LONDON, today - timedelta(days=PARTLY)).astimezone(UTC) + timedelta(hours=12)


def _weeks(late: date, today: date) -> Iterator[str]:
    yield "point,start,version,kwh,channel,quality\n"
    begin = gap(today)
    for one in halves(late, today):
        ago = (today - day_of(LONDON, one.start)).days
        if ago != MISSING and not begin <= one.start < begin + 10 * HALF_HOUR:
            for channel in ("import", "export"):
                yield one.row(channel, "E" if ago == ESTIMATED else "A")


def _typed(begin: datetime) -> Iterator[str]:
    """Three rows of the gap that are right, one with a letter for a digit, and one that is not on the half hour."""
    yield "point,start,version,kwh,channel\n"
    rows = [half(begin + number * HALF_HOUR).row("import") for number in range(5)]
    rows[3] = rows[3].replace(".", ".l")
    rows[4] = rows[4].replace(":00:00Z", ":10:00Z")
    yield from rows


def _hump(hour: float, at: float, width: float) -> float:
    return math.exp(-(((hour - at) / width) ** 2))
