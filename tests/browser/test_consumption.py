"""What a customer sees of readings: one clock, days that are in, and gaps, estimates and differences as what they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import as_user, cells, figure, ingested, number, opened, settled, shot, sign_in, unavailable
from tests.browser.ink import bar, coloured, ink
from tests.browser.readings import DAY, HOUSE, LONDON, OTHER, POINT, given, half_hours, kwh, total, used
from tests.contract.providers.local import LocalHarness
from tools.waiting import eventually

Opener = Callable[..., Page]
WORKS, ROOF = "/accounts/Account17", "/accounts/Account18"
JULY = date(2025, 7, 1), date(2025, 7, 31)


def clock(start: datetime) -> str:
    local = start.astimezone(LONDON)
    return f"{local:%a}, {local.day} {local:%b %Y %H:%M}"


def heat(page: Page) -> object:
    return page.locator(".heat canvas")


@pytest.mark.parametrize(("zone", "behind"), [("America/New_York", 240), ("Asia/Kolkata", -330)])
def test_chart_map_and_table_are_of_the_points_clock_wherever_the_browser_is(
    open_page: Opener, zone: str, behind: int
) -> None:
    day = date(2025, 7, 14)
    page = opened(open_page, f"{WORKS}?span=day&at={day}&show=table", timezone_id=zone)
    assert page.evaluate("new Date('2025-07-14').getTimezoneOffset()") == behind
    expect(page.locator(".clock")).to_have_text("Days and hours are UK time.")
    starts = list(half_hours(day))
    for row in (0, 47):
        assert cells(page, row)[:2] == [clock(starts[row]), f"{kwh(POINT, starts[row], 2).normalize()}"]
    most = max(starts, key=lambda start: kwh(POINT, start, 2))
    expect(heat(page)).to_have_attribute("aria-label", re.compile(re.escape(f"Most: {clock(most)}")))
    page.get_by_role("button", name="Energy").click()
    expect(page.locator(".chart")).to_have_attribute("aria-label", re.compile(re.escape(f"Most: {clock(most)}")))
    assert number(figure(page, "Total")) == pytest.approx(float(total(POINT, day, day)), rel=0.006)


@pytest.mark.parametrize(("day", "length"), [("2025-03-30", 46), ("2025-10-26", 50)])
def test_a_day_on_which_the_clock_changes_has_all_its_half_hours(open_page: Opener, day: str, length: int) -> None:
    page = opened(open_page, f"{WORKS}?span=day&at={day}&show=table", timezone_id="America/New_York")
    expect(page.locator(".tabled tbody tr")).to_have_count(length)
    assert number(figure(page, "Total")) == pytest.approx(
        float(total(POINT, date.fromisoformat(day), date.fromisoformat(day))), rel=0.006
    )
    if length == 46:
        canvas = page.locator(".heat canvas")
        canvas.focus()
        for _ in range(2):
            canvas.press("ArrowDown")
        expect(page.locator(".heat .told")).to_contain_text("01:00: a time that does not exist, the clock went forward")


def test_an_own_period_has_its_last_day_in_it_and_one_day_is_a_period(open_page: Opener) -> None:
    page = opened(open_page, f"{WORKS}?span=own&from=2025-07-14&to=2025-07-16")
    last = page.get_by_label("Last day")
    expect(page.get_by_text("This day is included")).to_be_visible()
    three = total(POINT, date(2025, 7, 14), date(2025, 7, 16))
    assert number(figure(page, "Total")) == pytest.approx(float(three), rel=0.006)
    last.fill("2025-07-14")
    last.press("Tab")
    expect(page.locator(".stepper h2")).to_have_text("Mon, 14 Jul 2025")
    settled(page)
    day = total(POINT, date(2025, 7, 14), date(2025, 7, 14))
    assert number(figure(page, "Total")) == pytest.approx(float(day), rel=0.006)
    assert "from=2025-07-14&to=2025-07-14" in page.url


def test_nothing_of_before_stands_beside_an_error(open_page: Opener) -> None:
    page = opened(open_page, f"{WORKS}?span=month&at=2025-07-01")
    expect(page.locator(".heat")).to_be_visible()
    page.expected.append("503")  # type: ignore[attr-defined]
    page.route("**/readings?*", lambda route: unavailable(route, "the table can't be read"))
    page.get_by_role("button", name=re.compile("^Before: ")).click()
    expect(page.get_by_role("alert")).to_contain_text("the table can't be read")
    for gone in (".figure", ".chart", ".heat", ".tabled"):
        expect(page.locator(gone)).to_have_count(0)
    page.get_by_role("alert").get_by_role("button", name="Close").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_period_whose_end_is_before_its_beginning_is_refused_where_it_is_asked_for(open_page: Opener) -> None:
    page = opened(open_page, f"{WORKS}?span=own&from=2025-07-14&to=2025-07-16")
    page.get_by_label("Last day").fill("2025-07-01")
    page.get_by_label("Last day").press("Tab")
    assert (
        page.get_by_label("Last day").evaluate("field => field.validationMessage")
        == "The last day is before the first."
    )
    assert "to=2025-07-16" in page.url


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?point=1200099999999", "This account has no point 1200099999999."),
        ("?version=7", "There is no version 7 of what is shown."),
        ("?span=day&at=2025-02-30", "“2025-02-30” is no day"),
        ("?span=own&from=2025-03-02&to=2025-03-01", "The last day, 2025-03-01, is before the first, 2025-03-02."),
    ],
)
def test_a_link_that_asks_for_what_is_not_there_says_so(open_page: Opener, query: str, says: str) -> None:
    page = opened(open_page, WORKS + query)
    expect(page.get_by_role("alert")).to_contain_text(says)


def test_versions_that_there_are_are_offered_and_their_difference_is_shown(open_page: Opener) -> None:
    page = opened(open_page, f"{WORKS}?span=month&at=2025-07-01")
    assert page.get_by_label("Data").locator("option").all_inner_texts() == [
        "The latest of each",
        "Version 2",
        "Version 1",
    ]
    page.get_by_label("Data").select_option("1")
    page.get_by_label("Compare with").select_option("2")
    expect(page.get_by_role("heading", name="Where they differ")).to_be_visible()
    expected = total(POINT, *JULY, 2) - total(POINT, *JULY, 1)
    said = page.locator(".figure", has_text="Version 2 against 1").locator("strong").inner_text()
    assert said.startswith("+")
    assert number(said[1:]) == pytest.approx(float(expected), rel=0.006)
    expect(page.locator(".chart")).to_have_attribute("aria-label", re.compile("Version 2 less version 1"))
    page.wait_for_timeout(300)
    # In the hour after three it is less: another hue than more, whatever the cell before had.
    warm, cold = (
        {coloured(page, f"--{name}-{shade}") for shade in range(count)} for name, count in (("heat", 9), ("cold", 5))
    )
    less = ink(page, ".heat canvas", (0.01, 0.99), (6.3 / 48, 7.7 / 48))
    assert set(less) <= cold
    more = ink(page, ".heat canvas", (0.01, 0.99), (9 / 48, 30 / 48))
    assert set(more) <= warm
    shot(page, "two-versions")
    page.get_by_role("button", name="Table").click()
    settled(page)
    day = date(2025, 7, 1)
    one, two = (total(POINT, day, day, version) for version in (1, 2))
    assert cells(page, 0)[1:4] == [f"{value.normalize()}" for value in (one, two, two - one)]


def test_presets_steps_reload_back_and_a_sent_link_show_the_same(open_page: Opener) -> None:
    page = opened(open_page, f"{WORKS}?span=month&at=2025-07-01")
    title = page.locator(".stepper h2")
    expect(title).to_have_text("July 2025")
    for preset, says in (
        ("Year", "2025"),
        ("Month", "December 2025"),
        ("Week", "29 December 2025 to 4 January 2026"),
        ("Day", "Wed, 31 Dec 2025"),
    ):
        page.get_by_role("group", name="Period").get_by_role("button", name=preset, exact=True).click()
        expect(title).to_have_text(says)
    page.get_by_role("button", name="After: Thu, 1 Jan 2026").click()
    expect(title).to_have_text("Thu, 1 Jan 2026")
    page.get_by_role("button", name="Before: Wed, 31 Dec 2025").click()
    expect(title).to_have_text("Wed, 31 Dec 2025")
    settled(page)
    expect(page).to_have_title("Wed, 31 Dec 2025: Account17 - Trefoil")
    whole = figure(page, "Total")
    page.reload()
    expect(title).to_have_text("Wed, 31 Dec 2025")
    assert figure(settled(page), "Total") == whole
    sent = opened(open_page, page.url)
    expect(sent.locator(".stepper h2")).to_have_text("Wed, 31 Dec 2025")
    assert figure(sent, "Total") == whole
    page.go_back()
    expect(title).to_have_text("Thu, 1 Jan 2026")
    page.go_back()
    page.go_back()
    expect(title).to_have_text("29 December 2025 to 4 January 2026")


def test_the_keyboard_stays_where_it_is_when_the_period_changes(open_page: Opener) -> None:
    page = opened(open_page, f"{WORKS}?span=month&at=2025-07-01&point={POINT}")
    for button in (
        page.get_by_role("button", name=re.compile("^Before: ")),
        page.get_by_role("button", name="Week", exact=True),
        page.get_by_role("button", name="Table", exact=True),
    ):
        button.focus()
        page.keyboard.press("Enter")
        settled(page)
        expect(button).to_be_focused()
    page.locator(".points summary").click()
    box = page.get_by_label(OTHER, exact=True)
    box.check()
    settled(page)
    expect(box).to_be_visible()
    expect(box).to_be_focused()


@pytest.mark.parametrize(
    ("query", "place", "opens"),
    [
        ("span=month&at=2025-06-01&by=hour&show=cost", 0.5, "Mon, 16 Jun 2025"),
        ("span=month&at=2025-06-01&by=30m&version=1&against=2", 0.5, "Mon, 16 Jun 2025"),
        ("span=month&at=2025-06-01&by=30m", 0.5, "Mon, 16 Jun 2025"),
        ("span=year&at=2025-06-01", 0.5, "July 2025"),
    ],
)
def test_a_click_opens_the_day_or_month_that_is_under_it(
    open_page: Opener, query: str, place: float, opens: str
) -> None:
    page = opened(open_page, f"{WORKS}?{query}")
    page.wait_for_timeout(300)
    over = page.locator(".u-over")
    box = over.bounding_box()
    assert box is not None
    over.click(position={"x": box["width"] * place + 3, "y": 100})
    expect(page.locator(".stepper h2")).to_have_text(opens)


def test_versions_of_several_points_are_compared_point_by_point(open_page: Opener, site: LocalHarness) -> None:
    """Account23's second point has no version 2: it is no part of the difference."""
    rows = [f"{POINT},{start:%Y-%m-%dT%H:%M:%SZ},2,0.75" for start in half_hours(date(2025, 7, 2))]
    site.drop("incoming/Account23/second.csv", "\n".join(["point,start,version,kwh", *rows, ""]).encode())
    with as_user(site, "sam") as api:
        eventually("the second file", lambda: ingested(api, "/api/accounts/Account23/ingestions") == 2)
    page = opened(
        open_page, "/accounts/Account23?span=own&from=2025-07-01&to=2025-07-03&by=day&point=*&version=1&against=2"
    )
    assert figure(page, "Version 2 against 1") == "+12 kWh"


