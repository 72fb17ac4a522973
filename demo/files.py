"""The input of the demo's first account: real half-hourly demand, scaled to three metering points, in three data versions."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby
from pathlib import Path

from core.energy.readings.periods import day_of
from core.energy.readings.zones import named

DEMAND = Path(__file__).with_name("england-wales-demand-2000.csv")
ACCOUNT = "Account17"
NAMES = ("v1-long.csv", "v2-wide.csv", "v3-long.csv.gz")


@dataclass(frozen=True, slots=True)
class DemoPoint:
    """A metering point that gets the nation's demand divided by `share`."""

    point: str
    share: int


LONDON = named("Europe/London")
POINTS = (
    DemoPoint("1012345678903", 20_000_000),
    DemoPoint("1012345678912", 14_500_000),
    DemoPoint("2099887766555", 90_000),
)
# Version 1 is a rough first estimate; versions 2 and 3 are exact, and 3 corrects the first point.
_STEPS = {1: Decimal("0.05"), 2: Decimal("0.001"), 3: Decimal("0.001")}
_CORRECTION = Decimal("1.02")


GAP = frozenset(datetime(2000, 7, 20, 13 + half // 2, half % 2 * 30, tzinfo=UTC) for half in range(4))
"""Two hours that the last point was not read, in any version."""


def demand() -> list[tuple[datetime, int]]:
    """The series: start of the half hour (UTC) and megawatts."""
    with DEMAND.open(newline="") as stream:
        return [(datetime.fromisoformat(row["start"]), int(row["demand_mw"])) for row in csv.DictReader(stream)]


def kwh(megawatts: int, point: DemoPoint, version: int) -> Decimal:
    """A half hour's energy at a point, as that data version tells it."""
    value = Decimal(megawatts) * 500 / point.share
    if version == 3:
        value *= _CORRECTION
    step = _STEPS[version]
    return (value / step).quantize(Decimal(1), ROUND_HALF_EVEN) * step


def missing(point: DemoPoint, start: datetime) -> bool:
    return point is POINTS[-1] and start in GAP


def write(folder: Path) -> list[Path]:
    """Write the input files: version 1 as a long file, 2 as a wide one, 3 (first point only) as a long .gz."""
    series = demand()
    first, second, third = (folder / name for name in NAMES)
    first.write_text("".join(_long(series, POINTS, 1)))
    second.write_text("".join(_wide(series, 2)))
    with gzip.open(third, "wt") as stream:
        stream.writelines(_long(series, POINTS[:1], 3))
    return [first, second, third]


def day_total(point: DemoPoint, version: int, day: date) -> Decimal:
    """The sum of one settlement day, straight from the series."""
    return sum((kwh(mw, point, version) for start, mw in demand() if day_of(LONDON, start) == day), Decimal(0))


def _long(series: list[tuple[datetime, int]], points: tuple[DemoPoint, ...], version: int) -> Iterator[str]:
    yield "point,start,version,kwh\n"
    for point in points:
        for start, megawatts in series:
            if not missing(point, start):
                yield f"{point.point},{start:%Y-%m-%dT%H:%M:%SZ},{version},{kwh(megawatts, point, version)}\n"


def _wide(series: list[tuple[datetime, int]], version: int) -> Iterator[str]:
    yield "point,date,version," + ",".join(f"hh{number:02}" for number in range(1, 49)) + "\n"
    for point in POINTS:
        for day, half_hours in groupby(series, key=lambda entry: day_of(LONDON, entry[0])):
            values = ",".join(
                "" if missing(point, start) else str(kwh(megawatts, point, version)) for start, megawatts in half_hours
            )
            yield f"{point.point},{day},{version},{values}\n"
