"""Settings that do something: what they say is shown, priced by, and never written over somebody else's."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import CONTRACT, NAMES, as_user, change_settings, settled, shot, sign_in
from tests.contract.providers.local import LocalHarness

Opener = Callable[..., Page]
SETTINGS = "/accounts/Account18/settings"


def test_a_name_that_is_saved_is_shown_and_the_contract_stays(open_page: Opener, site: LocalHarness) -> None:
    page = settled(sign_in(open_page(SETTINGS)))
    page.get_by_label("Name of the account").fill("Ours")
    page.get_by_label("Tell me of a day above, in kWh").fill("12.5")
    page.get_by_label("E-mail").fill("erin@example.com")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Settings saved.")).to_be_visible()
    with as_user(site, "sam") as api:
        held = api.get("/api/accounts/Account18/settings").json()
        assert (held["display_name"], held["contract"], held["alert_kwh_per_day"]) == ("Ours", CONTRACT, 12.5)
        page.get_by_role("link", name="Home").click()
        expect(page.get_by_role("link", name="Ours", exact=True)).to_be_visible()
        change_settings(api, "Account18", display_name=NAMES["Account18"])


def test_a_contract_is_agreed_on_by_the_product_and_its_first_day(open_page: Opener, site: LocalHarness) -> None:
    page = settled(sign_in(open_page(SETTINGS)))
    page.get_by_role("button", name="Another product").click()
    page.get_by_label("From").last.fill("2025-06-11")
    page.get_by_label("Product").last.select_option("night-saver")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Settings saved.")).to_be_visible()
    with as_user(site, "sam") as api:
        agreed = api.get("/api/accounts/Account18/settings").json()["contract"]
        assert agreed == [*CONTRACT, {"product": "night-saver", "from": "2025-06-11"}]
        change_settings(api, "Account18", contract=CONTRACT)


def test_settings_that_somebody_else_changed_are_not_overwritten(open_page: Opener, site: LocalHarness) -> None:
    mine, theirs = (settled(sign_in(open_page(SETTINGS))) for _ in range(2))
    mine.expected.append("412")  # type: ignore[attr-defined]
    expect(theirs.get_by_label("Name of the account")).to_be_visible()
    mine.get_by_label("Name of the account").fill("Mine")
    mine.get_by_role("button", name="Save").click()
    expect(mine.get_by_text("Settings saved.")).to_be_visible()
    theirs.get_by_label("Name of the account").fill("Theirs")
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.get_by_role("alert")).to_contain_text("Somebody else has changed this")
    expect(theirs.get_by_label("Name of the account")).to_have_value("Mine")
    shot(theirs, "settings-conflict")
    with as_user(site, "sam") as api:
        change_settings(api, "Account18", display_name=NAMES["Account18"])


def test_who_may_not_change_settings_reads_them(open_page: Opener) -> None:
    page = settled(sign_in(open_page(SETTINGS), "rita"))
    expect(page.get_by_text("You may see these settings, but not change them.")).to_be_visible()
    expect(page.get_by_label("Name of the account")).to_be_disabled()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    expect(page.get_by_role("button", name="Delete the account")).to_have_count(0)