def test_marking_days_of_the_chart_moves_figures_and_map_along(open_page: Opener) -> None:
    page = opened(open_page, f"{WORKS}?span=month&at=2025-07-01")
    page.wait_for_timeout(300)
    over = page.locator(".u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    at = lambda day: box["x"] + box["width"] * (day - 1 + 0.6) / 31.2  # noqa: E731
    middle = box["y"] + box["height"] / 2
    page.mouse.move(at(5), middle)
    page.mouse.down()
    page.mouse.move(at(9), middle, steps=5)
    page.mouse.up()
    expect(page.locator(".stepper h2")).to_have_text("5 Jul to 9 July 2025")
    settled(page)
    marked = total(POINT, date(2025, 7, 5), date(2025, 7, 9))
    assert number(figure(page, "Total")) == pytest.approx(float(marked), rel=0.006)
    expect(page.locator(".heat canvas")).to_have_attribute("aria-label", re.compile("5 days by 30 minutes"))
    page.go_back()
    expect(page.locator(".stepper h2")).to_have_text("July 2025")
    settled(page)
    page.wait_for_timeout(300)
    page.mouse.click(at(14), middle)
    expect(page.locator(".stepper h2")).to_have_text("Mon, 14 Jul 2025")


def test_several_points_are_shown_together(open_page: Opener) -> None:
    page = opened(open_page, f"{WORKS}?span=month&at=2025-07-01&point={POINT}")
    page.locator(".points summary").click()
    page.get_by_label(OTHER, exact=True).check()
    expect(page.locator(".points summary")).to_contain_text("All 2 points together")
    settled(page)
    both = total(POINT, *JULY) + total(OTHER, *JULY)
    assert number(figure(page, "Total")) == pytest.approx(float(both), rel=0.006)
    expect(page.locator(".key")).to_contain_text(OTHER)
    shot(page, "several-points")
    page.reload()
    assert number(figure(settled(page), "Total")) == pytest.approx(float(both), rel=0.006)


def test_points_of_several_clocks_are_shown_by_days_of_their_own(open_page: Opener) -> None:
    page = opened(
        open_page,
        "/accounts/Account23?span=own&from=2025-07-02&to=2025-07-02&point=*&version=1",
        timezone_id="Asia/Kolkata",
    )
    expect(page.locator(".clock")).to_contain_text("several clocks (UK time, Eastern Australian standard time)")
    assert figure(page, "Total") == "48 kWh"  # a whole day of each, which are not the same hours
    expect(page.get_by_role("heading", name="kWh by day")).to_be_visible()
    expect(page.locator(".heat")).to_have_count(0)
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_text("Its points are settled by several clocks")).to_be_visible()


