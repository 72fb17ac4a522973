"""The readings that the benchmark sends, and what has to come back: every value follows from its point and number.

The benchmark's own arithmetic with them is the standard library's, so that a wrong answer can't agree by sharing code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from core.energy.readings.points import mpan_digit

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
"""Of every point's readings. London has no summer time then, so its January is UTC's."""
HALF_HOUR, FIVE_MINUTES = 30, 5
YEAR = 365 * 48
JANUARY = 31 * 48
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Part:
    """Readings of one point one after the other, `count` from number `first` on, each of so many minutes."""

    point: int
    count: int
    first: int = 0
    minutes: int = HALF_HOUR

    @property
    def name(self) -> str:
        """An MPAN."""
        core = f"10{self.point:010}"
        return core + mpan_digit(core)

    def start(self, number: int) -> str:
        return _start(self.minutes * number)

    def value(self, number: int) -> str:
        """kWh; of five minutes with all the digits that a table keeps, so that an answer is as large as answers get."""
        kwh = (number * 7919 + self.point * 104_729) % 997
        return f"0.{kwh:03}" if self.minutes == HALF_HOUR else f"0.{kwh:03}{(number * 65_537 + 1) % 999_983:06}"

    def numbers(self) -> range:
        return range(self.first, self.first + self.count)

    @lru_cache(maxsize=256)  # noqa: B019  of whole files, asked for by report and table alike
    def total(self) -> Decimal:
        """The exact sum; in whole digits, which are added a hundred times as fast."""
        digits = len(self.value(0)) - 2
        return Decimal(sum(int(self.value(number)[2:]) for number in self.numbers())).scaleb(-digits)

    def rows(self) -> Iterator[str]:
        end = f",{self.minutes},{'actual' if self.minutes == HALF_HOUR else 'substituted'}\n"
        return (f"{self.name},{self.start(number)},1,{self.value(number)}{end}" for number in self.numbers())


@lru_cache(maxsize=300_000)
def _start(minutes: int) -> str:
    return f"{BEGIN + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def file(*parts: Part) -> bytes:
    """A file of the long layout."""
    rows = "".join(row for part in parts for row in part.rows())
    return f"point,start,version,kwh,minutes,quality\n{rows}".encode()


def parts_of(first_point: int, rows: int) -> list[Part]:
    """So many rows, a year of half hours for each point."""
    whole, rest = divmod(rows, YEAR)
    parts = [Part(first_point + number, YEAR) for number in range(whole)]
    return [*parts, Part(first_point + whole, rest)] if rest else parts


def wrong_report(report: Any, parts: list[Part]) -> str:
    """What an ingestion's report says other than that every row landed; empty: nothing."""
    rows = sum(part.count for part in parts)
    said = {name: report.get(name) for name in ("rows", "accepted", "rejected", "landed")}
    if said != {"rows": rows, "accepted": rows, "rejected": 0, "landed": rows}:
        return f"of {rows} rows the report says {said}"
    sums = {one["point"]: (one["count"], Decimal(one["sum"])) for one in report["series"]}
    expected = {part.name: (part.count, part.total()) for part in parts}
    return "" if sums == expected else f"the report sums up {sums}, not {expected}"


def wrong_readings(answer: Any, part: Part) -> str:
    """What a page of readings has other than these, every start and value; empty: nothing."""
    numbers = part.numbers()
    if answer.get("point") != part.name:
        return f"the answer is of {answer.get('point')!r}, not of {part.name}"
    if answer["start"] != [part.start(number) for number in numbers]:
        return f"the answer has {len(answer['start'])} starts, not the {len(numbers)} that were sent"
    if [Decimal(str(value)) for value in answer["value"]] != [Decimal(part.value(number)) for number in numbers]:
        return f"values of {part.name} are not those that were sent"
    return ""


def wrong_settlement(result: Any, parts: list[Part], product: Any) -> str:
    """What a settlement of January has other than its energy and its price, each line rounded to a cent by itself."""
    energy = sum((part.total() for part in parts), Decimal())
    if Decimal(result["import_kwh"]) != energy:
        return f"settled are {result['import_kwh']} kWh, not {energy}"
    if product.get("bands"):
        return ""  # of a tariff by the hour only the energy is judged here
    lines = [part.total() * Decimal(product["unit_rate"]) for part in parts]
    lines += [Decimal(31) * Decimal(product["standing_charge"])] * len(parts)
    total = sum((line.quantize(CENT, ROUND_HALF_UP) for line in lines), Decimal())
    return "" if Decimal(result["total"]) == total else f"the total is {result['total']}, not {total}"


def wrong_export(content: bytes, part: Part) -> str:
    """What an export's CSV has other than the readings, in whatever order."""
    head, *lines = content.decode().splitlines()
    at = {name: head.split(",").index(name) for name in ("point", "start", "value")}
    found = {
        (row[at["point"]], row[at["start"]], Decimal(row[at["value"]])) for row in (line.split(",") for line in lines)
    }
    expected = {(part.name, part.start(number), Decimal(part.value(number))) for number in part.numbers()}
    return "" if found == expected else f"the export has {len(found)} readings that are not the {len(expected)} sent"
