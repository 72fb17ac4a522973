"""Settlements and exports: asked for, watched, and taken away as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import CONTRACT, as_user, change_settings, serious, settled, shot, sign_in
from tests.contract.providers.local import LocalHarness

Opener = Callable[..., Page]


def test_a_month_is_settled_and_its_steps_are_seen(open_page: Opener, site: LocalHarness) -> None:
    page = settled(sign_in(open_page("/accounts/Account17/settlements")))
    expect(page.get_by_text("No month of this account has been settled yet")).to_be_visible()
    with as_user(site, "sam") as api:
        change_settings(api, "Account17", contract=[{"product": "night-saver", "from": "2025-06-11"}])
    page.get_by_label("Month").fill("2025-06")
    page.get_by_role("button", name="Settle").click()
    expect(page.get_by_role("alert")).to_contain_text("name no product for 2025-06-01")
    shot(page, "settlement-refused")
    with as_user(site, "sam") as api:
        change_settings(api, "Account17", contract=[*CONTRACT, {"product": "night-saver", "from": "2025-06-11"}])
    page.get_by_role("button", name="Settle").click()
    expect(page.get_by_role("heading", name="Settlement of June 2025")).to_be_visible()
    expect(page.locator(".step.task.done", has_text="total")).to_contain_text("done 2 of 2")
    expect(page.get_by_text("(version 1)")).to_be_visible()
    expect(page.locator(".step.skipped", has_text="stop").last).to_contain_text("not needed")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[0].startswith("account,month,version,point,product")
    expect(page.get_by_role("button", name="Show the run of June 2025")).to_have_count(2)
    shot(page, "settlement")
    phone = sign_in(open_page("/accounts/Account17/settlements", width=360, height=740, color_scheme="dark"))
    phone.get_by_role("button", name="Show the run of June 2025").first.click()
    expect(phone.get_by_role("heading", name="Settlement of June 2025")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    shot(phone, "settlement-phone-dark")
    for one in (page, phone):
        assert serious(one) == []
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("link", name="June 2025 settled")).to_be_visible()
    with as_user(site, "sam") as api:
        change_settings(api, "Account17", contract=CONTRACT)


def test_an_export_is_written_and_downloaded(open_page: Opener) -> None:
    page = settled(sign_in(open_page("/accounts/Account17/export")))
    page.get_by_label("First day").fill("2025-01-01")
    page.get_by_label("Last day").fill("2025-01-01")
    page.get_by_role("button", name="Export").click()
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible()
    with page.expect_download() as download:
        link.click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert len(lines) == 1 + 48 * 2 * 2
    shot(page, "export-done")