def test_a_table_is_copied_as_a_spreadsheet_takes_it(open_page: Opener) -> None:
    page = opened(open_page, f"{WORKS}?span=week&at=2025-07-14&by=day&show=table")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the table").click()
    expect(page.get_by_text("7 rows are in the clipboard")).to_be_visible()
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].split("\t")[:2] == ["From", "Taken, kWh"]
    day = date(2025, 7, 14)
    assert lines[1].split("\t")[:2] == ["Mon, 14 Jul 2025", f"{total(POINT, day, day).normalize()}"]
    assert len(lines) == 8


def test_what_a_period_cost_is_shown_by_the_accounts_product(open_page: Opener) -> None:
    page = opened(open_page, f"{WORKS}?span=month&at=2025-07-01")
    cost = total(POINT, *JULY) * Decimal("0.245") + 31 * Decimal("0.5312")
    assert figure(page, "Cost") == f"£{cost:,.2f}"
    page.get_by_role("button", name="Cost", exact=True).click()
    expect(page.get_by_role("heading", name="Cost in GBP by day")).to_be_visible()
    expect(page.locator(".key")).to_contain_text("Standing charge")
    shot(page, "cost")


def test_a_cost_that_can_not_be_had_is_said_and_keeps_the_energy(open_page: Opener) -> None:
    page = sign_in(open_page("/"))
    page.expected.append("503")  # type: ignore[attr-defined]
    page.route("**/costs?*", lambda route: unavailable(route, "the products can't be read"))
    page.goto(f"{WORKS}?span=month&at=2025-07-01")
    expect(page.get_by_role("alert")).to_contain_text("the products can't be read")
    assert number(figure(settled(page), "Total")) == pytest.approx(float(total(POINT, *JULY)), rel=0.006)


