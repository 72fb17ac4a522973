"""What the days of an account are priced by: the products of its contract, each from its first day on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from core.energy.trading import products
from core.energy.trading.tariffs import Tariff, tariff_of
from core.kernel.documents import Documents

NONE_AGREED = "the settings name no product for these days; add one to the contract from then on"


@dataclass(frozen=True, slots=True)
class Spell:
    """Days from `first` (None: from ever) to before `following` (None: for ever), priced by one product, or by none.

    Then there is no `tariff`, and `why` is a sentence for people.
    """

    first: date | None
    following: date | None
    tariff: Tariff | None = None
    name: str = ""
    why: str = ""

    def within(self, first: date | None, following: date | None) -> Spell | None:
        """What of it is in [first, following); None where that is nothing."""
        begin = max((day for day in (self.first, first) if day), default=None)
        end = min((day for day in (self.following, following) if day), default=None)
        return None if begin and end and begin >= end else replace(self, first=begin, following=end)


def agreed(
    documents: Documents, contract: Sequence[Mapping[str, str]], first: date | None, following: date | None
) -> list[Spell]:
    """The spells of [first, following), in order and without a gap, of a `contract` as the settings have it.

    All have one currency, that of the last one: days of another are priced by none. The products are read in one wait.
    Raises `TrefoilError(UNAVAILABLE)`.
    """
    entries = [(spell.within(first, following), product) for spell, product in _entries(contract)]
    found = [(spell, product) for spell, product in entries if spell is not None]
    held = products.find_many(documents, sorted({product for _, product in found if product}))
    return _in_one_currency([_priced(spell, product, held.get(product)) for spell, product in found])


def currency_of(spells: Sequence[Spell]) -> str | None:
    """In what they are priced; None where they are not."""
    return next((spell.tariff.currency for spell in reversed(spells) if spell.tariff), None)


def _entries(contract: Sequence[Mapping[str, str]]) -> Iterator[tuple[Spell, str]]:
    """Each spell with its product's id, which before the first one is empty."""
    begun = sorted((date.fromisoformat(entry["from"]), entry["product"]) for entry in contract)
    starts = [None, *(day for day, _ in begun)]
    names = ["", *(product for _, product in begun)]
    for day, following, product in zip(starts, [*starts[1:], None], names, strict=True):
        yield Spell(day, following), product


def _priced(spell: Spell, product: str, held: Mapping[str, Any] | None) -> Spell:
    if not product:
        return replace(spell, why=NONE_AGREED)
    if held is None:
        return replace(spell, why=f"{product}, which the contract names, is no product any more; agree on another")
    try:
        return replace(spell, tariff=tariff_of(held), name=str(held.get("name", "")))
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        return replace(spell, why=f"{product} can't be priced by: {error}")


def _in_one_currency(spells: list[Spell]) -> list[Spell]:
    last, found = currency_of(spells), []
    for spell in spells:
        tariff = spell.tariff
        if tariff is not None and tariff.currency != last:
            why = f"{tariff.product} is in {tariff.currency} and later days are in {last}; ask for each by themselves"
            spell = replace(spell, tariff=None, why=why)
        found.append(spell)
    return found
