"""What a product must be to be sold, and what keeps it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.accounts import settings
from core.energy.trading import products
from core.energy.trading.products import Band, Product, ProductGiven, checked
from core.energy.trading.tariffs import tariff_of
from core.kernel.described import convert
from core.kernel.documents import Documents
from core.kernel.errors import Code, TrefoilError


def terms(**changes: Any) -> ProductGiven:
    given = {"name": "P", "description": "", "currency": "GBP", "unit_rate": "0.25", "standing_charge": "0.5"}
    return convert({**given, **changes}, ProductGiven)


@given(st.decimals(0, 1_000_000, places=6), st.integers(0, 6))
def test_every_rate_in_its_bounds_is_taken_and_kept_to_the_digit(rate: Decimal, places: int) -> None:
    text = f"{rate:.{places}f}"
    made = checked("p", terms(unit_rate=text))
    assert made["unit_rate"] == text
    assert tariff_of(made).rate == Decimal(text)


@given(st.text("0123456789.-+eE_ ٣\n", max_size=16))
def test_whatever_text_is_taken_as_a_rate_is_a_decimal_in_its_bounds(text: str) -> None:
    try:
        made = checked("p", terms(standing_charge=text))
    except TrefoilError as error:
        assert [field for field, _ in error.fields] == ["standing_charge"]
        return
    found = tariff_of(made).standing
    assert Decimal(0) <= found <= Decimal(1_000_000)
    exponent = found.as_tuple().exponent
    assert isinstance(exponent, int)
    assert exponent >= -6


def test_what_is_checked_is_a_product_as_the_page_describes_it() -> None:
    band = Band("night", "23:30", "05:30", "0.07", ["mon"])
    made = checked(
        "p", terms(bands=[{"name": "night", "begin": "23:30", "end": "05:30", "rate": "0.07", "days": ["mon"]}])
    )
    assert convert(made, Product).bands == [band]
    assert list(made) == ["id", *products.Terms.__struct_fields__]


def test_a_product_of_many_contracts_is_kept_and_five_accounts_are_named(documents: Documents) -> None:
    products.save(documents, checked("p", terms()))
    for number in range(7):
        contract = [{"product": "p", "from": "2020-01-01"}, {"product": "q", "from": "2025-01-01"}]
        documents.put(settings.path(f"A{number}"), {"contract": contract})
    with pytest.raises(TrefoilError, match="in the contract of A0, A1, A2, A3, A4 and others; agree") as refused:
        products.remove(documents, "p")
    assert refused.value.code is Code.CONFLICT
    assert products.find(documents, "p") is not None
    for number in range(2, 7):
        documents.delete(settings.path(f"A{number}"))
    with pytest.raises(TrefoilError, match="in the contract of A0, A1; agree"):
        products.remove(documents, "p")
    for number in range(2):
        documents.delete(settings.path(f"A{number}"))
    products.remove(documents, "p")
    assert products.every(documents) == []
