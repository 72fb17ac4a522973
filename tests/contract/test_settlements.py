"""Settlements: a month is summed up, priced by the contract, and published; what is missing is said, or estimated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.contract.system import System, assert_a_file
from tools.waiting import eventually

POINTS = ("1012345678903", "1023456789017")
MONTH = "2025-10"
"""In which London puts its clocks back: 31 days, of which one has 50 half hours."""
LONDON = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
BEGIN = datetime(2025, 10, 1, tzinfo=LONDON).astimezone(UTC)
END = datetime(2025, 11, 1, tzinfo=LONDON).astimezone(UTC)
GAP = datetime(2025, 10, 14, 9, tzinfo=UTC)


def starts(begin: datetime = BEGIN, end: datetime = END) -> list[datetime]:
    return [begin + HALF_HOUR * number for number in range(int((end - begin) / HALF_HOUR))]


def long(rows: list[tuple[str, datetime, str]], version: int = 1) -> str:
    lines = [f"{point},{start:%Y-%m-%dT%H:%M:%SZ},{version},{value}" for point, start, value in rows]
    return "\n".join(["point,start,version,kwh", *lines]) + "\n"


def agree(system: System, account: str, *contract: tuple[str, str]) -> None:
    path = f"/api/accounts/{account}/settings"
    reply = system.get(path, "sam")
    body = {**reply.json(), "contract": [{"product": product, "from": first} for product, first in contract]}
    reply = system.send("PUT", path, "sam", json=body, headers={"If-Match": reply.headers["ETag"]})
    assert reply.status_code == 200, reply.text


def settle(system: System, account: str, *, estimate: bool = False, month: str = MONTH) -> dict[str, Any]:
    """The run of a settlement, when it has ended."""
    path = f"/api/accounts/{account}/settlements"
    reply = system.send("POST", path, "sam", json={"month": month, "estimate": estimate})
    assert reply.status_code == 202, reply.text
    assert reply.headers["Location"] == f"{path}/{reply.json()['id']}"

    def ended() -> dict[str, Any]:
        answer = dict(system.get(reply.headers["Location"], "sam").json())
        return answer if answer["state"] != "running" else {}

    return eventually("the settlement's end", ended)


def download(signed: dict[str, Any]) -> httpx.Response:
    reply = httpx.request(signed["method"], signed["url"], headers=signed["headers"])
    assert reply.status_code == 200, reply.text
    return reply


@pytest.fixture
def metered(system: System, account: str) -> str:
    """An account with two points, read in October and the four weeks before; with one half hour of one missing."""
    rows = [
        (point, start, f"{0.1 * (1 + number % 7):.3f}")
        for point in POINTS
        for number, start in enumerate(starts(BEGIN - timedelta(weeks=4)))
        if (point, start) != (POINTS[0], GAP)
    ]
    report = system.ingest(account, "october.csv", long(rows))
    assert report["accepted"] == len(rows), report
    agree(system, account, ("green-fixed", "2025-01-01"), ("night-saver", "2025-10-11"))
    return account


def test_a_month_with_a_gap_is_not_settled_unless_an_estimate_is_asked_for(system: System, metered: str) -> None:
    run = settle(system, metered)
    assert (run["state"], run["error"]["code"]) == ("failed", "incomplete")
    assert run["gaps"] == [{"point": POINTS[0], "channel": "import", "minutes": 30, "first": "2025-10-14T09:00:00Z"}]
    states = {step["name"]: step["state"] for step in run["steps"]}
    assert (states["total"], states["stop"], states["price"]) == ("done", "failed", "skipped")
    assert run["result"] is None


def test_a_month_is_settled_and_every_half_hour_is_accounted_for(system: System, metered: str) -> None:
    run = settle(system, metered, estimate=True)
    assert (run["state"], run["error"]) == ("done", None)
    result = run["result"]
    read = sum(
        Decimal(str(value))
        for point in POINTS
        for value in system.readings(
            metered, point=point, resolution="month", **{"from": "2025-10-01", "to": "2025-11-01"}
        )["value"]
    )
    former = [GAP - timedelta(weeks=weeks) for weeks in (1, 2, 3, 4)]
    every = starts(BEGIN - timedelta(weeks=4))
    mean = sum(Decimal(f"{0.1 * (1 + every.index(start) % 7):.3f}") for start in former) / 4
    estimated = mean.quantize(Decimal("0.001"))
    assert Decimal(result["estimated_kwh"]) == estimated
    assert Decimal(result["import_kwh"]) == read + estimated
    assert sum(Decimal(line["amount"]) for line in result["lines"]) == Decimal(result["total"])
    days = {(one["point"], one["product"]): one["quantity"] for one in result["lines"] if one["channel"] == "standing"}
    assert days == {
        (point, product): n for point in POINTS for product, n in (("green-fixed", "10"), ("night-saver", "21"))
    }
    bands = {line["band"] for line in result["lines"] if line["product"] == "night-saver"}
    assert bands == {"base", "night", "standing"}
    details = download(result["days"]).json()
    minutes = [sum(day["minutes"] for day in one["channels"]["import"]["days"]) for one in details["points"]]
    assert minutes == [1490 * 30 - 30, 1490 * 30]


def test_a_settlement_is_downloaded_as_csv(system: System, metered: str) -> None:
    result = settle(system, metered, estimate=True)["result"]
    file = download(result["csv"])
    assert_a_file(file, f"{metered}-settlement-{MONTH}-version-1.csv", "text/csv; charset=utf-8")
    assert_a_file(download(result["days"]), f"{metered}-settlement-{MONTH}-version-1-days.json", "application/json")
    head, *lines = file.text.split("\r\n")
    assert head.startswith("account,month,version,point,product,channel,band,quantity,unit,estimated,rate,amount")
    assert [line for line in lines if line] == [
        ",".join(
            [
                metered,
                MONTH,
                "1",
                *(
                    line[name]
                    for name in (
                        "point",
                        "product",
                        "channel",
                        "band",
                        "quantity",
                        "unit",
                        "estimated",
                        "rate",
                        "amount",
                    )
                ),
                "GBP",
            ]
        )
        for line in result["lines"]
    ]


def test_settled_again_it_is_the_same_version_until_the_readings_change(system: System, metered: str) -> None:
    first = settle(system, metered, estimate=True)["result"]
    assert (first["version"], first["changes"]) == (1, None)
    again = settle(system, metered, estimate=True)["result"]
    assert (again["version"], again["run"]) == (1, first["run"])
    system.ingest(metered, "late.csv", long([(POINTS[0], GAP, "9.5")]))
    changed = settle(system, metered)["result"]
    assert (changed["version"], changed["estimated_kwh"]) == (2, "0")
    line = next(one for one in changed["changes"]["lines"] if one["channel"] == "import")
    assert changed["changes"]["count"] == 1
    assert Decimal(line["after"]["quantity"]) - Decimal(line["before"]["quantity"]) == Decimal("9.5") - Decimal(
        first["estimated_kwh"]
    )
    difference = Decimal(changed["total"]) - Decimal(first["total"])
    assert Decimal(changed["changes"]["difference"]) == difference
    listed = system.get(f"/api/accounts/{metered}/settlements", "sam").json()
    assert [one["version"] for one in listed["settlements"]] == [2, 1]
    assert len(listed["runs"]) == 3


@pytest.mark.parametrize(
    ("contract", "code"),
    [((), "no_contract"), ((("gone", "2025-01-01"),), "no_product")],
    ids=["none", "of a product that is gone"],
)
def test_an_account_without_a_contract_is_not_settled(
    system: System, metered: str, contract: tuple[tuple[str, str], ...], code: str
) -> None:
    agree(system, metered, *contract)
    run = settle(system, metered, estimate=True)
    assert (run["state"], run["error"]["code"], run["error"]["step"]) == ("failed", code, "validate")


def test_a_month_that_is_not_over_is_not_settled(system: System, metered: str) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    assert settle(system, metered, month=month)["error"]["code"] in ("not_over", "no_readings")


@pytest.mark.parametrize("month", ["2025-13", "2025-1", "", "2025-10-01", "0001-01"])
def test_a_month_that_is_none_is_refused(system: System, month: str) -> None:
    reply = system.send("POST", "/api/accounts/Account17/settlements", "sam", json={"month": month})
    assert reply.status_code == 422
    assert "month" in reply.json()["detail"]


def test_only_who_may_settle_does(system: System) -> None:
    for method in ("GET", "POST"):
        reply = system.send(
            method,
            "/api/accounts/Account17/settlements",
            "podge",
            **({"json": {"month": MONTH}} if method == "POST" else {}),
        )
        assert reply.status_code == 403
    assert system.get("/api/accounts/Account17/settlements/none", "sam").status_code == 404
