"""Costs of points by hour, day and month, and the overview of an account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.kernel.documents import Documents
from tests.contract.system import System
from tests.contract.test_http import assert_problem
from tests.contract.test_settlements import GAP, MONTH, POINTS, agree, long, metered, settle, starts

__all__ = ["metered"]  # an account with two points, read in October and the four weeks before, but for one half hour

ACCOUNT = "Costs1"
MPAN, NMI = "1012345678903", "NMI0001234"
LONDON = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
PATH = f"/api/accounts/{ACCOUNT}/costs"
OCTOBER = {"from": "2025-10-01", "to": "2025-11-01"}


@pytest.fixture(scope="module", autouse=True)
def data(system: System) -> None:
    """A MPAN's four days around London's autumn change, with export on one; a NMI's one day; priced from the 25th on."""
    begin, end = (datetime(2025, 10, day, tzinfo=LONDON).astimezone(UTC) for day in (24, 28))
    rows = [f"{MPAN},import,{start:%Y-%m-%dT%H:%M:%SZ},30,1,0.5,kWh,actual" for start in starts(begin, end)]
    rows += [f"{MPAN},export,2025-10-27T12:{minute}:00Z,30,1,2,kWh,estimated" for minute in ("00", "30")]
    rows += [f"{NMI},import,2025-10-25T{hour:02}:30:00Z,30,1,1,kWh,actual" for hour in range(14, 24)]
    Documents(system.harness.store).put(f"sources/{ACCOUNT}.json", {"sources": [{"files": "*", "stamp": "start"}]})
    report = system.ingest(
        ACCOUNT, "october.csv", "point,channel,start,minutes,version,value,unit,quality\n" + "\n".join(rows) + "\n"
    )
    assert (report["status"], report["rejected"]) == ("accepted", 0), report
    agree(system, ACCOUNT, ("green-fixed", "2025-10-25"), ("night-saver", "2025-10-27"))


def costs(system: System, account: str = ACCOUNT, **query: Any) -> dict[str, Any]:
    reply = system.get(f"/api/accounts/{account}/costs", "rita", **{"point": "*", **query})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_costs_are_exact_and_by_the_product_of_each_day(system: System) -> None:
    found = costs(system, point=MPAN)
    assert (found["currency"], found["version"], found["resolution"], found["next"]) == ("GBP", "latest", "day", None)
    assert found["products"] == [
        {"product": "green-fixed", "name": "Green fixed", "from": "2025-10-25", "to": "2025-10-27"},
        {"product": "night-saver", "name": "Night saver", "from": "2025-10-27", "to": None},
    ]
    (series,) = found["series"]
    assert series["unpriced"] == [
        {
            "from": "2025-10-24",
            "to": "2025-10-25",
            "why": "the settings name no product for these days; add one to the contract from then on",
        }
    ]
    assert {name: values for name, values in series.items() if name != "unpriced"} == {
        "point": MPAN,
        "zone": "Europe/London",
        "start": ["2025-10-24", "2025-10-25", "2025-10-26", "2025-10-27"],
        "kwh": ["24", "24", "25", "24"],
        "export_kwh": ["0", "0", "0", "4"],
        # By one rate; on the day of 50 half hours; and with twelve half hours of the night, less what was given.
        "amount": [None, "5.88", "6.125", "5.4"],
        "standing": [None, "0.5312", "0.5312", "0.6"],
        "estimated_kwh": ["0", "0", "0", "4"],
        "missing": [0, 0, 0, 1380],
    }


def test_a_month_with_days_without_a_product_has_no_amount_and_never_nought(system: System) -> None:
    (series,) = costs(system, point=MPAN, resolution="month", **OCTOBER)["series"]
    assert (series["start"], series["kwh"], series["amount"], series["standing"]) == (
        ["2025-10-01"],
        ["97"],
        [None],
        [None],
    )
    (series,) = costs(system, point=MPAN, resolution="month", **{**OCTOBER, "from": "2025-10-25"})["series"]
    # The lines of a settlement, each rounded to a cent: 49 kWh at 0.2450; 18 at 0.31, 6 at 0.07, and 4 credited.
    assert (series["amount"], series["standing"]) == (["17.41"], ["1.66"])


