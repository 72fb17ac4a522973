"""Products, trades with idempotency keys, settings with tags."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.system import NIGHT, PRODUCT, SITES, System
from tests.contract.test_http import assert_problem

TRADES = "/api/accounts/Account17/trades"
SETTINGS = "/api/accounts/Account17/settings"
ORDER = {"product": "green-fixed", "kwh": "120.5"}


def trade(system: System, key: str | None = None, user: str = "podge", **order: Any) -> Any:
    headers = {"Idempotency-Key": key if key is not None else str(uuid4())}
    return system.send("POST", TRADES, user, json={**ORDER, **order}, headers=headers)


def test_products_are_public(system: System) -> None:
    assert system.get("/api/products").json() == {"products": [PRODUCT, NIGHT]}
    assert system.get("/api/products/green-fixed").json() == PRODUCT


def test_a_trade_is_priced_exactly(system: System) -> None:
    reply = trade(system)
    assert reply.status_code == 201
    placed = reply.json()
    assert placed["rate"] == PRODUCT["unit_rate"]
    assert Decimal(placed["price"]) == Decimal("120.5") * Decimal("0.2450")
    assert (placed["user"], placed["side"], placed["account"]) == ("podge", "buy", "Account17")


def test_the_same_key_again_gives_the_same_trade(system: System) -> None:
    key = str(uuid4())
    first, again = trade(system, key), trade(system, key)
    assert (again.status_code, again.content) == (201, first.content)
    placed = [t["id"] for t in system.get(TRADES, "podge", limit=500).json()["trades"]]
    assert placed.count(first.json()["id"]) == 1


def test_the_same_key_for_another_trade_is_422(system: System) -> None:
    key = str(uuid4())
    trade(system, key)
    assert_problem(trade(system, key, kwh="1"), 422)


def test_sixteen_requests_with_one_key_at_once_make_one_trade(system: System) -> None:
    key = str(uuid4())
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: trade(system, key), range(16)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.content for reply in replies}) == 1


def test_a_trade_without_a_key_is_400(system: System) -> None:
    assert_problem(system.send("POST", TRADES, "podge", json=ORDER), 400)
    assert_problem(trade(system, ""), 400)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"product": "no-such"}, "product"),
        ({"kwh": "0"}, "kwh"),
        ({"kwh": "-1"}, "kwh"),
        ({"kwh": 5}, "kwh"),
        ({"kwh": "1e3"}, "kwh"),
        ({"side": "steal"}, "side"),
        ({"price": "0.01"}, "price"),
    ],
)
def test_a_trade_that_makes_no_sense_is_422(system: System, change: dict[str, Any], field: str) -> None:
    problem = assert_problem(trade(system, **change), 422)
    assert problem["errors"][0]["field"] == field  # type: ignore[index]


def change_settings(system: System, **changes: Any) -> None:
    read = system.get(SETTINGS, "podge")
    body = {**read.json(), **changes}
    reply = system.send("PUT", SETTINGS, "podge", json=body, headers={"If-Match": read.headers["etag"]})
    assert reply.status_code == 200, reply.text


def test_a_trade_above_the_account_s_limit_is_refused_with_what_it_would_cost(system: System) -> None:
    change_settings(system, trade_limit="10000")
    assert trade(system, kwh="40816.326").status_code == 201  # 9,999.99987 GBP
    problem = assert_problem(trade(system, kwh="40816.327"), 422)
    assert problem["errors"][0]["field"] == "kwh"  # type: ignore[index]
    assert "would cost 10000.0001150 GBP, and one trade of Account17 may come to 10000 GBP" in str(problem["detail"])
    assert "would bring" in str(assert_problem(trade(system, kwh="750000000", side="sell"), 422)["detail"])


def test_the_limit_of_trades_is_a_setting_with_a_default(system: System) -> None:
    tag = system.get(SETTINGS, "podge").headers["etag"]
    reply = system.send("PUT", SETTINGS, "podge", json={}, headers={"If-Match": tag})
    assert reply.json()["trade_limit"] == "10000"
    key = str(uuid4())
    try:
        change_settings(system, trade_limit="5.50")
        assert_problem(trade(system, key, kwh="100"), 422)
        change_settings(system, trade_limit=None)
        placed = trade(system, key, kwh="100")
        assert placed.status_code == 201
        assert trade(system, kwh="999999999").status_code == 201
        change_settings(system, trade_limit="0")
        assert_problem(trade(system, kwh="0.001"), 422)
        assert trade(system, key, kwh="100").content == placed.content  # it was placed when it might be
    finally:
        change_settings(system, trade_limit="10000")


def test_a_product_in_another_currency_than_the_account_s_is_not_traded(system: System) -> None:
    try:
        change_settings(system, currency="EUR")
        problem = assert_problem(trade(system), 422)
        assert problem["errors"][0]["field"] == "product"  # type: ignore[index]
        assert "green-fixed is in GBP, and the trades of Account17 are in EUR" in str(problem["detail"])
    finally:
        change_settings(system, currency="GBP")
    assert trade(system).status_code == 201


def test_trades_are_listed_in_order_page_by_page(system: System) -> None:
    for _ in range(3):
        trade(system)
    whole = system.get(TRADES, "podge", limit=500).json()["trades"]
    assert [t["at"] for t in whole] == sorted(t["at"] for t in whole)
    paged, cursor = [], ""
    while True:
        page = system.get(TRADES, "podge", limit=2, **({"cursor": cursor} if cursor else {})).json()
        paged += page["trades"]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert paged == whole


def test_a_damaged_cursor_or_one_of_another_list_is_422(system: System) -> None:
    trade(system)
    trade(system)
    cursor = system.get(TRADES, "podge", limit=1).json()["next"]
    assert_problem(system.get("/api/accounts/Account17/ingestions", "podge", cursor=cursor), 422)
    for broken in ("x", cursor[:-3], "é", "W10"):
        assert_problem(system.get(TRADES, "podge", cursor=broken), 422)


def test_settings_are_written_over_the_tag_that_was_read(system: System) -> None:
    read = system.get(SETTINGS, "podge")
    assert read.status_code == 200
    change = {"display_name": f"Podge {uuid4()}", "email": "podge@example.com"}
    written = system.send("PUT", SETTINGS, "podge", json=change, headers={"If-Match": read.headers["etag"]})
    assert (written.status_code, written.json()["display_name"]) == (200, change["display_name"])
    again = system.get(SETTINGS, "podge")
    assert (again.content, again.headers["etag"]) == (written.content, written.headers["etag"])


def test_a_stale_tag_is_412_and_changes_nothing(system: System) -> None:
    old = system.get(SETTINGS, "podge").headers["etag"]
    change = {"display_name": str(uuid4())}
    assert system.send("PUT", SETTINGS, "podge", json=change, headers={"If-Match": old}).status_code == 200
    for tag in (old, f"W/{old}", "x", '"x"'):
        assert_problem(system.send("PUT", SETTINGS, "podge", json={}, headers={"If-Match": tag}), 412)
    assert system.get(SETTINGS, "podge").json()["display_name"] == change["display_name"]


def test_no_tag_is_428(system: System) -> None:
    assert_problem(system.send("PUT", SETTINGS, "podge", json={}), 428)


def test_of_eight_writers_with_one_tag_one_succeeds(system: System) -> None:
    tag = system.get(SETTINGS, "podge").headers["etag"]

    def write(number: int) -> int:
        body = {"display_name": f"writer {number} {uuid4()}"}
        return system.send("PUT", SETTINGS, "podge", json=body, headers={"If-Match": tag}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(write, range(8)))
    assert statuses == [200] + [412] * 7


def test_the_weather_of_an_account_is_that_of_a_site_that_there_is(system: System) -> None:
    for site in (*SITES, ""):
        tag = system.get(SETTINGS, "podge").headers["etag"]
        written = system.send("PUT", SETTINGS, "podge", json={"weather_site": site}, headers={"If-Match": tag})
        assert (written.status_code, written.json()["weather_site"]) == (200, site)
    tag = system.get(SETTINGS, "podge").headers["etag"]
    for site in ("atlantis", "London"):
        refused = system.send("PUT", SETTINGS, "podge", json={"weather_site": site}, headers={"If-Match": tag})
        problem = assert_problem(refused, 422)
        assert problem["errors"][0]["field"] == "weather_site"  # type: ignore[index]
        assert all(known in str(problem["detail"]) for known in SITES)


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "XXX"},
        {"alert_kwh_per_day": -1},
        {"colour": "red"},
        {"email": 1},
        {"trade_limit": 10000},
        {"trade_limit": "-1"},
        {"trade_limit": "10,000"},
        {"trade_limit": "99.999"},
    ],
)
def test_settings_that_make_no_sense_are_422(system: System, change: dict[str, Any]) -> None:
    tag = system.get(SETTINGS, "podge").headers["etag"]
    assert_problem(system.send("PUT", SETTINGS, "podge", json=change, headers={"If-Match": tag}), 422)
