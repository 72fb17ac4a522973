"""Files of readings for the crash cases: of a few days and variants, so that many hold the same readings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

POINTS = ("1012345678903", "1023456789017")
ROWS = 16
DAYS, VARIANTS = 4, 4
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)

SETTLED = "2025-10"
"""A month of 31 days, one of which has 25 hours: 1,490 half hours, which cost 162.49 at `RATE` and `STANDING`."""
EACH, KWH, TOTAL = "0.4", Decimal("596.0"), Decimal("162.49")

Slot = tuple[str, str, datetime, int]
"""Point, channel, start and version: of a table's readings each has one at most."""


@dataclass(frozen=True, slots=True)
class MeterFile:
    """Half hours of one day. The same day and variant have the same slots, and another `seed` other values.

    Variants 0 and 1 hold the same slots, 1 with a row that is no reading; 2 are estimates of these; 3 is version 2.
    """

    day: int
    variant: int
    seed: int

    @property
    def name(self) -> str:
        return f"day{self.day}-{self.variant}.csv"

    @property
    def quality(self) -> str:
        return "estimated" if self.variant == 2 else "actual"

    @property
    def rejected(self) -> int:
        return int(self.variant == 1)

    @property
    def rows(self) -> int:
        return ROWS + self.rejected

    @property
    def readings(self) -> dict[Slot, Decimal]:
        point, version = POINTS[self.day % 2], 2 if self.variant == 3 else 1
        begin = FIRST + timedelta(days=self.day)
        return {
            (point, "import", begin + HALF_HOUR * number, version): Decimal(f"{self.seed}.{number:03}")
            for number in range(ROWS)
        }

    @property
    def content(self) -> bytes:
        lines = [
            f"{point},{start:%Y-%m-%dT%H:%M:%SZ},{version},{value},{self.quality}"
            for (point, _, start, version), value in self.readings.items()
        ]
        lines += [f"{POINTS[0]},yesterday,1,1,actual"] * self.rejected
        return "\n".join(["point,start,version,kwh,quality", *lines, ""]).encode()


def month() -> bytes:
    """A whole month of one point, every half hour alike."""
    zone = ZoneInfo("Europe/London")
    start, end = (datetime(2025, number, 1, tzinfo=zone).astimezone(UTC) for number in (10, 11))
    lines = ["point,start,version,kwh"]
    while start < end:
        lines.append(f"{POINTS[0]},{start:%Y-%m-%dT%H:%M:%SZ},1,{EACH}")
        start += HALF_HOUR
    return "\n".join([*lines, ""]).encode()


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that is in the store: under which key, and when it was created there (microseconds since 1970)."""

    source: str
    received: int
    file: MeterFile


def winners(arrived: Iterable[Arrived]) -> dict[Slot, tuple[Decimal, str]]:
    """The value and quality that each slot must have, in whatever order the files came and however often."""
    ranked = sorted(arrived, key=lambda one: (one.file.quality != "estimated", one.received, one.source))
    return {slot: (value, one.file.quality) for one in ranked for slot, value in one.file.readings.items()}
