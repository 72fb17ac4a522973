"""Trading: the price is there before anything is placed, and a slip of the finger places nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import as_user, settled, shot, sign_in, unavailable
from tests.contract.providers.local import LocalHarness

Opener = Callable[..., Page]
TRADE = "/accounts/Account17/trade"


def test_the_price_moves_with_what_is_typed_and_is_written_as_money(open_page: Opener) -> None:
    page = settled(sign_in(open_page(TRADE)))
    price = page.locator(".live-price")
    expect(price).to_have_text("£24.50 at 24.5p a kWh")
    page.get_by_label("Energy in kWh").fill("12345.678")
    expect(price).to_have_text("£3,024.69 at 24.5p a kWh")
    page.get_by_label("Product").select_option("night-saver")
    expect(price).to_have_text("£3,827.16 at 31p a kWh")
    page.get_by_label("Energy in kWh").fill("1,5")
    expect(price).to_contain_text("at most three decimals, as 250.5")


def test_a_trade_is_placed_after_a_second_look(open_page: Opener, site: LocalHarness) -> None:
    page = settled(sign_in(open_page(TRADE)))
    placed: list[str] = []
    page.on("request", lambda request: placed.append(request.url) if request.method == "POST" else None)
    page.get_by_label("Energy in kWh").fill("250.5")
    page.get_by_role("button", name="Sell").click()
    page.get_by_role("button", name="Review").click()
    review = page.get_by_role("group", name="Review of the trade")
    expect(review).to_contain_text("You sell")
    expect(review).to_contain_text("£61.37")
    assert placed == []
    shot(page, "trade-review")
    review.get_by_role("button", name="Change it").click()
    expect(review).to_have_count(0)
    page.get_by_role("button", name="Buy").click()
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Buy 250.5 kWh for £61.37").dblclick()
    expect(page.get_by_text("Bought: 250.5 kWh for £61.37.")).to_be_visible()
    row = page.get_by_role("table", name=re.compile("^Trades")).get_by_role("row").nth(1)
    expect(row).to_contain_text("£61.37")
    with as_user(site, "podge") as api:
        assert len(api.get("/api/accounts/Account17/trades").json()["trades"]) == 1
    shot(page, "trade-placed")


def test_an_enter_that_is_held_down_buys_nothing_and_another_side_is_another_trade(open_page: Opener) -> None:
    page = settled(sign_in(open_page(TRADE)))
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.get_by_label("Energy in kWh").focus()
    for _ in range(10):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    review = page.get_by_role("group", name="Review of the trade")
    expect(review).to_be_visible()
    page.get_by_role("button", name="Sell", exact=True).click()
    expect(review).to_have_count(0)
    expect(page.get_by_role("button", name="Sell", exact=True)).to_be_focused()
    assert posted == []


def test_a_trade_that_is_placed_is_not_called_failed_when_the_list_is(open_page: Opener) -> None:
    page = settled(sign_in(open_page(TRADE.replace("17", "18"))))
    page.expected.append("503")  # type: ignore[attr-defined]
    page.route(
        "**/trades*",
        lambda route: route.continue_() if route.request.method == "POST" else unavailable(route, "no"),
    )
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name=re.compile("^Buy 100 kWh")).click()
    expect(page.get_by_role("alert")).to_contain_text("The trade is placed")
    expect(page.get_by_role("alert")).to_contain_text("Don't place it again")


def test_a_trade_above_the_accounts_limit_can_not_be_placed(open_page: Opener) -> None:
    page = settled(sign_in(open_page(TRADE)))
    page.get_by_label("Energy in kWh").fill("999999999")
    expect(page.locator(".live-price")).to_contain_text("one trade of this account may be £10,000.00 at most")
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_role("group", name="Review of the trade")).to_have_count(0)
    shot(page, "trade-limit")


def test_who_may_not_trade_sees_the_products_and_no_form(open_page: Opener) -> None:
    page = settled(sign_in(open_page(TRADE), "rita"))
    expect(page.get_by_text("You may see the trades of this account, but not place any.")).to_be_visible()
    expect(page.get_by_role("button", name="Review")).to_have_count(0)
    night = page.locator(".tile", has_text="Night saver")
    expect(night).to_contain_text("7p a kWh from 23:30 to 05:30, every day (night)")
    expect(night).to_contain_text("15p a kWh for what you give to the grid")
