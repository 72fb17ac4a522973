"""The overview, of what is in the store: which day is the newest, what stands beside it, and what is lacking."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.energy.overview import api
from core.energy.readings.zones import named
from core.kernel.errors import TrefoilError
from core.kernel.services import Services
from tests.conftest import StoppedClock
from tests.core.energy.costs.asking import Row, account_with, add, called, costs, total
from tests.core.energy.ingest.files import mpan
from tests.core.energy.readings.asking import rows_that_come

ONE, WEEK, TWO, NMI = timedelta(days=1), timedelta(weeks=1), "1023456789017", "NMI0001234"
POINT, THIRD = "1012345678903", mpan(3)
LONDON = named("Europe/London")
CONTRACT = [("green", "2025-01-01"), ("night", "2026-05-01")]
TODAY = date(2026, 5, 13)
"""A Wednesday."""


@pytest.fixture
def services(services: Services, clock: StoppedClock) -> Services:
    clock.now = datetime(2026, 5, 12, 23, 30, tzinfo=UTC)  # in London it is the 13th already
    return services


def days(first: date, last: date, kwh: str = "0.1", point: str = POINT, **more: Any) -> list[Row]:
    """Half hours of London's days."""
    zone = named("+10:00") if point == NMI else LONDON
    start = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
    following = last + ONE
    end = datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)
    rows = []
    while start < end:
        rows.append(Row(point, start, Decimal(kwh), **more))
        start += timedelta(minutes=30)
    return rows


def overview(services: Services, account: str, today: str = "") -> dict[str, Any]:
    return dict(json.loads(api.overview(called(services, account, api.OverviewQuery(today))).body))


def test_an_account_without_readings_has_nothing_but_its_name(services: Services) -> None:
    account = account_with(services, [], CONTRACT)
    found = overview(services, account)
    assert (found["name"], found["currency"], found["zone"], found["zones"]) == (account, "GBP", None, [])
    assert (found["points"], found["weather_site"]) == (0, "")
    nothing = set(found) - {"name", "currency", "zone", "zones", "today", "points", "weather_site"}
    assert {name: found[name] for name in nothing} == dict.fromkeys(nothing)


def test_periods_are_what_the_costs_route_says_of_their_days(services: Services) -> None:
    rows = days(date(2025, 5, 1), date(2025, 5, 31), "0.3") + days(date(2026, 3, 20), date(2026, 5, 12))
    rows += days(date(2026, 4, 1), date(2026, 5, 12), "0.2", TWO) + days(
        date(2026, 5, 1), date(2026, 5, 12), "0.05", channel="export"
    )
    account = account_with(services, rows, CONTRACT)
    found = overview(services, account)
    assert (found["today"], found["zone"], found["points"]) == ("2026-05-13", "Europe/London", 2)
    assert (found["day"]["date"], found["day"]["is_yesterday"]) == ("2026-05-12", True)
    assert found["day_week_before"]["date"] == "2026-05-05"
    spans = {
        "week": ("2026-05-06", "2026-05-12"),
        "week_before": ("2026-04-29", "2026-05-05"),
        "month": ("2026-05-01", "2026-05-12"),
        "month_before": ("2026-04-01", "2026-04-12"),
        "month_year_before": ("2025-05-01", "2025-05-12"),
    }
    for name, (first, last) in spans.items():
        following = (date.fromisoformat(last) + ONE).isoformat()
        series = [one for one in costs(services, account, **{"from": first, "to": following})["series"] if one["start"]]
        assert (found[name]["from"], found[name]["to"], found[name]["missing"]) == (first, last, 0)
        assert Decimal(found[name]["import_kwh"]) == sum(total(one, "kwh") for one in series)
        assert Decimal(found[name]["export_kwh"]) == sum(total(one, "export_kwh") for one in series)
        assert Decimal(found[name]["cost"]) == sum(total(one, "amount", "standing") for one in series)
    assert found["days"]["date"][0] == "2026-04-08"
    assert found["days"]["import_kwh"][-1] == "14.4"
    assert found["quality"]["newest"] == "2026-05-12T22:30:00Z"
    assert {name: found["quality"][name] for name in ("missing", "gaps", "silent_points", "estimated_share")} == {
        "missing": 0,
        "gaps": 0,
        "silent_points": 0,
        "estimated_share": "0",
    }
    whole_month = Decimal("14.4") * 31
    assert (found["month_end"]["import_kwh"], found["month_end"]["days"]) == (
        f"{whole_month:f}".rstrip("0").rstrip("."),
        12,
    )


