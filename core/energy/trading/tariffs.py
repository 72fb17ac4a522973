"""What a product costs: a standing charge for each day, and a rate for each kWh, which may depend on day and time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from msgspec import Struct

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BASE, EXPORTED = "base", "export"
"""The bands of a product's own rate, and of what is given back to the grid."""
CENT = Decimal("0.01")
ROUNDING = "each line to 0.01, half away from zero; the total is the sum of the lines"


class Band(Struct, frozen=True):
    """A rate at some hours: minutes of a settlement day from `begin` to before `end`, on those weekdays (0: Monday)."""

    name: str
    days: frozenset[int]
    begin: int
    end: int
    rate: Decimal

    def holds(self, weekday: int, minute: int) -> bool:
        """One that ends before it begins goes over midnight, and its hours after that belong to the day before."""
        if self.begin < self.end:
            return weekday in self.days and self.begin <= minute < self.end
        return (weekday in self.days and minute >= self.begin) or ((weekday - 1) % 7 in self.days and minute < self.end)


class Tariff(Struct, frozen=True):
    """A product's prices, in major units of the currency: for a day, for a kWh taken, and for one given."""

    product: str
    currency: str
    standing: Decimal
    rate: Decimal
    export: Decimal
    bands: tuple[Band, ...]

    def band(self, weekday: int, minute: int) -> str:
        """The first band that holds a minute of a day, else `BASE`."""
        return next((band.name for band in self.bands if band.holds(weekday, minute)), BASE)

    def rate_of(self, band: str) -> Decimal:
        return next((one.rate for one in self.bands if one.name == band), self.rate)


def tariff_of(product: Mapping[str, Any]) -> Tariff:
    """From a product's document. Raises `ValueError` saying what can't be priced by."""
    bands = tuple(
        Band(
            band["name"],
            frozenset(DAYS.index(day) for day in band.get("days") or DAYS),
            _minute(band["begin"]),
            _minute(band["end"]),
            _rate(band["rate"]),
        )
        for band in product.get("bands", [])
    )
    names = [band.name for band in bands]
    for band in bands:
        if names.count(band.name) > 1 or band.name in (BASE, EXPORTED, "standing"):
            raise ValueError(f"two bands, or what every product has, are called {band.name!r}")
        if band.begin == band.end:
            raise ValueError(f"the band {band.name!r} begins when it ends")
    return Tariff(
        product["id"],
        product["currency"],
        _rate(product["standing_charge"]),
        _rate(product["unit_rate"]),
        _rate(product.get("export_rate", "0")),
        bands,
    )


def product_on(contract: Sequence[Mapping[str, str]], day: date) -> str | None:
    """The product that an account's contract names for a day: the last entry from that day or before."""
    held = [entry for entry in contract if date.fromisoformat(entry["from"]) <= day]
    return max(held, key=lambda entry: entry["from"])["product"] if held else None


def rounded(amount: Decimal) -> Decimal:
    """To a cent, half away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def _rate(text: str) -> Decimal:
    found = Decimal(text)
    if not found.is_finite():
        raise ValueError(f"{text!r} is no price")
    return found


def _minute(clock: str) -> int:
    """Minutes of the day; on the half hour, since energy is metered by it."""
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[03]0|24:00", clock, re.ASCII):
        raise ValueError(f"{clock!r} is no half hour of the clock; write 00:30, or 24:00 for the end of the day")
    return int(clock[:2]) * 60 + int(clock[3:])