def test_the_daily_average_and_what_is_always_on_are_told(open_page: Opener) -> None:
    page = opened(open_page, f"{WORKS}?span=month&at=2025-07-01")
    assert number(figure(page, "A day, on average")) == pytest.approx(float(total(POINT, *JULY)) / 31, rel=0.006)
    expect(page.get_by_text("Always on")).to_be_visible()
    least = [min(kwh(POINT, start, 2) for start in half_hours(JULY[0] + n * DAY)) for n in range(31)]
    said = figure(page, "Always on")
    assert said.endswith(" W")
    assert number(said) == pytest.approx(float(sum(least) / 31 * 2 * 1000), rel=0.006)


def test_what_was_taken_and_what_was_given_stand_on_both_sides(open_page: Opener) -> None:
    today = datetime.now(LONDON).date()
    first, last = today - 3 * DAY, today - DAY
    page = opened(open_page, f"{ROOF}?span=own&from={first}&to={last}&by=day")
    taken, gave = (sum(map(how, half_hours(first, last)), Decimal()) for how in (used, given))
    assert number(figure(page, "Taken")) == pytest.approx(float(taken), rel=0.006)
    assert number(figure(page, "Given")) == pytest.approx(float(gave), rel=0.006)
    page.wait_for_timeout(300)
    below = ink(page, ".chart canvas", bar(1, 3), (0.85, 0.95))
    assert coloured(page, "--second") in below
    page.get_by_label("Direction").select_option("export")
    settled(page)
    assert number(figure(page, "Total")) == pytest.approx(float(gave), rel=0.006)
    assert HOUSE not in page.url
    shot(page, "taken-and-given")


def test_a_year_of_half_hours_is_a_band_from_the_least_to_the_most(open_page: Opener) -> None:
    page = opened(open_page, f"{WORKS}?span=year&at=2025-07-01&by=30m")
    expect(page.locator(".chart")).to_have_attribute(
        "aria-label", re.compile("least and most and mean, 2025: 365 values")
    )
    expect(page.locator(".heat canvas")).to_have_attribute("aria-label", re.compile("365 days by 30 minutes, UK time"))
    expect(page.get_by_role("heading", name="kWh by half hour")).to_be_visible()
    shot(page, "year-as-band")
