"""The API's page: drawn by its own files under its policy, and what a developer tries on it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ROOT, shot
from tests.contract.system import PASSWORD

Opener = Callable[..., Page]
LEFT = {"color-contrast", "nested-interactive"}
"""What axe finds in Swagger UI itself: pale badges, links and names of methods; buttons within what can be opened."""


def operation(page: Page, method: str, path: str) -> Locator:
    """An operation, opened and ready to be tried."""
    found = page.locator(f".opblock-{method.lower()}", has=page.locator(f'[data-path="{path}"]'))
    found.locator(".opblock-summary-control").click()
    found.get_by_role("button", name="Try it out").click()
    return found


def tried(found: Locator) -> Locator:
    found.get_by_role("button", name="Execute").click()
    return found.locator(".live-responses-table tbody tr").first


def test_who_logs_in_on_the_page_can_try_what_needs_a_token(open_page: Opener) -> None:
    page = open_page("/api/docs")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    me = operation(page, "GET", "/api/me")
    page.expected.append("401")  # type: ignore[attr-defined]
    expect(tried(me)).to_contain_text("401")
    login = operation(page, "POST", "/api/login")
    login.locator("textarea").fill(f'{{"user": "podge", "password": "{PASSWORD}"}}')
    expect(tried(login)).to_contain_text("access_token")
    expect(tried(me)).to_contain_text('"user": "podge"')
    shot(page, "api-docs-tried")
    here = urlsplit(page.url).netloc
    assert {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))} == {here}
    page.goto("/api/docs")
    again = operation(page, "GET", "/api/me")
    expect(tried(again)).to_contain_text("401")


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_can_be_read_by_those_who_do_not_see_it(open_page: Opener, width: int) -> None:
    page = open_page("/api/docs", width=width)
    expect(page.locator('[data-path="/api/login"]')).to_be_visible()
    shot(page, f"api-docs-{width}")
    page.evaluate((ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert {one["id"] for one in serious} <= LEFT
