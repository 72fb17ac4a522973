"""Every view at every size, in both schemes, full, empty, failing and slow: readable, within its page, and kept as a picture."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import serious, settled, shot, sign_in, unavailable

Opener = Callable[..., Page]
JULY = "span=month&at=2025-07-01"
VIEWS = {
    "sign-in": None,
    "home": "/",
    "consumption": f"/accounts/Account17?{JULY}",
    "year": "/accounts/Account17?span=year&at=2025-07-01",
    "table": f"/accounts/Account17?{JULY}&show=table",
    "compared": f"/accounts/Account17?{JULY}&version=1&against=2",
    "files": "/accounts/Account17/files",
    "settlements": "/accounts/Account17/settlements",
    "trade": "/accounts/Account17/trade",
    "export": "/accounts/Account17/export",
    "settings": "/accounts/Account17/settings",
    "weather": "/weather/london",
    "missing": "/no-such-view",
}
EMPTY = {
    "consumption": "/accounts/Account22",
    "files": "/accounts/Account22/files",
    "trade": "/accounts/Account22/trade",
    "settings": "/accounts/Account22/settings",
}
SIZES = {"desktop": (1280, 900), "phone": (360, 740)}
LETTERS = """
() => {
  const found = [];
  for (const element of document.querySelectorAll('main *, header *')) {
    if (element.children.length || element.closest('.unseen, [hidden], canvas, .heat .months, code')) continue;
    const text = element.textContent.trim();
    if (text.length < 4 || !element.getClientRects().length) continue;
    const range = document.createRange();
    range.selectNodeContents(element);
    const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
    if (lines > 1 && text.length / lines < 4) found.push(text);
  }
  return found;
}
"""
"""Texts that have fewer than four letters a line: they wrap letter by letter."""


def shown(open_page: Opener, path: str | None, **options: object) -> Page:
    page = open_page(path or "/", **options)
    if path:
        settled(sign_in(page))
    page.wait_for_timeout(300)  # charts are drawn when the page is laid out
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_can_be_read_by_everyone(open_page: Opener, view: str, size: str, scheme: str) -> None:
    width, height = SIZES[size]
    page = shown(open_page, VIEWS[view], width=width, height=height, color_scheme=scheme)
    shot(page, f"{view}-{size}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(LETTERS) == []
    assert serious(page) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", EMPTY)
def test_a_view_of_an_account_without_anything_says_how_to_begin(open_page: Opener, view: str, size: str) -> None:
    width, height = SIZES[size]
    page = shown(open_page, EMPTY[view], width=width, height=height)
    shot(page, f"{view}-empty-{size}")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert serious(page) == []


def failing(route: Route) -> None:
    if route.request.url.endswith("/api/me"):
        return route.continue_()
    return unavailable(route, "the store does not answer")


BEHIND = [
    view for view, path in VIEWS.items() if path and view not in ("missing", "year", "table", "compared", "export")
]


@pytest.mark.parametrize("view", BEHIND)
def test_a_view_whose_data_can_not_be_had_says_why_and_what_to_do(open_page: Opener, view: str) -> None:
    page = settled(sign_in(open_page("/no-such-view")))
    page.expected.append("503")  # type: ignore[attr-defined]
    page.route("**/api/**", failing)
    page.goto(str(VIEWS[view]))
    expect(page.get_by_role("alert").first).to_contain_text("Try again in a moment. (the store does not answer)")
    shot(page, f"{view}-error")
    assert page.locator("canvas").count() == 0
    assert serious(page) == []


@pytest.mark.parametrize("view", BEHIND)
def test_a_view_that_is_waited_for_has_its_shape_at_once(open_page: Opener, view: str) -> None:
    page = settled(sign_in(open_page("/no-such-view")))
    held: list[Route] = []
    hold = lambda route: held.append(route)  # noqa: E731  a builtin is not taken
    page.route("**/api/accounts/*/*", hold)
    page.route("**/api/accounts/*/*?*", hold)
    page.route("**/api/forecasts/*", hold)
    page.goto(str(VIEWS[view]))
    expect(page.locator(".skeleton").first).to_be_visible()
    shot(page, f"{view}-slow")
    for route in held:
        route.abort()
    page.expected.append("ERR_FAILED")  # type: ignore[attr-defined]
    page.expected.append("failed")  # type: ignore[attr-defined]


def test_on_a_phone_the_chart_comes_before_the_form_and_every_tab_is_in_sight(open_page: Opener) -> None:
    page = shown(open_page, VIEWS["consumption"], width=360, height=740)
    tops = {part: page.locator(part).first.bounding_box() for part in (".chart", ".controls")}
    chart, form = (tops[part] or {"y": -1} for part in (".chart", ".controls"))
    assert 0 < chart["y"] < form["y"]
    assert chart["y"] < 740
    tabs = page.get_by_role("navigation", name="Account").get_by_role("link")
    assert tabs.all_inner_texts() == ["Consumption", "Files", "Settlements", "Trade", "Export", "Settings"]
    for tab in tabs.all():
        box = tab.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 360


def test_the_map_has_a_scale_that_reads_in_the_dark(open_page: Opener) -> None:
    """The least is nearest to the page, the most is the brightest, and each step is seen from the one before."""
    for scheme in ("light", "dark"):
        page = open_page("/", color_scheme=scheme)
        read = "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"
        light = [luminance(page.evaluate(read, f"--heat-{shade}")) for shade in range(9)]
        assert light == sorted(light, reverse=scheme == "light")
        ratios = [(max(a, b) + 0.05) / (min(a, b) + 0.05) for a, b in pairwise(light)]
        assert min(ratios) > 1.1


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb. https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
