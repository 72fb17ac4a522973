"""The big inputs, from a seed: 25 points x 17,520 half hours x 24 versions = 10,512,000, long or wide; and NEM12."""

from __future__ import annotations

import argparse
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from core.energy.readings.points import mpan_digit

POINTS = 25
HALF_HOURS = 17_520
VERSIONS = 24
SEED = 20260101
FIRST = datetime(2023, 1, 1, tzinfo=UTC)
METERS = 100
DAYS = 365
FIVE_MINUTES = 288
SHORT_DAY, LONG_DAY = date(2023, 3, 26), date(2023, 10, 29)
"""When London's clocks change: 46 and 50 half hours."""
_POOL = 100_003


def points(count: int = POINTS) -> list[str]:
    """MPANs."""
    rng = random.Random(SEED)
    cores = (f"10{rng.randrange(10**10):010}" for _ in range(count))
    return sorted(core + mpan_digit(core) for core in cores)


def _pool(rng: random.Random) -> list[str]:
    """Consumption is skewed: many small values, few large ones. In a pool, because drawing 10 million is slow."""
    return [f"{rng.lognormvariate(-1.2, 0.9):.3f}" for _ in range(_POOL)]


def write(path: Path, *, versions: int = VERSIONS, half_hours: int = HALF_HOURS) -> int:
    """Write a long file ordered by version, point and start, as settlement runs deliver it; returns the rows."""
    rng = random.Random(SEED)
    starts = [f"{FIRST + timedelta(minutes=30 * n):%Y-%m-%dT%H:%M:%SZ}" for n in range(half_hours)]
    pool = _pool(rng)
    with path.open("w") as stream:
        stream.write("point,start,version,kwh\n")
        for version in range(1, versions + 1):
            for point in points():
                at = rng.randrange(len(pool))
                stream.writelines(
                    f"{point},{start},{version},{pool[(at + 13 * n) % len(pool)]}\n" for n, start in enumerate(starts)
                )
    return versions * POINTS * half_hours


def write_wide(path: Path, *, versions: int = 1) -> int:
    """Write the same year with a row for each settlement day of London and a column for each half hour.

    Returns the readings; they are as many as in the long file of so many versions.
    """
    rng = random.Random(SEED)
    pool = _pool(rng)
    readings = 0
    with path.open("w") as stream:
        stream.write("point,date,version," + ",".join(f"hh{number:02}" for number in range(1, 51)) + "\n")
        for version in range(1, versions + 1):
            for point in points():
                for number in range(DAYS):
                    day = FIRST.date() + timedelta(number)
                    count = {SHORT_DAY: 46, LONG_DAY: 50}.get(day, 48)
                    values = _slice(pool, rng, count)
                    stream.write(f"{point},{day},{version},{','.join(values)}{',' * (50 - count)}\n")
                    readings += count
    return readings


def write_nem12(path: Path, *, meters: int = METERS) -> int:
    """Write a year of five-minute consumption of so many meters; returns the readings."""
    rng = random.Random(SEED)
    pool = _pool(rng)
    with path.open("w") as stream:
        stream.write("100,NEM12,202401010000,MDP1,RETAILER1\n")
        for meter in range(meters):
            stream.write(f"200,NMI{meter:07},E1,E1,E1,N1,METER{meter:05},kWh,5,20240201\n")
            for number in range(DAYS):
                values = ",".join(_slice(pool, rng, FIVE_MINUTES))
                stream.write(f"300,{FIRST + timedelta(number):%Y%m%d},{values},A,,,20240101000000,\n")
        stream.write("900\n")
    return meters * DAYS * FIVE_MINUTES


def _slice(pool: list[str], rng: random.Random, count: int) -> list[str]:
    at = rng.randrange(len(pool) - count)
    return pool[at : at + count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--versions", type=int, default=VERSIONS)
    options = parser.parse_args()
    print(f"{write(options.path, versions=options.versions):,} rows in {options.path}")


if __name__ == "__main__":
    main()