def test_each_point_s_days_are_its_own_clock_s(system: System) -> None:
    found = {one["point"]: one for one in costs(system)["series"]}
    assert (found[NMI]["zone"], found[NMI]["start"], found[NMI]["kwh"]) == ("+10:00", ["2025-10-26"], ["10"])


def test_hours_are_hours_of_utc_and_a_day_s_charge_is_in_its_first(system: System) -> None:
    (series,) = costs(system, point=MPAN, resolution="hour", **{"from": "2025-10-26", "to": "2025-10-27"})["series"]
    assert (len(series["start"]), series["start"][0]) == (25, "2025-10-25T23:00:00Z")
    assert series["standing"] == ["0.5312"] + ["0"] * 24
    assert series["amount"] == ["0.245"] * 25


@pytest.mark.parametrize(("resolution", "limit"), [("hour", 40), ("day", 2), ("month", 1)])
def test_pages_of_costs_join_to_the_whole(system: System, resolution: str, limit: int) -> None:
    whole = costs(system, resolution=resolution)
    starts: dict[str, list[str]] = {}
    amounts: dict[str, list[str]] = {}
    query: dict[str, Any] = {"resolution": resolution, "limit": limit}
    while True:
        found = costs(system, **query)
        for one in found["series"]:
            starts.setdefault(one["point"], []).extend(one["start"])
            amounts.setdefault(one["point"], []).extend(one["amount"])
        if found["next"] is None:
            break
        query["cursor"] = found["next"]
    assert [(one["point"], one["start"], one["amount"]) for one in whole["series"]] == [
        (point, starts[point], amounts[point]) for point in sorted(starts)
    ]


def test_a_point_or_an_account_without_readings_costs_nothing(system: System) -> None:
    (series,) = costs(system, point="9999999999999")["series"]
    assert (series["start"], series["amount"], series["unpriced"]) == ([], [], [])
    assert costs(system, "Account18")["series"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "point"),
        ({"point": ["*", MPAN]}, "point"),
        ({"point": MPAN, "from": "2025-10-24T00:00:00Z"}, "from"),
        ({"point": MPAN, "to": "2025-13-01"}, "to"),
        ({"point": MPAN, "from": "2025-10-24", "to": "2025-10-24"}, "to"),
        ({"point": MPAN, "resolution": "30m"}, "resolution"),
        ({"point": MPAN, "version": "25"}, "version"),
        ({"point": MPAN, "limit": "20001"}, "limit"),
        ({"point": MPAN, "cursor": "rubbish"}, "cursor"),
    ],
)
def test_a_question_for_costs_that_makes_no_sense_is_422_naming_the_field(
    system: System, query: dict[str, Any], field: str
) -> None:
    problem = assert_problem(system.get(PATH, "rita", **query), 422)
    assert problem["errors"][0]["field"] == field  # type: ignore[index]


def test_a_full_page_of_costs_stays_under_four_mebibytes(system: System) -> None:
    """20,000 hours of the largest values that there can be."""
    first = datetime(2022, 1, 1, tzinfo=UTC)
    rows = [(MPAN, first + HALF_HOUR * number, "999999999.999999999") for number in range(40_004)]
    allowed = {"sources": [{"files": "*", "allow": ["bound"]}]}
    Documents(system.harness.store).put("sources/Costs2.json", allowed)
    report = system.ingest("Costs2", "long.csv", long(rows))
    assert report["accepted"] == len(rows)
    agree(system, "Costs2", ("night-saver", "2022-01-01"))
    reply = system.get("/api/accounts/Costs2/costs", "rita", point=MPAN, resolution="hour")
    assert reply.status_code == 200
    assert len(reply.content) < 4 * 1024 * 1024
    assert len(reply.json()["series"][0]["start"]) == 20_000
    assert reply.json()["next"] is not None


