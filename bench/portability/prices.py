"""What the clouds ask for, from a dated file: each price with its source and how it was confirmed.

A row whose `confirmed` begins with `I` (a price-API's answer that another project keeps), `2` (secondary) or `D` (a
stored copy of the provider's page) is `to confirm`: a person with a browser looks at its source before a cost is
published. `R` is Azure's own price API.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

FILE = Path(__file__).parents[1] / "prices.json"
MONTHLY = "monthly"
"""The part of what is paid for being there, whatever is asked of it."""
PARTS = ("compute", "requests", "store", "queue", "workflow", "schedule", "logs", "storage", "transfer")
UNSURE = ("I", "2")


class PriceError(ValueError):
    """The file can't be worked with; the message says which row, and what to do."""


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"to_confirm": "to confirm"}):
    """`price` dollars for `per` of `unit`; the first `free` of it are free each month and account."""

    part: str
    price: float
    per: float
    unit: str
    source: str = ""
    confirmed: str = ""
    free: float = 0.0
    to_confirm: bool = False

    def dollars(self, amount: float) -> float:
        return amount / self.per * self.price


@dataclass(frozen=True)
class Rounding:
    """How a cloud rounds the time of an invocation: up to a whole `step_ms`, and to `least_ms` at least."""

    step_ms: float
    least_ms: float
    source: str

    def billed_ms(self, taken_ms: float) -> float:
        # What is but a floating-point error beyond a step is not billed as another one.
        return max(self.least_ms, math.ceil(round(taken_ms / self.step_ms, 9)) * self.step_ms)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    date: str
    currency: str
    regions: Mapping[str, str]
    rounding: Mapping[str, Rounding]
    items: Mapping[str, Mapping[str, Item]]


@dataclass(frozen=True)
class Prices:
    """The whole file: items by provider and name, and the SHA-256 by which a report names exactly these."""

    date: str
    sha256: str
    regions: Mapping[str, str]
    rounding: Mapping[str, Rounding]
    items: Mapping[str, Mapping[str, Item]]

    @property
    def to_confirm(self) -> list[str]:
        """`provider: item`, of each that a person has to look at first."""
        return [
            f"{provider}: {name}"
            for provider, items in self.items.items()
            for name, item in items.items()
            if item.to_confirm
        ]


def load(path: Path = FILE) -> Prices:
    """Read and check the file. Raises `PriceError`."""
    content = path.read_bytes()
    try:
        found = msgspec.json.decode(content, type=_File)
    except msgspec.DecodeError as error:
        raise PriceError(f"{path} is no file of prices: {error}; bench/prices.json shows the form") from None
    for provider, items in found.items.items():
        if provider not in found.rounding:
            raise PriceError(
                f"{provider} has prices and no rounding; say how it rounds an invocation's time, with source"
            )
        for name, item in items.items():
            _check(f"{provider}: {name}", item)
    return Prices(found.date, sha256(content).hexdigest(), found.regions, found.rounding, found.items)


def _check(name: str, item: Item) -> None:
    unlike: dict[str, Any] = {
        f"has no source; give the page that says {item.price} for {item.per:g} {item.unit}": not item.source.strip(),
        f"costs {item.price}, which nothing does; write the price as the page has it": not item.price >= 0,
        f"is sold by {item.per}; write for how many {item.unit} the price is": not item.per > 0,
        f"has {item.free} free a month; write 0 or leave it out": not item.free >= 0,
        "does not say how it was confirmed; begin with I, R, D or 2, and a date": item.confirmed[:1]
        not in tuple("IRD2"),
        f"is part of {item.part!r}; write one of {', '.join((*PARTS, MONTHLY))}": item.part not in (*PARTS, MONTHLY),
        f'is confirmed only by {item.confirmed!r}; say "to confirm": true': item.confirmed[:1] in UNSURE
        and not item.to_confirm,
    }
    for problem, met in unlike.items():
        if met:
            raise PriceError(f"{name} {problem}")
