"""The big input: 25 points x 17,520 half hours x 24 versions = 10,512,000 rows, from a seed."""

from __future__ import annotations

import argparse
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.energy.readings.points import mpan_digit

POINTS = 25
HALF_HOURS = 17_520
VERSIONS = 24
SEED = 20260101
FIRST = datetime(2023, 1, 1, tzinfo=UTC)


def points(count: int = POINTS) -> list[str]:
    """MPANs."""
    rng = random.Random(SEED)
    cores = (f"10{rng.randrange(10**10):010}" for _ in range(count))
    return sorted(core + mpan_digit(core) for core in cores)


def write(path: Path, *, versions: int = VERSIONS, half_hours: int = HALF_HOURS) -> int:
    """Write a long file ordered by version, point and start, as settlement runs deliver it; returns the rows."""
    rng = random.Random(SEED)
    starts = [f"{FIRST + timedelta(minutes=30 * n):%Y-%m-%dT%H:%M:%SZ}" for n in range(half_hours)]
    # Consumption is skewed: many small values, few large ones. Kept in a pool, because drawing 10 million is slow.
    pool = [f"{rng.lognormvariate(-1.2, 0.9):.3f}" for _ in range(100_003)]
    with path.open("w") as stream:
        stream.write("point,start,version,kwh\n")
        for version in range(1, versions + 1):
            for point in points():
                at = rng.randrange(len(pool))
                stream.writelines(
                    f"{point},{start},{version},{pool[(at + 13 * n) % len(pool)]}\n" for n, start in enumerate(starts)
                )
    return versions * POINTS * half_hours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--versions", type=int, default=VERSIONS)
    options = parser.parse_args()
    print(f"{write(options.path, versions=options.versions):,} rows in {options.path}")


if __name__ == "__main__":
    main()
