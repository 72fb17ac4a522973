from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.readings.periods import day_of, midnight, month_of, next_period, totals


@pytest.mark.parametrize(
    ("day", "half_hours"),
    [(date(2026, 3, 29), 46), (date(2026, 10, 25), 50), (date(2026, 3, 28), 48), (date(2026, 12, 31), 48)],
)
def test_a_settlement_day_is_46_48_or_50_half_hours_long(day: date, half_hours: int) -> None:
    begin, end = midnight(day), midnight(next_period(day, "day"))
    assert (end.astimezone(UTC) - begin.astimezone(UTC)) / timedelta(minutes=30) == half_hours


@given(st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC)))  # noqa: DTZ001
def test_every_instant_is_in_the_day_and_month_it_belongs_to(moment: datetime) -> None:
    day, month = day_of(moment), month_of(moment)
    assert midnight(day) <= moment < midnight(next_period(day, "day"))
    assert midnight(month) <= moment < midnight(next_period(month, "month"))


@given(st.lists(st.decimals(-1000, 1000, places=9), max_size=200))
def test_totals_add_up_exactly(values: list[Decimal]) -> None:
    first = datetime(2026, 3, 28, tzinfo=UTC)
    readings = [(first + timedelta(minutes=30 * n), value) for n, value in enumerate(values)]
    for resolution in ("day", "month"):
        found = totals(readings, resolution)
        assert sum((kwh for _, kwh, _ in found), Decimal(0)) == sum(values, Decimal(0))
        assert sum(count for *_, count in found) == len(values)