def test_a_month_is_what_its_settlement_comes_to(system: System, metered: str) -> None:
    system.ingest(metered, "late.csv", long([(POINTS[0], GAP, "0.25")]))
    settled = settle(system, metered)["result"]
    found = costs(system, metered, resolution="month", **OCTOBER)
    assert settled["month"] == MONTH
    assert [Decimal(one["amount"][0]) + Decimal(one["standing"][0]) for one in found["series"]] == [
        Decimal(one["amount"]) for one in settled["points"]
    ]
    assert found["rounding"] == settled["rounding"]
    overview = system.get(f"/api/accounts/{metered}/overview", "rita", today="2025-11-01").json()
    assert overview["newest_settlement"] == {
        name: settled[name] for name in ("month", "version", "total", "currency", "settled")
    }
    # A cloud dates objects to the second: of two of one second either may be the newest.
    assert overview["newest_file"]["name"] in ("october.csv", "late.csv")


def test_the_overview_is_one_answer_for_the_morning(system: System) -> None:
    found = system.get(f"/api/accounts/{ACCOUNT}/overview", "rita", today="2025-10-28").json()
    assert {name: found[name] for name in ("name", "currency", "zone", "zones", "today", "points")} == {
        "name": ACCOUNT,
        "currency": "GBP",
        "zone": None,
        "zones": ["+10:00", "Europe/London"],
        "today": "2025-10-28",
        "points": 2,
    }
    assert found["day"] == {
        "date": "2025-10-27",
        "import_kwh": "24",
        "export_kwh": "4",
        "cost": "6.6",
        "missing": 1380 + 1440,
        "estimated_kwh": "4",
        "is_yesterday": True,
    }
    assert found["day_week_before"] is None
    assert (found["week"]["from"], found["week"]["to"], found["week"]["cost"]) == ("2025-10-21", "2025-10-27", None)
    assert [found[name] for name in ("week_before", "month_before", "month_year_before")] == [None] * 3
    assert (found["month"]["from"], found["month"]["import_kwh"]) == ("2025-10-01", "107")
    assert found["month_end"] is None
    assert (found["quality"]["gaps"], found["quality"]["newest"]) == (2, "2025-10-27T23:30:00Z")
    assert found["days"]["date"][-4:] == ["2025-10-24", "2025-10-25", "2025-10-26", "2025-10-27"]
    assert found["days"]["import_kwh"][-5:] == [None, "24", "24", "35", "24"]
    rows = 4 * 48 + 2 + 2 + 10
    assert found["newest_file"]["outcome"] == "accepted"
    assert f"All {rows} rows were accepted" in found["newest_file"]["verdict"]
    assert (found["newest_settlement"], found["weather_site"]) == (None, "")


def test_the_overview_of_an_account_without_readings_is_of_nulls(system: System) -> None:
    found = system.get("/api/accounts/Account18/overview", "rita").json()
    assert found["today"] in {(datetime.now(UTC) - timedelta(days=n)).date().isoformat() for n in (0, 1)}
    told = {"name", "currency", "zones", "today", "points", "weather_site"}
    assert {name: value for name, value in found.items() if name not in told} == dict.fromkeys(set(found) - told)
    assert (found["points"], found["zones"]) == (0, [])


@pytest.mark.parametrize("today", ["yesterday", "2025-02-30", "0001-01-01"])
def test_an_overview_of_no_day_is_422(system: System, today: str) -> None:
    problem = assert_problem(system.get(f"/api/accounts/{ACCOUNT}/overview", "rita", today=today), 422)
    assert problem["errors"][0]["field"] == "today"  # type: ignore[index]


def test_costs_and_the_overview_need_the_grant_to_read(system: System) -> None:
    for route in ("costs?point=*", "overview"):
        assert_problem(system.get(f"/api/accounts/{ACCOUNT}/{route}", "podge"), 403)
        assert_problem(system.get(f"/api/accounts/None/{route}", "rita"), 404)
