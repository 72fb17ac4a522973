"""Files of readings: what each is before it is sent, what became of it, and what of it was refused."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import shot, sign_in
from tests.browser.readings import POINT

Opener = Callable[..., Page]
HEADER = "point,start,version,kwh"


def opened(open_page: Opener) -> Page:
    page = sign_in(open_page("/accounts/Account24/files"))
    # A report is asked for until it is there: until then the answer is 404, and the browser's console says so.
    page.expected.append("404")  # type: ignore[attr-defined]
    return page


def chosen(page: Page, name: str, *rows: str) -> Locator:
    content = "\n".join([*rows, ""]).encode()
    page.get_by_label("Meter files").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    return page.get_by_role("group", name=name)


def sent(page: Page, name: str, *rows: str) -> Locator:
    """Send a file; its report, when it is there."""
    before = page.locator("summary", has_text=name).count()
    chosen(page, name, *rows).get_by_role("button", name="Send").click()
    expect(page.locator("summary", has_text=name)).to_have_count(before + 1)
    return page.locator("details", has=page.locator("summary", has_text=name)).first


def test_rejected_rows_are_shown_with_their_reasons_and_come_as_a_plain_file(open_page: Opener) -> None:
    page = opened(open_page)
    bad = f"{POINT},2026-02-01T00:10:00Z,1,0.5", "nonsense,2026-02-01T00:30:00Z,1,0.5"
    report = sent(page, "with-bad-rows.csv", HEADER, f"{POINT},2026-02-01T00:00:00Z,1,0.5", *bad)
    expect(report.locator(".badge")).to_have_text("read in part")
    expect(report.locator(".verdict")).to_contain_text("1 of 3 rows")
    report.locator("summary").click()
    rows = report.get_by_role("table", name="Rejected rows").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.nth(2)).to_contain_text("nonsense")
    shot(page, "report-read-in-part")
    with page.expect_download() as download:
        report.get_by_role("button", name="Download all rejected rows").click()
    assert download.value.suggested_filename == "with-bad-rows-rejected.csv"
    with Path(download.value.path()).open(newline="") as stream:
        told = list(csv.DictReader(stream))
    assert [(row["line"], row["column"]) for row in told] == [("3", "start"), ("4", "point")]


def test_the_same_name_again_has_a_report_of_its_own(open_page: Opener) -> None:
    page = opened(open_page)
    first = sent(page, "again.csv", HEADER, f"{POINT},2026-02-03T00:00:00Z,1,0.5")
    expect(first.locator(".verdict")).to_contain_text("its reading landed")
    second = sent(
        page, "again.csv", HEADER, f"{POINT},2026-02-03T00:00:00Z,1,0.5", f"{POINT},2026-02-03T00:30:00Z,1,0.25"
    )
    expect(second.locator(".verdict")).to_contain_text("1 of 2 readings landed")
    expect(page.locator("summary", has_text="again.csv")).to_have_count(2)


def test_a_file_that_was_refused_is_not_called_zero_accepted(open_page: Opener) -> None:
    page = opened(open_page)
    card = chosen(page, "odd.csv", "point,start,version,kwh,register", f"{POINT},2026-02-04T00:00:00Z,1,0.5,7")
    expect(card.get_by_role("alert")).to_contain_text("register")
    expect(card.get_by_role("button", name="Send")).to_be_disabled()
    shot(page, "file-refused")
    card.get_by_role("alert").get_by_role("button", name="Close").click()
    expect(card.get_by_role("alert")).to_have_count(0)
    card.get_by_role("button", name="Leave it").click()
    expect(card).to_have_count(0)


def test_a_report_says_what_landed_what_gave_way_and_what_was_taken_as_so(open_page: Opener) -> None:
    page = opened(open_page)
    report = sent(
        page,
        "Messwerte März (1).csv",
        "Half hourly data of the roof",
        "point,start,quality,channel,kwh",
        f"{POINT},2026-02-02T00:00:00Z,A,export,0.5",
        f"{POINT},2026-02-02T00:00:00Z,E,export,0.75",
        f"{POINT},2026-02-02T00:30:00Z,A,export,n/a",
        f"{POINT},2026-02-02T01:00:00Z,A,export,0.25",
    )
    expect(report.locator(".badge")).to_have_text("read")
    report.locator("summary").click()
    expect(report).to_contain_text("2 of 3 readings landed; 1 value gave way to another, 1 place had no reading.")
    expect(report).to_contain_text("what stands above the header is a title: Half hourly data of the roof")
    conflict = page.get_by_role("table", name="Conflicts").get_by_role("row").nth(1)
    expect(conflict).to_contain_text("an estimate gives way")
    expect(page.get_by_role("table", name="What the file holds").get_by_role("row").nth(1)).to_contain_text("export")
    shot(page, "report")


def test_a_file_that_cannot_say_whose_readings_it_has_is_asked_before_it_is_sent(open_page: Opener) -> None:
    page = opened(open_page)
    page.get_by_text("Files that are understood").click()
    expect(page.get_by_text("Octopus Energy, download of consumption or export")).to_be_visible()
    rows = [
        f"0.{100 + n % 7}, 2026-03-02T{n // 2:02}:{n % 2 * 30:02}:00+00:00, "
        f"2026-03-02T{(n + 1) // 2:02}:{(n + 1) % 2 * 30:02}:00+00:00"
        for n in range(40)
    ]
    octopus = ["Consumption (kwh), Start, End", *rows]
    card = chosen(page, "consumption-2026-03.csv", *octopus)
    expect(card.get_by_role("button", name="Send")).to_be_disabled()
    shot(page, "file-asked")
    card.get_by_label("Whose readings are these?").fill(POINT)
    card.get_by_label("Whose readings are these?").press("Tab")
    expect(card.get_by_role("button", name="Send")).to_be_enabled()
    card.get_by_text("The first readings, as they would land").click()
    expect(card.get_by_role("table", name="The first readings").get_by_role("row")).to_have_count(21)
    shot(page, "file-preview")
    card.get_by_label("Keep this for files named").check()
    card.get_by_role("button", name="Send").click()
    expect(page.locator("summary", has_text="consumption-2026-03.csv")).to_contain_text("All 40 rows were accepted")
    again = chosen(page, "consumption-2026-04.csv", *octopus)
    expect(again.get_by_role("button", name="Send")).to_be_enabled()
    expect(again).to_contain_text("40 rows, 0 rejected, 40 readings")


def test_a_page_saved_as_csv_is_named_before_it_is_sent(open_page: Opener) -> None:
    page = opened(open_page)
    card = chosen(page, "export.csv", "<html><head><title>Sign in</title></head></html>")
    expect(card.get_by_role("alert")).to_contain_text("a web page, perhaps a login page")
    expect(card.get_by_role("button", name="Send")).to_be_disabled()
