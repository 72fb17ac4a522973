"""Around the views: signing in, what is not there, what is down, and reaching all of it by keyboard."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NAMES, ROOT, settled, shot, sign_in
from tests.contract.system import PASSWORD

Opener = Callable[..., Page]
WORKS = NAMES["Account17"]


def test_signing_in_and_out_again(open_page: Opener) -> None:
    page = open_page("/")
    page.expected.append("401")  # type: ignore[attr-defined]
    page.get_by_label("User").fill("podge")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("User name or password is wrong.")
    sign_in(page)
    expect(page.get_by_role("link", name=WORKS)).to_be_visible()
    assert "eyJ" not in page.url
    page.reload()
    expect(page.get_by_role("link", name=WORKS)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_a_session_that_has_expired_asks_to_sign_in_again_and_goes_on(open_page: Opener) -> None:
    page = settled(sign_in(open_page("/accounts/Account17/files")))
    page.expected.append("401")  # type: ignore[attr-defined]
    kept = json.loads(page.evaluate("sessionStorage.getItem('trefoil-session')"))
    page.evaluate("value => sessionStorage.setItem('trefoil-session', value)", json.dumps({**kept, "token": "a.b.c"}))
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("alert")).to_contain_text("Your session has expired. Sign in again to go on.")
    shot(page, "session-expired")
    sign_in(page)
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.evaluate("value => sessionStorage.setItem('trefoil-session', value)", json.dumps({**kept, "expires": 1}))
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Your session has expired. Sign in again to go on.")


def test_an_api_that_is_down_is_told_can_be_closed_and_tried_again(open_page: Opener) -> None:
    page = settled(sign_in(open_page("/")))
    page.expected += ["failed", "ERR_FAILED"]  # type: ignore[attr-defined]
    down: Callable[[Route], None] = lambda route: route.abort()  # noqa: E731
    page.route("**/api/**", down)
    page.get_by_role("link", name=WORKS).click()
    expect(page.get_by_role("alert")).to_contain_text("The service can't be reached.")
    page.unroute("**/api/**", down)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".chart")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/Account17/nonsense",
        "/accounts/Account17/constructor",
        "/accounts/Account17/files/more",
        "/weather/london/more",
        "/weather/%E0%A4%A",
    ],
)
def test_a_view_that_is_not_there_is_the_error_page(open_page: Opener, path: str) -> None:
    page = sign_in(open_page(path))
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="To the start page").click()
    expect(page.get_by_role("heading", name="Your accounts")).to_be_visible()


def test_an_unknown_file_is_the_error_page(open_page: Opener) -> None:
    page = open_page("/")
    page.expected.append("404")  # type: ignore[attr-defined]
    page.goto("/no/such/page.html")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="To the start page").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_who_signs_in_after_another_has_nothing_of_theirs(open_page: Opener) -> None:
    page = settled(sign_in(open_page("/accounts/Account17/files")))
    kept = json.loads(page.evaluate("sessionStorage.getItem('trefoil-session')"))
    page.evaluate("value => sessionStorage.setItem('trefoil-session', value)", json.dumps({**kept, "expires": 1}))
    page.get_by_role("link", name="Trade").click()
    sign_in(page, "nora")
    expect(page.get_by_text("Ask an administrator for the permission to read.")).to_be_visible()
    expect(page.get_by_role("navigation", name="Account")).to_have_count(0)


def test_an_answer_of_something_else_is_not_taken_for_the_services(open_page: Opener) -> None:
    page = settled(sign_in(open_page("/")))
    page.route(
        "**/overview", lambda route: route.fulfill(body="<html>Wi-Fi of the hotel</html>", content_type="text/html")
    )
    page.reload()
    expect(page.get_by_role("alert").first).to_contain_text("the sign-in page of a network")
    page.unroute("**/overview")
    page.get_by_role("button", name="Try again").first.click()
    expect(page.locator(".comparisons").first).to_be_visible()


def test_what_the_reader_may_not_see_is_said(open_page: Opener) -> None:
    page = sign_in(open_page("/accounts/Account17/export"), "podge")
    expect(page.get_by_text("Ask an administrator for the permission to export.")).to_be_visible()


def test_everything_can_be_reached_with_the_keyboard(open_page: Opener) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.get_by_label("User").focus()
    page.keyboard.type("erin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=WORKS, exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chart")).to_be_visible()
    settled(page)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "[document.activeElement.tagName, document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim().slice(0, 20)].join(' ')"
            )
        )
    for one in ("A Files", "A Settings", "BUTTON Day", "BUTTON Year", "BUTTON Table"):
        assert one in reached
    assert any(one.startswith("BUTTON Before: ") for one in reached)
    assert any(one.startswith("CANVAS Consumption: ") for one in reached)
    assert any(one.startswith("SELECT") for one in reached)


def test_the_map_tells_each_half_hour_to_the_pointer_and_to_the_keys(open_page: Opener) -> None:
    page = settled(sign_in(open_page("/accounts/Account17?span=month&at=2025-07-01")))
    canvas, told = page.locator(".heat canvas"), page.locator(".heat .told")
    canvas.scroll_into_view_if_needed()
    canvas.hover(position={"x": 5, "y": 5})
    expect(told).to_contain_text("Tue, 1 Jul 2025 0")
    canvas.focus()
    for key, says in (("ArrowRight", "Wed, 2 Jul 2025"), ("ArrowDown", "Wed, 2 Jul 2025")):
        before = told.inner_text()
        canvas.press(key)
        expect(told).not_to_have_text(before)
        expect(told).to_contain_text(says)


def test_who_wants_less_motion_gets_none(open_page: Opener) -> None:
    page = settled(sign_in(open_page("/", reduced_motion="reduce")))
    page.route("**/api/**", lambda _: None)  # never answered
    page.get_by_role("link", name=WORKS, exact=True).click()
    expect(page.locator(".skeleton").first).to_be_visible()
    names = page.evaluate("[...document.querySelectorAll('*')].map((one) => getComputedStyle(one).animationName)")
    assert set(names) == {"none"}


def test_paper_has_the_figures_and_the_charts_and_no_forms(open_page: Opener) -> None:
    page = settled(sign_in(open_page("/accounts/Account17?span=month&at=2025-07-01", color_scheme="dark")))
    ink = "getComputedStyle(document.querySelector('h1')).color"
    assert page.evaluate(ink) == "rgb(230, 241, 233)"
    page.emulate_media(media="print")
    assert page.evaluate(ink) == "rgb(22, 40, 28)"  # the screen was dark, paper is not
    for shown in (".figures", ".chart canvas", ".heat canvas", ".stepper h2"):
        expect(page.locator(shown).first).to_be_visible()
    for hidden in ("header nav", ".tabs", ".controls", ".choice", ".step-button"):
        expect(page.locator(hidden).first).to_be_hidden()
    shot(page, "print")


def test_the_javascript_is_small() -> None:
    scripts = list((ROOT / "web" / "dist" / "assets").glob("*.js"))
    assert scripts
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in scripts}
    print("\n".join(f"{size:>7,} {name}" for name, size in sorted(sizes.items())))
    print(f"{sum(sizes.values()):>7,} bytes of JavaScript, gzipped")
    assert sum(sizes.values()) <= 150_000
