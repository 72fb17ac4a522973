"""From sums of energy to lines of money: exact until a line is rounded, once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.energy.readings.decimals import plain
from core.energy.readings.reading import EXPORT, IMPORT
from core.energy.trading.tariffs import ROUNDING, Tariff, rounded, tariff_of

STANDING = "standing"


def priced(plan: Mapping[str, Any], totals: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The lines of every point, by product, channel and band, each with its energy, rate and amount; and their sums.

    What is taken costs, and what is given is credited (a negative amount). Reactive energy is no line.
    """
    tariffs = {one["product"]["id"]: tariff_of(one["product"]) for one in plan["tariffs"]}
    days_of = {one["product"]["id"]: one["days"] for one in plan["tariffs"]}
    lines: list[dict[str, Any]] = []
    points: list[dict[str, Any]] = []
    for one in totals:
        own = [*_energy(one, tariffs), *_standing(one, tariffs, days_of)]
        lines += own
        points.append(_point(one, own))
    return {
        "currency": next(iter(tariffs.values())).currency,
        "rounding": ROUNDING,
        "left_out": plan["left_out"],
        "lines": lines,
        "points": points,
        "import_kwh": _sum(points, "import_kwh"),
        "export_kwh": _sum(points, "export_kwh"),
        "estimated_kwh": _sum(points, "estimated_kwh"),
        "total": _sum(points, "amount"),
    }


def _energy(one: Mapping[str, Any], tariffs: Mapping[str, Tariff]) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(), Decimal()])
    for channel in (IMPORT, EXPORT):
        for day in one["channels"].get(channel, {"days": []})["days"]:
            found = sums[day["product"], channel, day["band"]]
            found[0] += Decimal(day["read"])
            found[1] += Decimal(day["estimated"])
    lines = []
    for (product, channel, band), (read, estimated) in sums.items():
        tariff = tariffs[product]
        rate = -tariff.export if channel == EXPORT else tariff.rate_of(band)
        lines.append(_line(one["point"], product, channel, band, read + estimated, "kWh", rate, estimated))
    return lines


def _standing(
    one: Mapping[str, Any], tariffs: Mapping[str, Tariff], days_of: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """For each settlement day from the point's first one on."""
    lines = []
    for product, days in days_of.items():
        count = Decimal(sum(day >= one["first"] for day in days))
        if count:
            lines.append(
                _line(one["point"], product, STANDING, STANDING, count, "day", tariffs[product].standing, Decimal())
            )
    return lines


def _line(
    point: str, product: str, channel: str, band: str, quantity: Decimal, unit: str, rate: Decimal, estimated: Decimal
) -> dict[str, Any]:
    return {
        "point": point,
        "product": product,
        "channel": channel,
        "band": band,
        "quantity": plain(quantity),
        "unit": unit,
        "estimated": plain(estimated),
        "rate": plain(rate),
        "amount": f"{rounded(quantity * rate):f}",
    }


def _point(one: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    def energy(channel: str, field: str) -> Decimal:
        return sum((Decimal(line[field]) for line in lines if line["channel"] == channel), Decimal())

    return {
        "point": one["point"],
        "import_kwh": plain(energy(IMPORT, "quantity")),
        "export_kwh": plain(energy(EXPORT, "quantity")),
        "estimated_kwh": plain(energy(IMPORT, "estimated") + energy(EXPORT, "estimated")),
        "amount": f"{sum((Decimal(line['amount']) for line in lines), Decimal()):f}",
    }


def _sum(points: Sequence[Mapping[str, Any]], field: str) -> str:
    total = sum((Decimal(one[field]) for one in points), Decimal())
    return f"{total:f}" if field == "amount" else plain(total)
