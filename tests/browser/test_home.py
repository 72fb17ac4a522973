"""The first page: how each account did, and where one begins that has nothing yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NAMES, as_user, number, settled, shot, sign_in, unavailable
from tests.browser.readings import DAY, LONDON, half_hours, used
from tests.contract.providers.local import LocalHarness
from tools.waiting import eventually

Opener = Callable[..., Page]


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def told(page: Page, name: str, label: str) -> Locator:
    return card(page, name).locator(".figure", has=page.get_by_text(label))


def test_each_account_says_how_yesterday_the_week_and_the_month_were(open_page: Opener) -> None:
    page = settled(sign_in(open_page("/", timezone_id="Asia/Kolkata")))
    name = NAMES["Account18"]
    yesterday = datetime.now(LONDON).date() - DAY
    kwh = lambda first, last: sum(map(used, half_hours(first, last)), Decimal())  # noqa: E731
    day = told(page, name, "Yesterday")
    assert number(day.locator("strong").inner_text()) == pytest.approx(float(kwh(yesterday, yesterday)), rel=0.006)
    expect(day).to_contain_text(
        "less than on" if kwh(yesterday, yesterday) < kwh(yesterday - 7 * DAY, yesterday - 7 * DAY) else "as on"
    )
    week = card(page, name).locator(".figure").nth(1)
    assert number(week.locator("strong").inner_text()) == pytest.approx(
        float(kwh(yesterday - 6 * DAY, yesterday)), rel=0.006
    )
    expect(week).to_contain_text("the week before")
    expect(
        card(page, name).get_by_role("img", name=re.compile("Day by day, .*: 34 of 35 days have readings"))
    ).to_be_visible()
    facts = card(page, name).locator(".facts")
    expect(facts).to_contain_text("missing in 2 places")
    expect(facts).to_contain_text("estimated")
    expect(facts.get_by_role("link", name="house.csv")).to_be_visible()
    expect(facts).to_contain_text("made up by the demo")
    shot(page, "home")


def test_an_account_whose_readings_are_of_another_year_names_its_days(open_page: Opener) -> None:
    page = settled(sign_in(open_page("/")))
    expect(told(page, NAMES["Account17"], "Newest day, Wed, 31 Dec 2025")).to_be_visible()
    expect(card(page, NAMES["Account17"])).to_contain_text("December 2025, until 31 Dec")
    card(page, NAMES["Account17"]).get_by_role("link", name="Newest day, Wed, 31 Dec 2025").click()
    expect(page.locator(".stepper h2")).to_have_text("Wed, 31 Dec 2025")


def test_a_customer_with_a_new_account_begins_with_the_sample_file(open_page: Opener) -> None:
    page = settled(sign_in(open_page("/")))
    empty = card(page, "Account20")
    # A report is asked for until it is there: until then the answer is 404, and the browser's console says so.
    page.expected.append("404")  # type: ignore[attr-defined]
    expect(empty).to_contain_text("Nothing has been read yet.")
    with page.expect_download() as download:
        empty.get_by_role("link", name="A sample file").click()
    sample = Path(download.value.path()).read_bytes()
    empty.get_by_role("link", name="Account20").click()
    expect(page.get_by_role("heading", name="No readings yet")).to_be_visible()
    shot(page, "new-account")
    page.get_by_role("link", name="Upload a file").click()
    page.get_by_label("Meter files").set_input_files(
        {"name": download.value.suggested_filename, "mimeType": "text/csv", "buffer": sample}
    )
    page.get_by_role("group", name="sample-meter-file.csv").get_by_role("button", name="Send").click()
    expect(page.locator("summary", has_text="sample-meter-file.csv")).to_contain_text("readings landed")
    page.get_by_role("link", name="Consumption").click()
    expect(page.locator(".chart")).to_be_visible()


def test_a_card_that_fails_keeps_no_other_back(open_page: Opener) -> None:
    page = sign_in(open_page("/weather"))
    page.expected.append("503")  # type: ignore[attr-defined]
    page.route("**/Account17/overview", lambda route: unavailable(route, "the table can't be read"))
    page.get_by_role("link", name="Home").click()
    expect(card(page, NAMES["Account17"]).get_by_role("alert")).to_contain_text("the table can't be read")
    expect(told(page, NAMES["Account18"], "Yesterday")).to_be_visible()


def test_who_may_see_nothing_is_told_whom_to_ask(open_page: Opener) -> None:
    page = sign_in(open_page("/"), "nora")
    expect(page.get_by_role("heading", name="No accounts yet")).to_be_visible()
    expect(page.get_by_text("An administrator gives permissions")).to_be_visible()


def test_who_may_only_delete_an_account_finds_where(open_page: Opener, site: LocalHarness) -> None:
    page = settled(sign_in(open_page("/")))
    expect(card(page, "Account21")).to_contain_text("You may delete it here, but not see its readings.")
    card(page, "Account21").get_by_role("link", name="Account21").click()
    gone = page.get_by_role("button", name="Delete the account")
    expect(gone).to_be_disabled()
    page.get_by_label("Type Account21 to confirm").fill("Account21")
    shot(page, "delete")
    gone.click()
    expect(page.get_by_text("It is being deleted")).to_be_visible()
    with as_user(site, "sam") as api:
        eventually("the account's end", lambda: gone_from(api))


def gone_from(api: httpx.Client) -> bool:
    reply = api.get("/api/accounts/Account21/points")
    return reply.status_code == 404 or reply.json().get("points") == []
