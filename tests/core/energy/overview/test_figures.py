"""Days of an account, and what their periods come to."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.overview.figures import Day, chart, day_figures, figures, month_end, runs, share, so_far

ONE = timedelta(days=1)
MAY = date(2026, 5, 1)  # a Friday


def day(kwh: str, cost: str = "0", **more: Any) -> Day:
    return Day(imported=Decimal(kwh), amount=Decimal(cost), due=1440, read=True, import_read=True, **more)


def test_a_period_is_the_sum_of_its_days_and_null_where_nothing_was_read() -> None:
    days = {
        MAY: day("1.5", "0.25", standing=Decimal("0.5"), exported=Decimal(2)),
        MAY + ONE: Day(due=1440, missing=1440, standing=Decimal("0.5")),
        MAY + 2 * ONE: day("2.25", "0.75", estimated=Decimal(1), missing=30),
    }
    assert figures(days, MAY, MAY + 2 * ONE) == {
        "from": "2026-05-01",
        "to": "2026-05-03",
        "import_kwh": "3.75",
        "export_kwh": "2",
        "cost": "2",
        "missing": 1470,
        "estimated_kwh": "1",
    }
    assert figures(days, MAY + ONE, MAY + ONE) is None
    assert day_figures(days, MAY - ONE) is None
    only = day_figures(days, MAY + 2 * ONE)
    assert only is not None
    assert (only["date"], only["cost"], "from" in only) == ("2026-05-03", "0.75", False)


def test_what_has_no_price_makes_the_cost_unknown_and_not_less() -> None:
    days = {MAY: day("1", "1"), MAY + ONE: day("1", "1", priced=False)}
    found = figures(days, MAY, MAY + ONE)
    assert found is not None
    assert (found["import_kwh"], found["cost"]) == ("2", None)


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        ("2026-05-10", [("2026-05-01", "2026-05-10"), ("2026-04-01", "2026-04-10"), ("2025-05-01", "2025-05-10")]),
        ("2026-03-31", [("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28"), ("2025-03-01", "2025-03-31")]),
        ("2028-02-29", [("2028-02-01", "2028-02-29"), ("2028-01-01", "2028-01-29"), ("2027-02-01", "2027-02-28")]),
        ("2026-01-01", [("2026-01-01", "2026-01-01"), ("2025-12-01", "2025-12-01"), ("2025-01-01", "2025-01-01")]),
    ],
)
def test_months_are_compared_by_as_many_days(newest: str, expected: list[tuple[str, str]]) -> None:
    found = so_far(date.fromisoformat(newest))
    assert [(first.isoformat(), last.isoformat()) for first, last in found] == expected


def test_the_rest_of_the_month_is_the_mean_of_days_of_its_kind() -> None:
    # Friday 1, Saturday 2, Sunday 3, Monday 4: on working days 10 kWh, at the weekend 20.
    days = {MAY + n * ONE: day("20" if n in (1, 2) else "10", "2" if n in (1, 2) else "1") for n in range(4)}
    found = month_end(days, MAY + 3 * ONE, Decimal("15.5"))
    weekend = sum((MAY + n * ONE).weekday() >= 5 for n in range(31))
    kwh = weekend * 20 + (31 - weekend) * 10
    assert found == {
        "from": "2026-05-01",
        "to": "2026-05-31",
        "import_kwh": str(kwh),
        "cost": f"{Decimal(kwh) / 10 + Decimal('15.5'):.2f}",
        "days": 4,
    }


def test_days_that_lack_much_are_no_part_of_the_mean_but_have_it_themselves() -> None:
    days = {MAY + n * ONE: day("10", "1") for n in range(4)}
    days[MAY + 4 * ONE] = day("0.1", "0.01", missing=145)
    days[MAY + 5 * ONE] = day("10", "1", missing=144)
    found = month_end(days, MAY + 5 * ONE, Decimal())
    assert found is not None
    assert (found["import_kwh"], found["cost"], found["days"]) == ("310", "31.00", 5)


def test_there_is_no_month_end_of_few_days_or_without_a_price() -> None:
    days = {MAY + n * ONE: day("10", "1") for n in range(3)}
    assert month_end(days, MAY + 2 * ONE, Decimal()) is not None
    assert month_end(days, MAY + 2 * ONE, None) is None
    assert month_end(days, MAY + ONE, Decimal()) is None
    days[MAY].priced = False
    assert month_end(days, MAY + 2 * ONE, Decimal()) is None


def test_of_a_kind_that_has_not_come_yet_it_is_the_mean_of_all() -> None:
    first = date(2026, 6, 1)  # a Monday
    days = {first + n * ONE: day("12", "1") for n in range(3)}
    found = month_end(days, first + 2 * ONE, Decimal())
    assert found is not None
    assert found["import_kwh"] == "360"


@given(st.lists(st.tuples(st.decimals(0, 1000, places=3), st.integers(0, 1440)), min_size=31, max_size=31))
def test_a_month_that_is_over_and_whole_is_forecast_as_it_was(values: list[tuple[Decimal, int]]) -> None:
    days = {MAY + n * ONE: day(str(kwh), str(kwh)) for n, (kwh, _) in enumerate(values)}
    found = month_end(days, MAY + 30 * ONE, Decimal(7))
    total = sum((kwh for kwh, _ in values), Decimal())
    assert found is not None
    assert Decimal(found["import_kwh"]) == total
    assert abs(Decimal(found["cost"]) - total - 7) <= Decimal("0.005")


def test_the_chart_has_every_day_of_the_window_and_null_where_nothing_was_taken() -> None:
    days = {MAY: day("1"), MAY - ONE: Day(read=True, due=1440, missing=1440, exported=Decimal(1))}
    found = chart(days, MAY)
    assert (len(found["date"]), found["date"][-1], found["date"][0]) == (35, "2026-05-01", "2026-03-28")
    assert found["import_kwh"][-2:] == [None, "1"]
    assert found["import_kwh"][:-2] == [None] * 33


def test_runs_of_days_are_places() -> None:
    assert [runs(places) for places in ([], [3], [3, 4, 5], [1, 3, 4, 9], range(35))] == [0, 1, 1, 3, 1]


def test_a_share_of_nothing_is_not_known() -> None:
    assert share(Decimal(0), Decimal(0)) is None
    assert share(Decimal(0), Decimal(5)) == "0"
    assert share(Decimal(1), Decimal(3)) == "0.3333"
    assert share(Decimal("0.00005"), Decimal(1)) == "0.0001"
