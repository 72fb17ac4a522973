"""Rates by the clock, contracts by the day, and amounts by the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.trading.tariffs import BASE, DAYS, product_on, rounded, tariff_of

PRODUCT: dict[str, Any] = {"id": "p", "currency": "GBP", "standing_charge": "0.6", "unit_rate": "0.31"}


def tariff(*bands: dict[str, Any]) -> Any:
    return tariff_of({**PRODUCT, "bands": list(bands)})


@pytest.mark.parametrize(
    ("weekday", "minute", "band"),
    [(0, 23 * 60, BASE), (0, 23 * 60 + 30, "night"), (1, 0, "night"), (1, 5 * 60, "night"), (1, 5 * 60 + 30, BASE)],
)
def test_a_band_over_midnight(weekday: int, minute: int, band: str) -> None:
    found = tariff({"name": "night", "begin": "23:30", "end": "05:30", "rate": "0.07"})
    assert found.band(weekday, minute) == band
    assert found.rate_of(band) == Decimal("0.07" if band == "night" else "0.31")


def test_the_hours_after_midnight_are_those_of_the_day_before() -> None:
    found = tariff({"name": "friday night", "begin": "22:00", "end": "02:00", "rate": "0.07", "days": ["fri"]})
    assert [found.band(day, 23 * 60) for day in range(7)].count("friday night") == 1
    assert found.band(4, 23 * 60) == found.band(5, 60) == "friday night"
    assert found.band(4, 60) == found.band(5, 23 * 60) == BASE


def test_the_first_band_that_holds_a_time_is_meant() -> None:
    weekend = {"name": "weekend", "begin": "00:00", "end": "24:00", "rate": "0.2", "days": ["sat", "sun"]}
    found = tariff(weekend, {"name": "night", "begin": "00:00", "end": "06:00", "rate": "0.1"})
    assert [found.band(day, 60) for day in range(7)] == ["night"] * 5 + ["weekend"] * 2


@given(st.lists(st.tuples(st.integers(0, 47), st.integers(0, 48), st.sets(st.sampled_from(DAYS))), max_size=3))
def test_every_half_hour_of_a_week_has_one_band(spans: list[tuple[int, int, set[str]]]) -> None:
    spans = [span for span in spans if span[0] != span[1]]
    bands = [
        {"name": f"b{n}", "begin": clock(begin), "end": clock(end), "rate": "0.1", "days": sorted(days)}
        for n, (begin, end, days) in enumerate(spans)
    ]
    found = tariff(*bands)
    for day in range(7):
        for half in range(48):
            expected = BASE
            for n, (begin, end, days) in reversed(list(enumerate(spans))):
                chosen = {DAYS.index(one) for one in days} or set(range(7))
                if begin < end:
                    holds = day in chosen and begin <= half < end
                else:
                    holds = (day in chosen and half >= begin) or ((day - 1) % 7 in chosen and half < end)
                expected = f"b{n}" if holds else expected
            assert found.band(day, half * 30) == expected


def clock(half: int) -> str:
    return f"{half // 2:02}:{half % 2 * 30:02}"


NIGHT: dict[str, Any] = {"name": "night", "begin": "23:00", "end": "05:00", "rate": "0.07"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unit_rate": "NaN"}, "'NaN' is no price"),
        ({"bands": [NIGHT, {**NIGHT, "begin": "12:00", "end": "13:00"}]}, "are called 'night'"),
        ({"bands": [{**NIGHT, "name": "base"}]}, "are called 'base'"),
        ({"bands": [{**NIGHT, "end": "23:00"}]}, "begins when it ends"),
        ({"bands": [{**NIGHT, "begin": "00:15"}]}, "'00:15' is no half hour"),
        ({"bands": [{**NIGHT, "end": "24:30"}]}, "'24:30' is no half hour"),
    ],
)
def test_what_can_not_be_priced_by_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tariff_of({**PRODUCT, **changed})


def test_the_contract_that_began_last_holds() -> None:
    contract = [{"product": "b", "from": "2025-10-11"}, {"product": "a", "from": "2025-01-01"}]
    found = [product_on(contract, date(2025, *day)) for day in ((1, 1), (10, 10), (10, 11), (12, 31))]
    assert found == ["a", "a", "b", "b"]
    assert product_on(contract, date(2024, 12, 31)) is None
    assert product_on([], date(2025, 1, 1)) is None


@pytest.mark.parametrize(
    ("amount", "cents"),
    [("0.005", "0.01"), ("-0.005", "-0.01"), ("0.0049", "0.00"), ("1.015", "1.02"), ("1.014999", "1.01")],
)
def test_a_line_is_rounded_half_away_from_zero(amount: str, cents: str) -> None:
    assert str(rounded(Decimal(amount))) == cents
