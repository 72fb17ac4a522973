"""What a customer does on the site, from signing in to the error page."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import POINT, ROOT, as_user, shot, sign_in
from tests.contract.providers.local import LocalHarness
from tools.waiting import eventually

Opener = Callable[..., Page]


def test_signing_in_and_out_again(open_page: Opener) -> None:
    page = open_page("/")
    page.expected.append("401")  # type: ignore[attr-defined]
    shot(page, "sign-in")
    page.get_by_label("User").fill("podge")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("User name or password is wrong.")
    sign_in(page)
    expect(page.get_by_role("link", name="Account17")).to_be_visible()
    assert "eyJ" not in page.url
    shot(page, "accounts")
    page.reload()
    expect(page.get_by_role("link", name="Account17")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_a_year_is_drawn_at_one_version_and_at_two(open_page: Opener) -> None:
    page = sign_in(open_page("/"))
    begun = time.perf_counter()
    page.get_by_role("link", name="Account17").click()
    expect(page.get_by_role("img", name=re.compile("17,520 values"))).to_be_visible()
    print(
        f"from the click to the chart of a year: {(time.perf_counter() - begun) * 1000:.0f} ms, with the API's answers"
    )
    assert page.locator(".chart canvas").count() == 1
    # From the answer's arrival to the chart and heat map in the page, as the page itself measures it.
    took = page.evaluate("performance.getEntriesByName('drawn').at(-1).duration")
    print(f"a year of 17,520 readings was drawn in {took:.0f} ms")
    shot(page, "consumption")
    page.get_by_label("Data").select_option("1")
    page.get_by_label("Compare with").select_option("2")
    expect(page.get_by_text("Difference of version 2")).to_be_visible()
    expect(page.locator(".figure", has_text="Difference")).to_contain_text("+350.4 kWh")
    shot(page, "two-versions")
    page.get_by_label("Show").select_option("month")
    expect(page.get_by_role("table", name="Totals by month, kWh").get_by_role("row")).to_have_count(13)
    shot(page, "months")


def test_the_heat_map_tells_a_cell_under_the_pointer_and_by_keys(open_page: Opener) -> None:
    page = sign_in(open_page("/accounts/Account17"))
    cell = page.get_by_role("img", name=re.compile("Heat map of 365 days"))
    cell.scroll_into_view_if_needed()
    cell.hover(position={"x": 5, "y": 5})
    expect(page.locator(".told")).to_have_text(re.compile(r"2025-01-0\d 0\d:\d0 UTC: [\d.]+ kWh"))
    cell.focus()
    for _ in range(3):
        cell.press("ArrowRight")
    told = page.locator(".told").text_content() or ""
    cell.press("ArrowDown")
    expect(page.locator(".told")).not_to_have_text(told)
    cell.screenshot(path=_folder() / "heat-map.png")


def test_an_upload_with_bad_rows_shows_them_with_their_reasons(open_page: Opener) -> None:
    page = sign_in(open_page("/accounts/Account17/files"))
    content = f"point,start,version,kwh\n{POINT},2026-02-01T00:00:00Z,1,0.5\n{POINT},2026-02-01T00:10:00Z,1,0.5\nnonsense,2026-02-01T00:30:00Z,1,0.5\n"
    page.get_by_label("Meter files").set_input_files(
        {"name": "with-bad-rows.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.get_by_role("group", name="with-bad-rows.csv").get_by_role("button", name="Send").click()
    expect(page.get_by_text("with-bad-rows.csv: 1 row accepted, 2 rejected.")).to_be_visible()
    page.locator("summary", has_text="with-bad-rows.csv").click()
    rows = page.get_by_role("table", name="Rejected rows").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("3")
    expect(rows.nth(2)).to_contain_text("nonsense")
    shot(page, "upload")


def test_a_report_says_what_landed_what_gave_way_and_what_was_taken_as_so(open_page: Opener) -> None:
    page = sign_in(open_page("/accounts/Account17/files"))
    rows = [
        "Half hourly data of the roof",
        "point,start,quality,channel,kwh",
        f"{POINT},2026-02-02T00:00:00Z,A,export,0.5",
        f"{POINT},2026-02-02T00:00:00Z,E,export,0.75",
        f"{POINT},2026-02-02T00:30:00Z,A,export,n/a",
        f"{POINT},2026-02-02T01:00:00Z,A,export,0.25",
    ]
    page.get_by_label("Meter files").set_input_files(
        {"name": "Messwerte März (1).csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    )
    page.get_by_role("group", name="Messwerte März (1).csv").get_by_role("button", name="Send").click()
    expect(page.get_by_text("Messwerte März (1).csv: 4 rows accepted, 0 rejected.")).to_be_visible()
    page.locator("summary", has_text="Messwerte März (1).csv").click()
    report = page.locator("details[open]")
    expect(report).to_contain_text("2 of 3 readings landed; 1 value gave way to another, 1 place had no reading.")
    expect(report).to_contain_text("what stands above the header is a title: Half hourly data of the roof")
    expect(page.get_by_role("table", name="Conflicts").get_by_role("row").nth(1)).to_contain_text(
        "an estimate gives way"
    )
    expect(page.get_by_role("table", name="What the file holds").get_by_role("row").nth(1)).to_contain_text("export")
    shot(page, "report")


def test_a_file_that_cannot_say_whose_readings_it_has_is_asked_before_it_is_sent(open_page: Opener) -> None:
    page = sign_in(open_page("/accounts/Account17/files"))
    page.get_by_text("Files that are understood").click()
    expect(page.get_by_text("Octopus Energy, download of consumption or export")).to_be_visible()
    content = "Consumption (kwh), Start, End\n" + "".join(
        f"0.{100 + n % 7}, 2026-03-02T{n // 2:02}:{n % 2 * 30:02}:00+00:00, "
        f"2026-03-02T{(n + 1) // 2:02}:{(n + 1) % 2 * 30:02}:00+00:00\n"
        for n in range(40)
    )
    page.get_by_label("Meter files").set_input_files(
        {"name": "consumption-2026-03.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    card = page.get_by_role("group", name="consumption-2026-03.csv")
    expect(card.get_by_role("button", name="Send")).to_be_disabled()
    shot(page, "asked")
    card.get_by_label("Whose readings are these?").fill(POINT)
    card.get_by_label("Whose readings are these?").press("Tab")
    expect(card.get_by_role("button", name="Send")).to_be_enabled()
    card.get_by_text("The first readings, as they would land").click()
    expect(card.get_by_role("table", name="The first readings").get_by_role("row")).to_have_count(21)
    shot(page, "preview")
    card.get_by_label("Keep this for files named").check()
    card.get_by_role("button", name="Send").click()
    expect(page.get_by_text("consumption-2026-03.csv: 40 rows accepted, 0 rejected.")).to_be_visible()
    page.get_by_label("Meter files").set_input_files(
        {"name": "consumption-2026-04.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    again = page.get_by_role("group", name="consumption-2026-04.csv")
    expect(again.get_by_role("button", name="Send")).to_be_enabled()
    expect(again).to_contain_text("40 rows, 0 rejected, 40 readings")


def test_a_page_saved_as_csv_is_named_before_it_is_sent(open_page: Opener) -> None:
    page = sign_in(open_page("/accounts/Account17/files"))
    page.get_by_label("Meter files").set_input_files(
        {"name": "export.csv", "mimeType": "text/csv", "buffer": b"<html><head><title>Sign in</title></head></html>"}
    )
    card = page.get_by_role("group", name="export.csv")
    expect(card.get_by_role("alert")).to_contain_text("a web page, perhaps a login page")
    expect(card.get_by_role("button", name="Send")).to_be_disabled()
    card.get_by_role("button", name="Leave it").click()
    expect(card).to_have_count(0)


def test_a_trade_is_refused_without_the_grant_and_placed_with_it(open_page: Opener) -> None:
    page = sign_in(open_page("/accounts/Account17/trade"), "rita")
    page.expected.append("403")  # type: ignore[attr-defined]
    page.get_by_role("button", name="Place the trade").click()
    expect(page.get_by_role("alert")).to_contain_text("You may not do this: rita may not trade Account17")
    shot(page, "trade-refused")
    mine = sign_in(open_page("/accounts/Account17/trade"))
    mine.get_by_label("Energy in kWh").fill("250.5")
    mine.get_by_role("button", name="Place the trade").click()
    expect(mine.get_by_text("Placed: buy 250.5 kWh")).to_be_visible()
    expect(mine.get_by_role("table", name="Trades").get_by_role("row").nth(1)).to_contain_text("250.5")
    shot(mine, "trade")


def test_settings_that_somebody_else_changed_are_not_overwritten(open_page: Opener) -> None:
    mine, theirs = (sign_in(open_page("/accounts/Account17/settings")) for _ in range(2))
    mine.expected.append("412")  # type: ignore[attr-defined]
    expect(theirs.get_by_label("Name of the account")).to_be_visible()
    mine.get_by_label("Name of the account").fill("Mine")
    mine.get_by_role("button", name="Save").click()
    expect(mine.get_by_text("Settings saved.")).to_be_visible()
    theirs.get_by_label("Name of the account").fill("Theirs")
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.get_by_role("alert")).to_contain_text("Somebody else has changed this")
    expect(theirs.get_by_label("Name of the account")).to_have_value("Mine")
    shot(theirs, "conflict")


def test_an_export_is_written_and_downloaded(open_page: Opener) -> None:
    page = sign_in(open_page("/accounts/Account17/export"), "rita")
    page.get_by_label("From").fill("2025-01-01")
    page.get_by_label("To").fill("2025-01-02")
    page.get_by_role("button", name="Export").click()
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible()
    with page.expect_download() as download:
        link.click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert len(lines) == 1 + 48 * 2 * 2
    shot(page, "export")


def test_a_month_is_settled_and_its_steps_are_seen(open_page: Opener, site: LocalHarness) -> None:
    page = sign_in(open_page("/accounts/Account17/settlements"), "sam")
    expect(page.get_by_text("No month of this account has been settled yet")).to_be_visible()
    page.get_by_label("Month").fill("2025-06")
    page.get_by_role("button", name="Settle").click()
    expect(page.get_by_role("alert")).to_contain_text("name no product for 2025-06-01")
    shot(page, "settlement-refused")
    with as_user(site, "sam") as api:
        path = "/api/accounts/Account17/settings"
        held = api.get(path)
        contract = [{"product": "green-fixed", "from": "2025-01-01"}, {"product": "night-saver", "from": "2025-06-11"}]
        body = {**held.json(), "contract": contract}
        assert api.put(path, json=body, headers={"If-Match": held.headers["ETag"]}).status_code == 200
    page.get_by_role("button", name="Settle").click()
    expect(page.get_by_role("heading", name="Settlement of 2025-06")).to_be_visible()
    expect(page.locator(".step.task.done", has_text="total")).to_contain_text("done 2 of 2")
    expect(page.get_by_text("(version 1)")).to_be_visible()
    expect(page.locator(".step.skipped", has_text="stop").last).to_contain_text("not needed")
    link = page.get_by_role("link", name="Download CSV")
    with page.expect_download() as download:
        link.click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[0].startswith("account,month,version,point,product")
    expect(page.get_by_role("button", name="Show the run of 2025-06")).to_have_count(2)
    shot(page, "settlement")
    phone = sign_in(open_page("/accounts/Account17/settlements", width=360, height=740, scheme="dark"), "sam")
    phone.get_by_role("button", name="Show the run of 2025-06").first.click()
    expect(phone.get_by_role("heading", name="Settlement of 2025-06")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    shot(phone, "phone-settlement-dark")
    for one in (page, phone):
        one.evaluate((ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text())
        found = one.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_settings_that_are_saved_keep_the_contract(open_page: Opener, site: LocalHarness) -> None:
    page = sign_in(open_page("/accounts/Account18/settings"), "sam")
    with as_user(site, "sam") as api:
        path = "/api/accounts/Account18/settings"
        held = api.get(path)
        body = {**held.json(), "contract": [{"product": "green-fixed", "from": "2025-01-01"}]}
        assert api.put(path, json=body, headers={"If-Match": held.headers["ETag"]}).status_code == 200
        page.reload()
        page.get_by_label("Name of the account").fill("Ours")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Settings saved.").wait_for()
        assert api.get(path).json()["contract"] == body["contract"]
        assert api.get(path).json()["display_name"] == "Ours"


def test_a_forecast_is_shown_or_said_to_be_missing(open_page: Opener, site: LocalHarness) -> None:
    site.strike("forecast")
    with as_user(site, "podge") as api:
        eventually("forecast", lambda: api.get("/api/forecasts/london").is_success)
    page = sign_in(open_page("/weather"))
    page.expected.append("404")  # type: ignore[attr-defined]
    expect(async_chart := page.get_by_role("img", name=re.compile("Temperature at london"))).to_be_visible()
    assert async_chart.locator("canvas").count() == 1
    shot(page, "weather")
    page.get_by_role("textbox", name="Site").fill("atlantis")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_have_text("There is no forecast for “atlantis” yet.")


def test_a_session_that_has_expired_asks_to_sign_in_again(open_page: Opener) -> None:
    page = sign_in(open_page("/accounts/Account17/files"))
    page.get_by_role("heading", name="Files").wait_for()
    page.expected.append("401")  # type: ignore[attr-defined]
    kept = json.loads(page.evaluate("sessionStorage.getItem('trefoil-session')"))
    page.evaluate("value => sessionStorage.setItem('trefoil-session', value)", json.dumps({**kept, "token": "a.b.c"}))
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("alert")).to_have_text("Your session has expired. Sign in again to go on.")
    shot(page, "expired")
    sign_in(page)
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.evaluate("value => sessionStorage.setItem('trefoil-session', value)", json.dumps({**kept, "expires": 1}))
    page.reload()
    expect(page.get_by_role("alert")).to_have_text("Your session has expired. Sign in again to go on.")


def test_an_api_that_is_down_is_told_and_can_be_tried_again(open_page: Opener) -> None:
    page = sign_in(open_page("/"))
    page.expected.append("failed")  # type: ignore[attr-defined]
    page.expected.append("ERR_FAILED")  # type: ignore[attr-defined]

    def down(route: Route) -> None:
        route.abort()

    page.get_by_role("link", name="Account17").wait_for()
    page.route("**/api/**", down)
    page.get_by_role("link", name="Account17").click()
    expect(page.get_by_role("alert")).to_contain_text("The service can't be reached.")
    shot(page, "api-down")
    page.unroute("**/api/**", down)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Consumption")).to_be_visible()


def test_an_unknown_file_is_the_error_page(open_page: Opener) -> None:
    page = open_page("/")
    page.expected.append("404")  # type: ignore[attr-defined]
    page.goto("/no/such/page.html")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    shot(page, "not-found")
    page.get_by_role("link", name="To the start page").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_everything_can_be_reached_with_the_keyboard(open_page: Opener) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.get_by_label("User").focus()
    page.keyboard.type("podge")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery staple")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Account17").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Consumption")).to_be_visible()


VIEWS = {
    "sign-in": None,
    "accounts": "/",
    "consumption": "/accounts/Account17",
    "files": "/accounts/Account17/files",
    "trade": "/accounts/Account17/trade",
    "settings": "/accounts/Account17/settings",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_serious(open_page: Opener, view: str, scheme: str) -> None:
    path = VIEWS[view]
    page = open_page(path or "/", scheme=scheme)
    if path:
        sign_in(page)
        page.get_by_role("heading").nth(1).wait_for()
        expect(page.locator("[aria-busy]")).to_have_count(0)
    axe = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
    page.evaluate(axe)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in serious] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_it_fits_a_phone(open_page: Opener, view: str, scheme: str) -> None:
    path = VIEWS[view]
    page = open_page(path or "/", width=360, height=740, scheme=scheme)
    if path:
        sign_in(page)
        page.get_by_role("heading").nth(1).wait_for()
        expect(page.locator("[aria-busy]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    shot(page, f"phone-{view}-{scheme}")


def test_the_javascript_is_small() -> None:
    import gzip

    scripts = list((ROOT / "web" / "dist" / "assets").glob("*.js"))
    assert scripts
    total = sum(len(gzip.compress(path.read_bytes(), 9)) for path in scripts)
    print(f"{total} bytes of JavaScript, gzipped")
    assert total <= 150_000


def _folder() -> Path:
    from tests.browser.conftest import SHOTS

    SHOTS.mkdir(parents=True, exist_ok=True)
    return SHOTS