def test_what_is_lacking_is_told_and_a_point_that_fell_silent_is_named(services: Services) -> None:
    rows = days(date(2026, 4, 1), date(2026, 5, 12))
    rows = [row for row in rows if row.start.date() not in (date(2026, 5, 2), date(2026, 5, 3), date(2026, 5, 9))]
    rows += days(date(2026, 4, 1), date(2026, 5, 4), "0.1", TWO)
    rows += days(date(2025, 1, 1), date(2025, 1, 2), "0.1", THIRD)
    account = account_with(services, rows, CONTRACT)
    add(services, account, days(date(2026, 5, 12), date(2026, 5, 12), "0.1", quality="estimated", version=2))
    quality = overview(services, account)["quality"]
    silent = 8 * 1440  # the second point, from the 5th on; the third is taken to have ended
    assert (quality["missing"], quality["gaps"]) == (3 * 1440 + silent, 3)
    assert quality["silent_points"] == 2
    assert [one["point"] for one in quality["silent"]] == [TWO, THIRD]
    read = 32 + 27  # days of both points in the window
    assert Decimal(quality["estimated_share"]) == (Decimal(1) / read).quantize(Decimal("0.0001"))


def test_what_is_read_of_today_is_not_shown_until_it_is_over(services: Services) -> None:
    account = account_with(services, days(date(2026, 5, 1), TODAY)[:-20], CONTRACT)
    found = overview(services, account)
    assert (found["day"]["date"], found["day"]["missing"]) == ("2026-05-12", 0)
    assert found["quality"]["newest"] == "2026-05-12T22:30:00Z"
    found = overview(services, account, "2026-05-14")
    assert (found["day"]["date"], found["day"]["missing"], found["day"]["is_yesterday"]) == ("2026-05-13", 600, True)
    found = overview(services, account, "2026-05-20")
    assert (found["day"]["date"], found["day"]["is_yesterday"]) == ("2026-05-13", False)
    found = overview(services, account, "2026-05-01")
    assert (found["day"], found["quality"], found["points"]) == (None, None, 1)


def test_points_of_several_zones_have_their_own_days(services: Services) -> None:
    rows = days(date(2026, 5, 1), date(2026, 5, 12)) + days(date(2026, 5, 1), date(2026, 5, 12), "0.2", NMI)
    account = account_with(services, rows, CONTRACT)
    found = overview(services, account)
    assert (found["zone"], found["zones"]) == (None, ["+10:00", "Europe/London"])
    assert (found["today"], found["day"]["date"]) == ("2026-05-13", "2026-05-12")
    assert (found["day"]["import_kwh"], found["day"]["missing"]) == ("14.4", 0)


def test_days_before_the_contract_have_no_cost_and_no_forecast_is_made_of_them(services: Services) -> None:
    account = account_with(services, days(date(2026, 4, 1), date(2026, 5, 12)), [("green", "2026-05-07")])
    found = overview(services, account)
    assert Decimal(found["day"]["cost"]) == Decimal("4.8") * Decimal("0.2450") + Decimal("0.5312")
    assert [found[name]["cost"] for name in ("week", "month", "month_before")] == [None] * 3
    assert (found["month_end"], found["month_year_before"]) == (None, None)


def test_only_what_was_read_of_energy_makes_a_day(services: Services) -> None:
    account = account_with(services, days(date(2026, 5, 1), date(2026, 5, 3), channel="reactive-import"), CONTRACT)
    found = overview(services, account)
    assert (found["day"], found["points"]) == (None, 1)


def test_the_table_is_asked_once_for_each_span_and_not_for_each_period(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = days(date(2025, 5, 1), date(2025, 5, 31)) + days(date(2026, 3, 1), date(2026, 5, 12))
    account = account_with(services, rows, CONTRACT)
    came = rows_that_come(monkeypatch)
    overview(services, account)
    # Which channels there are; 12 days of a year before; and of late, from April on, each by day and price.
    assert came == [1, 12, 30 + 12 * 2]


@pytest.mark.parametrize("today", ["yesterday", "2026-02-30", "1900-01-01", "2200-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_refused(services: Services, today: str) -> None:
    account = account_with(services, [])
    with pytest.raises(TrefoilError, match="today"):
        overview(services, account, today)
