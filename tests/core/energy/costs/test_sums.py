"""What a point costs: against the settlement of the month, against a loop over its readings, and where something lacks."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.energy.readings.periods import day_of
from core.energy.readings.points import zone_of
from core.energy.readings.zones import named
from core.energy.settlement import documents
from core.energy.settlement.month import Month
from core.energy.trading.tariffs import product_on, tariff_of
from core.kernel.services import Services
from core.kernel.workflow import runs
from core.kernel.workflow.steps import Run
from tests.conftest import StoppedClock
from tests.core.energy.costs.asking import GREEN, NIGHT, Row, account_with, add, column, costs, total
from tests.core.energy.costs.test_prices import tariffs
from tests.core.energy.settlement.test_settlement import SettleEngine

POINT, NMI = "1012345678903", "NMI0001234"
HALF, HOUR = timedelta(minutes=30), timedelta(hours=1)
LONDON = named("Europe/London")


@pytest.fixture
def services(services: Services, clock: StoppedClock) -> Services:
    clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    return services


def settled(services: Services, account: str, month: str) -> tuple[str | None, dict[str, Any] | None]:
    name = uuid4().hex
    asked = {"account": account, "month": month, "estimate": False}
    runs.create(services, Run("settle", account, name), asked)
    code = SettleEngine(services).run(f"{account}/{name}", **asked)
    return code, documents.latest(services.documents, account, month)


def month_of(point: str, month: Month, lengths: list[int], seed: int, channel: str = "import") -> list[Row]:
    """Every reading of a month, each hour in intervals of one length, by turns."""
    begin, end = month.bounds(named(zone_of(point)))
    random, rows = Random(seed), []
    for number in range(int((end - begin) / HOUR)):
        minutes = lengths[number // 7 % len(lengths)]
        for part in range(60 // minutes):
            start = begin + number * HOUR + part * timedelta(minutes=minutes)
            rows.append(Row(point, start, Decimal(random.randrange(4000)) / 1000, channel, minutes))
    return rows


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["2026-03", "2026-10", "2026-02"]),
    st.tuples(tariffs("a"), tariffs("b"), tariffs("c")),
    st.lists(st.tuples(st.integers(1, 28), st.sampled_from("abc")), max_size=3, unique_by=lambda one: one[0]),
    st.lists(st.sampled_from([60, 30, 30, 15, 5]), min_size=1, max_size=4),
    st.booleans(),
    st.integers(0, 2**32),
)
def test_a_month_is_what_its_settlement_comes_to_and_days_are_what_its_readings_do(
    services: Services,
    name: str,
    sold: tuple[dict[str, Any], ...],
    changes: list[tuple[int, str]],
    lengths: list[int],
    gives: bool,
    seed: int,
) -> None:
    month = Month.named(name)
    rows = month_of(POINT, month, lengths, seed) + month_of(NMI, month, [30], seed + 1)
    rows += month_of(POINT, month, [30], seed + 2, "export") if gives else []
    contract = [("a", "2026-01-01"), *((product, f"{name}-{day:02}") for day, product in changes)]
    account = account_with(services, rows, contract, sold)
    within = {"from": f"{name}-01", "to": month.following.isoformat()}
    months = costs(services, account, resolution="month", **within)["series"]
    days = costs(services, account, resolution="day", **within)["series"]
    hours = costs(services, account, resolution="hour", **within)["series"]
    code, result = settled(services, account, name)
    if code is not None:
        assert code == "too_coarse"
        assert [one["amount"] for one in months if None in one["amount"]] == [[None]]
        assert "an hour was read as one" in months[0]["unpriced"][0]["why"]
    else:
        assert result is not None
        assert [total(one, "amount", "standing") for one in months] == [
            Decimal(one["amount"]) for one in result["points"]
        ]
        assert sum(total(one, "amount", "standing") for one in months) == Decimal(result["total"])
        assert [total(one, "kwh") for one in months] == [Decimal(one["import_kwh"]) for one in result["points"]]
        assert [total(one, "export_kwh") for one in months] == [Decimal(one["export_kwh"]) for one in result["points"]]
        assert not any(one["unpriced"] for one in months + days + hours)
    model = by_day(rows, contract, {one["id"]: one for one in sold})
    for found, finer in zip(days, hours, strict=True):
        zone = named(found["zone"])
        assert {*found["missing"], *finer["missing"]} == {0}
        by_hour: dict[str, list[Decimal | None]] = defaultdict(list)
        for start, amount in zip(finer["start"], column(finer, "amount"), strict=True):
            by_hour[day_of(zone, datetime.fromisoformat(start)).isoformat()].append(amount)
        for start, amount, kwh in zip(found["start"], column(found, "amount"), column(found, "kwh"), strict=True):
            energy, cost = model[found["point"], start]
            assert kwh == energy
            assert amount == cost
            assert (None in by_hour[start]) == (amount is None)
            assert amount is None or sum(by_hour[start]) == amount  # type: ignore[arg-type]
        assert total(found, "standing") == total(finer, "standing")


def by_day(
    rows: list[Row], contract: list[tuple[str, str]], sold: dict[str, dict[str, Any]]
) -> dict[tuple[str, str], tuple[Decimal, Decimal | None]]:
    """By one loop: kWh taken and what the energy costs of each point and day; None where an hour has two prices."""
    agreed = [{"product": product, "from": first} for product, first in contract]
    known = {name: tariff_of(product) for name, product in sold.items()}

    def price(row: Row, start: datetime) -> tuple[str, str, Decimal]:
        local = start.astimezone(named(zone_of(row.point)))
        tariff = known[product_on(agreed, local.date()) or ""]
        band = tariff.band(local.weekday(), local.hour * 60 + local.minute)
        rate = tariff.rate_of(band) if row.channel == "import" else -tariff.export
        return tariff.product, band if row.channel == "import" else "", rate

    found: dict[tuple[str, str], tuple[Decimal, Decimal | None]] = {}
    for row in rows:
        key = (row.point, day_of(named(zone_of(row.point)), row.start).isoformat())
        energy, cost = found.get(key, (Decimal(), Decimal()))
        *what, rate = price(row, row.start)
        # As in a settlement, whose month ends with the last of its half hours.
        if row.minutes == 60 and price(row, row.start + HALF)[:2] != tuple(what):
            cost = None
        cost = None if cost is None else cost + row.value * rate
        found[key] = (energy + (row.value if row.channel == "import" else 0), cost)
    return found


def day_of_rows(day: date, value: str = "1", point: str = POINT, **more: Any) -> list[Row]:
    begin = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
    end = datetime(day.year, day.month, day.day, tzinfo=LONDON) + timedelta(days=1)
    count = int((end.astimezone(UTC) - begin) / HALF)
    return [Row(point, begin + number * HALF, Decimal(value), **more) for number in range(count)]


MAY = [date(2026, 5, day) for day in range(1, 32)]


def test_what_is_missing_estimated_and_not_agreed_is_said(services: Services) -> None:
    rows = [*day_of_rows(MAY[0]), *day_of_rows(MAY[1], quality="estimated")[:40], *day_of_rows(MAY[3])]
    account = account_with(services, rows, [("green", "2026-05-02")])
    (found,) = costs(services, account, **{"from": "2026-04-01", "to": "2026-06-01"})["series"]
    assert found["start"] == ["2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04"]
    assert found["kwh"] == ["48", "40", None, "48"]
    assert found["export_kwh"] == ["0"] * 4
    assert found["amount"] == [None, "9.8", None, "11.76"]
    assert found["standing"] == [None, "0.5312", "0.5312", "0.5312"]
    assert found["estimated_kwh"] == ["0", "40", "0", "0"]
    assert found["missing"] == [0, 240, 1440, 0]
    assert [(one["from"], one["to"]) for one in found["unpriced"]] == [("2026-05-01", "2026-05-02")]
    assert "add one to the contract" in found["unpriced"][0]["why"]
    (month,) = costs(services, account, resolution="month")["series"]
    assert (month["amount"], month["standing"], month["missing"]) == ([None], [None], [1680])


def test_a_channel_that_ended_is_not_missed_and_one_that_pauses_is(services: Services) -> None:
    rows = [row for day in MAY[:6] for row in day_of_rows(day)]
    rows += day_of_rows(MAY[1], "0.5", channel="export") + day_of_rows(MAY[3], "0.5", channel="export")
    account = account_with(services, rows, [("night", "2026-01-01")])
    (found,) = costs(services, account)["series"]
    assert found["export_kwh"] == ["0", "24", None, "24", "0", "0"]
    assert found["missing"] == [0, 0, 1440, 0, 0, 0]
    taken = Decimal(12) * Decimal("0.07") + Decimal(36) * Decimal("0.31")
    assert column(found, "amount") == [taken, taken - Decimal("3.6"), taken, taken - Decimal("3.6"), taken, taken]


def test_standing_charges_are_in_the_hour_in_which_the_day_begins(services: Services) -> None:
    account = account_with(services, [row for day in MAY[:2] for row in day_of_rows(day)], [("green", "2026-01-01")])
    (found,) = costs(services, account, resolution="hour")["series"]
    charged = [start for start, charge in zip(found["start"], found["standing"], strict=True) if charge != "0"]
    assert charged == ["2026-04-30T23:00:00Z", "2026-05-01T23:00:00Z"]
    assert len(found["start"]) == 48


def test_days_in_another_currency_have_no_price_here(services: Services) -> None:
    euro = {**GREEN, "id": "euro", "currency": "EUR"}
    rows = [row for day in MAY[:4] for row in day_of_rows(day)]
    account = account_with(services, rows, [("euro", "2026-01-01"), ("green", "2026-05-03")], (GREEN, euro))
    answer = costs(services, account)
    assert (answer["currency"], [one["product"] for one in answer["products"]]) == ("GBP", ["green"])
    assert [amount is None for amount in answer["series"][0]["amount"]] == [True, True, False, False]
    answer = costs(services, account, to="2026-05-03")
    assert (answer["currency"], answer["series"][0]["unpriced"]) == ("EUR", [])


def test_a_version_is_priced_by_itself(services: Services) -> None:
    account = account_with(services, day_of_rows(MAY[0], version=1), [("green", "2026-01-01")])
    add(services, account, day_of_rows(MAY[0], "2", version=3))
    found = [costs(services, account, version=version)["series"][0]["kwh"] for version in ("1", "3", "latest", "2")]
    assert found == [["48"], ["96"], ["96"], [None]]


def test_the_days_of_a_name_of_its_own_are_those_of_its_zone(services: Services) -> None:
    rows = [Row("Barn", datetime(2026, 5, 1, 13, 30, tzinfo=UTC) + number * HALF, Decimal(1)) for number in range(4)]
    account = account_with(services, rows, [("green", "2026-01-01")], zone="Australia/Adelaide")
    (found,) = costs(services, account)["series"]
    assert (found["zone"], found["start"], found["kwh"]) == (
        "Australia/Adelaide",
        ["2026-05-01", "2026-05-02"],
        ["2", "2"],
    )
    (hours,) = costs(services, account, resolution="hour", **{"from": "2026-05-02"})["series"]
    assert (hours["start"][0], hours["kwh"][0], hours["standing"][0]) == ("2026-05-01T14:00:00Z", "1", "0.5312")


def test_a_point_of_only_reactive_readings_stands_and_takes_nothing(services: Services) -> None:
    rows = day_of_rows(MAY[0]) + day_of_rows(MAY[0], point="1023456789017", channel="reactive-import")
    found = costs(services, account_with(services, rows, [("green", "2026-01-01")]), "1023456789017")["series"]
    assert (found[0]["kwh"], found[0]["amount"], found[0]["standing"]) == (["0"], [None], ["0.5312"])


def test_what_is_sold_at_nothing_is_nothing_and_not_unknown(services: Services) -> None:
    free = {**NIGHT, "id": "free", "unit_rate": "0", "standing_charge": "0", "bands": []}
    account = account_with(services, day_of_rows(MAY[0]), [("free", "2026-01-01")], (free,))
    (found,) = costs(services, account)["series"]
    assert (found["amount"], found["standing"]) == (["0"], ["0"])


def test_no_digit_of_an_amount_is_lost_however_many_there_are(services: Services) -> None:
    dear = {**GREEN, "id": "dear", "unit_rate": "999999.999999"}
    rows = day_of_rows(MAY[0], "499999.123456789")
    (found,) = costs(services, account_with(services, rows, [("dear", "2026-01-01")], (dear,)))["series"]
    energy, rate = 48 * 499_999_123_456_789, 999_999_999_999  # in parts of 10**9 and 10**6
    assert Decimal(found["amount"][0]).as_integer_ratio() == Fraction(energy * rate, 10**15).as_integer_ratio()
