"""The weather of each site, said to be whose it is."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import settled, shot, sign_in

Opener = Callable[..., Page]


def test_the_sites_are_a_list_and_each_has_its_own_page(open_page: Opener) -> None:
    page = settled(sign_in(open_page("/weather")))
    sites = page.get_by_role("navigation", name="Sites")
    expect(sites.get_by_role("link")).to_have_text(["Leeds", "London"])
    sites.get_by_role("link", name="London").click()
    expect(page).to_have_url(re.compile("/weather/london$"))
    for what in ("Temperature", "Wind", "Clouds", "Sun"):
        expect(page.get_by_role("img", name=re.compile(f"^{what} at London"))).to_be_visible()
    expect(page.get_by_text("Source: made up by the demo.")).to_be_visible()
    shot(page, "weather")


def test_a_site_without_a_forecast_is_not_another_ones(open_page: Opener) -> None:
    page = sign_in(open_page("/weather/york"))
    expect(page.get_by_text("York is no site that forecasts are fetched for.")).to_be_visible()
    expect(page.locator(".chart")).to_have_count(0)


def test_a_source_that_has_to_be_named_is_named_with_its_licence(open_page: Opener) -> None:
    page = sign_in(open_page("/"))
    found = page.evaluate(
        """async () => (await fetch('/api/forecasts/london', { headers: { Authorization:
        `Bearer ${JSON.parse(sessionStorage.getItem('trefoil-session')).token}` } })).json()"""
    )
    theirs = {**found, "source": "open-meteo.com", "licence": "CC BY 4.0"}
    page.route("**/api/forecasts/london", lambda route: route.fulfill(json=theirs))
    page.goto("/weather/london")
    expect(page.get_by_role("link", name="open-meteo.com")).to_have_attribute("href", "https://open-meteo.com/")
    licence = page.get_by_role("link", name="CC BY 4.0")
    expect(licence).to_have_attribute("href", "https://creativecommons.org/licenses/by/4.0/")
