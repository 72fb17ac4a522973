"""Dollars of a million business operations, of a customer's year, and of a month in which nothing is asked.

`python -m bench.portability.costs bench/out/requests-*.json` prints them as JSON, from the counts that `bench requests`
left and from `bench/prices.json`; what they rest on is in it too.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from bench.portability import prices as price_file
from bench.portability.assumptions import LEFT_OUT, MODEL, Assumptions
from bench.portability.business import CUSTOMER_YEAR, MILLION, OTHER
from bench.portability.prices import PARTS, Item, Prices
from bench.portability.usage import Meter, Trip, Usage, add

A_MILLION = 1_000_000
MONTHS = 12


class Cost(msgspec.Struct, frozen=True):
    """Dollars, and of them what each part takes."""

    total: float
    parts: dict[str, float]


class Year(msgspec.Struct, frozen=True):
    """Dollars of a customer's year. With the free tier, as if the account had nothing else.

    `what` says what the customer does, and so how many operations a month the free tier is held against.
    """

    total: float
    with_free_tier: float
    parts: dict[str, float]
    what: dict[str, Any]


class Costs(msgspec.Struct, frozen=True):
    """All of them, as they are written down."""

    assumptions: dict[str, Any]
    prices: dict[str, Any]
    million: dict[str, dict[str, Cost]]
    customer_year: dict[str, Year]
    monthly: dict[str, dict[str, float]]


class Counted(msgspec.Struct, frozen=True):
    """The file that `bench requests` leaves."""

    machine: str
    provider: str
    commits: int
    operations: dict[str, Trip]


def of(round_trips: Mapping[str, Mapping[str, Trip]], prices: Prices, assumptions: Assumptions) -> Costs:
    """The costs on each provider that was counted. Raises `NotCounted` for an operation that was not."""
    million: dict[str, dict[str, Cost]] = {name: {} for name in MILLION}
    years, monthly = {}, {}
    for provider, trips in round_trips.items():
        items = prices.items[provider]
        meter = Meter(provider, trips, prices.rounding[provider], assumptions)
        for name, operation in MILLION.items():
            million[name][provider] = _cost(meter.of(operation), items, A_MILLION)
        years[provider] = _year(meter, items, assumptions)
        monthly[provider] = {
            name: _rounded(items[name].dollars(amount)) for name, amount in assumptions.monthly.value[provider].items()
        }
    said = {"model": MODEL, "left_out": list(LEFT_OUT), **asdict(assumptions)}
    rests = {"date": prices.date, "sha256": prices.sha256, "to_confirm": prices.to_confirm}
    return Costs(said, rests, million, years, monthly)


def _cost(used: Mapping[str, float], items: Mapping[str, Item], times: float = 1) -> Cost:
    parts = dict.fromkeys(PARTS, 0.0)
    for name, amount in used.items():
        parts[items[name].part] += items[name].dollars(amount * times)
    return Cost(_rounded(sum(parts.values())), {part: _rounded(dollars) for part, dollars in parts.items()})


def _year(meter: Meter, items: Mapping[str, Item], assumptions: Assumptions) -> Year:
    used: Usage = defaultdict(float)
    answered_kib = 0.0
    for name, times in CUSTOMER_YEAR.items():
        operation = {**MILLION, **OTHER}[name]
        add(used, meter.of(operation), times)
        answered_kib += times * sum(call.answer_kib * call.times for call in operation.calls if call.by == "http")
    used["stored"] *= assumptions.storage_months.value
    if "traces" in used:
        used["traces"] = used["invocation"]
    cost = _cost(used, items)
    billed = {name: MONTHS * max(0.0, amount / MONTHS - items[name].free) for name, amount in used.items()}
    what = {
        "operations": dict(CUSTOMER_YEAR),
        "operations_a_month": round(sum(CUSTOMER_YEAR.values()) / MONTHS),
        "answered_gb": _rounded(answered_kib * 1024 / 1e9),
        "used": {name: _rounded(amount) for name, amount in used.items()},
    }
    return Year(cost.total, _cost(billed, items).total, cost.parts, what)


def _rounded(value: float) -> float:
    """To six digits that count: more would pretend."""
    return float(f"{value:.6g}")


def counted(path: Path) -> Counted:
    """What `bench requests` left in a file."""
    return msgspec.json.decode(path.read_bytes(), type=Counted)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.portability.costs", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="that `bench requests` left")
    found = [counted(path) for path in parser.parse_args(arguments).files]
    costs = of({one.provider: one.operations for one in found}, price_file.load(), Assumptions())
    machines = {one.provider: f"{one.machine}; {one.commits} commits" for one in found}
    print(msgspec.json.format(msgspec.json.encode({"counted": machines, **msgspec.to_builtins(costs)})).decode())


if __name__ == "__main__":
    main()
