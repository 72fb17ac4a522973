"""Contracts as spells: every day is in one, by one product or by none, and why."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.energy.costs.agreed import NONE_AGREED, agreed, currency_of
from core.energy.trading import products
from core.energy.trading.tariffs import product_on
from core.kernel.documents import Documents
from tests.core.energy.costs.asking import GREEN, NIGHT

DAYS = st.dates(date(2026, 1, 1), date(2026, 2, 28))
EURO = {**GREEN, "id": "euro", "currency": "EUR"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(DAYS, st.sampled_from(["green", "night"]), max_size=4), DAYS, st.integers(1, 40))
def test_every_day_is_in_one_spell_and_priced_as_a_settlement_would(
    documents: Documents, begun: dict[date, str], first: date, count: int
) -> None:
    for product in (GREEN, NIGHT):
        products.save(documents, product)
    contract = [{"product": product, "from": day.isoformat()} for day, product in begun.items()]
    following = first + timedelta(days=count)
    spells = agreed(documents, contract, first, following)
    assert (spells[0].first, spells[-1].following) == (first, following)
    for one, other in pairwise(spells):
        assert one.following == other.first
    for number in range(count):
        day = first + timedelta(days=number)
        (spell,) = [one for one in spells if one.first and one.following and one.first <= day < one.following]
        assert (spell.tariff and spell.tariff.product) == product_on(contract, day)
        assert bool(spell.why) == (spell.tariff is None)


def test_without_bounds_it_is_from_ever_and_for_ever(documents: Documents) -> None:
    products.save(documents, GREEN)
    before, after = agreed(documents, [{"product": "green", "from": "2026-01-10"}], None, None)
    assert (before.first, before.following, before.tariff, before.why) == (None, date(2026, 1, 10), None, NONE_AGREED)
    assert (after.first, after.following, after.name) == (date(2026, 1, 10), None, "Green")
    (nothing,) = agreed(documents, [], None, None)
    assert (nothing.first, nothing.following, nothing.why) == (None, None, NONE_AGREED)
    assert currency_of([nothing]) is None


@pytest.mark.parametrize(
    ("product", "said"),
    [
        ("gone", "gone, which the contract names, is no product any more"),
        ("broken", "broken can't be priced by: 'cheap' is no price"),
        ("euro", "euro is in EUR and later days are in GBP; ask for each by themselves"),
    ],
)
def test_what_days_are_not_priced_by_is_said(documents: Documents, product: str, said: str) -> None:
    broken: dict[str, Any] = {**GREEN, "id": "broken", "unit_rate": "cheap"}
    for one in (GREEN, EURO, broken):
        products.save(documents, one)
    contract = [{"product": product, "from": "2026-01-01"}, {"product": "green", "from": "2026-01-10"}]
    spells = agreed(documents, contract, date(2026, 1, 1), date(2026, 2, 1))
    assert [spell.tariff is None for spell in spells] == [True, False]
    assert currency_of(spells) == "GBP"
    if product == "broken":
        assert spells[0].why.startswith("broken can't be priced by: ")
    else:
        assert spells[0].why.startswith(said)
