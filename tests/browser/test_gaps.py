"""Gaps, estimates, days that were not read, and days that are yet to come: each looks like what it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import cells, figure, number, opened, settled, shot
from tests.browser.ink import bar, coloured, ink
from tests.browser.readings import DAY, ESTIMATE, GAP, LONDON, half_hours, used

Opener = Callable[..., Page]
ROOF = "/accounts/Account18"


def test_gaps_look_like_gaps_and_estimates_like_estimates(open_page: Opener) -> None:
    today = datetime.now(LONDON).date()
    first, last = today - 14 * DAY, today - DAY
    page = opened(open_page, f"{ROOF}?span=own&from={first}&to={last}&by=day&channel=import")
    expect(page.locator(".heat canvas")).to_be_visible()
    page.wait_for_timeout(300)  # the chart is drawn when the page is laid out
    full, line, card = (coloured(page, name) for name in ("--first", "--line", "--card"))
    measured = ink(page, ".chart canvas", bar(13, 14), (0.5, 0.9))
    assert measured[full] > 0.9
    estimated = ink(page, ".chart canvas", bar(14 - ESTIMATE, 14), (0.5, 0.9))
    assert 0.1 < estimated[full] < 0.8
    assert card in estimated
    # Of the map: a column for each day, a row for each half hour.
    gap = ink(page, ".heat canvas", ((14 - GAP + 0.1) / 14, (14 - GAP + 0.9) / 14), (11 / 48, 19 / 48))
    assert gap[line] > 0.1
    assert not {coloured(page, f"--heat-{shade}") for shade in range(9)} & set(gap)
    absent = 5 * 60
    expect(page.locator(".figure", has_text="Missing")).to_contain_text(f"{absent // 60} hours")
    expect(page.locator(".figure", has_text="Estimated")).to_contain_text("1 of 14 days")
    shot(page, "gaps-and-estimates")
    page.get_by_role("button", name="Table").click()
    settled(page)
    assert cells(page, 14 - GAP)[-2:] == ["300", "measured"]
    assert cells(page, 14 - ESTIMATE)[-1] == "estimated in part"


def test_a_day_of_which_nothing_was_read_is_striped_and_no_zero(open_page: Opener) -> None:
    today = datetime.now(LONDON).date()
    first, last = today - 27 * DAY, today - 14 * DAY
    page = opened(open_page, f"{ROOF}?span=own&from={first}&to={last}&by=day&channel=import")
    page.wait_for_timeout(300)
    empty = ink(page, ".chart canvas", bar(6, 14), (0.1, 0.9))
    assert empty[coloured(page, "--line")] > 0.1
    assert coloured(page, "--first") not in empty
    page.get_by_role("button", name="Table").click()
    settled(page)
    assert cells(page, 6)[1:] == ["", "0.53", "1,440", "not read"]  # its standing charge is owed all the same


def test_what_is_yet_to_come_is_neither_missing_nor_a_gap(open_page: Opener) -> None:
    today = datetime.now(LONDON).date()
    first, last = today - 2 * DAY, today + 3 * DAY
    page = opened(open_page, f"{ROOF}?span=own&from={first}&to={last}&by=day&channel=import")
    page.wait_for_timeout(300)
    to_come = ink(page, ".chart canvas", bar(4, 6), (0.1, 0.9))
    assert to_come.get(coloured(page, "--line"), 0) < 0.05  # but for the lines of the axis
    assert ink(page, ".heat canvas", (4.1 / 6, 5.9 / 6), (0.1, 0.9)) == {}
    expect(page.locator(".figure", has_text="Missing")).to_have_count(0)
    read = sum(map(used, half_hours(first, today - DAY)), Decimal())
    assert number(figure(page, "A day, on average")) == pytest.approx(float(read) / 2, rel=0.006)
