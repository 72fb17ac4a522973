"""The site in a real Chromium, served by the local provider; any console error or failed request fails a test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect, sync_playwright

from core.kernel.auth import access, users
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from demo.weather import WeatherStandIn
from tests import asking
from tests.browser.readings import LONDON, clocks, house, year
from tests.contract.providers.local import LocalHarness, start
from tests.contract.system import PASSWORD, company
from tools.waiting import PATIENCE, eventually

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "build" / "screenshots"
ERIN = {
    **dict.fromkeys(("Account17", "Account18"), ("read", "upload", "trade", "export", "settle", "changeSettings")),
    "Account20": ("read", "upload", "trade", "export", "settle", "changeSettings", "delete"),
    "Account21": ("delete",),
    "Account22": ("read", "upload"),
    "Account23": ("read",),
    "Account24": ("read", "upload", "changeSettings"),
}
"""One user more than the contract's: a customer with all that can be done, accounts without anything, one to delete."""
CONTRACT = [{"product": "green-fixed", "from": "2025-01-01"}]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHarness]:
    """Account17 has a year of two points at two versions; Account18 a house up to yesterday, 23 two clocks; 20 and 22 nothing."""
    with (
        closing(WeatherStandIn()) as weather,
        closing(start(tmp_path_factory.mktemp("site"), company(weather))) as harness,
    ):
        documents = Documents(harness.store)
        users.save(documents, system_clock, "erin", PASSWORD)
        for account, actions in ERIN.items():
            for action in actions:
                access.grant(documents, "erin", action, account)
        for version in (1, 2):
            harness.drop(f"incoming/Account17/year-{version}.csv", year(version).encode())
        harness.drop("incoming/Account18/house.csv", house(datetime.now(LONDON).date()).encode())
        harness.drop("incoming/Account21/old.csv", year(1)[:200].rsplit("\n", 1)[0].encode())
        harness.drop("incoming/Account23/both.csv", clocks().encode())
        harness.fire("forecast")
        with as_user(harness, "sam") as api:
            for account, files in (("Account17", 2), ("Account18", 1), ("Account21", 1), ("Account23", 1)):
                reports = f"/api/accounts/{account}/ingestions"
                eventually(f"{account}'s readings", lambda r=reports, n=files: ingested(api, r) == n)
            eventually("a forecast", lambda: api.get("/api/forecasts/london").is_success)
            for account in ("Account17", "Account18"):
                change_settings(api, account, contract=CONTRACT, weather_site="london", display_name=NAMES[account])
        yield harness


NAMES = {"Account17": "Mill Lane works", "Account18": "A house with a roof of panels"}


def ingested(api: httpx.Client, reports: str) -> int:
    reply = api.get(reports)
    return len(reply.json()["ingestions"]) if reply.is_success else 0


def change_settings(api: httpx.Client, account: str, **changes: Any) -> None:
    path = f"/api/accounts/{account}/settings"
    held = api.get(path)
    reply = api.put(path, json={**held.json(), **changes}, headers={"If-Match": held.headers["ETag"]})
    assert reply.status_code == 200, reply.text


@contextmanager
def as_user(harness: LocalHarness, user: str) -> Iterator[httpx.Client]:
    with asking.client(harness.base_url) as client:
        reply = client.post("/api/login", json={"user": user, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        yield client


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "needs Chromium: apt-get install chromium, or set CHROMIUM to one"
    with sync_playwright() as playwright:
        args = ["--no-sandbox"]
        with playwright.chromium.launch(executable_path=path, args=args, timeout=PATIENCE * 1000) as browser:
            expect.set_options(timeout=PATIENCE * 1000)
            yield browser


@pytest.fixture
def open_page(site: LocalHarness, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of a size, scheme, time zone and so on. What it complains of must be in `page.expected`, which a test may extend."""
    contexts, complaints, expected = [], [], []

    def opened(path: str = "/", *, width: int = 1280, height: int = 900, **options: Any) -> Page:
        context = chromium.new_context(
            base_url=site.base_url, viewport={"width": width, "height": height}, **{"color_scheme": "light", **options}
        )
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.extend(failed(request)))
        page.expected = expected  # type: ignore[attr-defined]
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    unexpected = [one for one in complaints if not any(part in one for part in expected)]
    assert unexpected == []


def failed(request: Request) -> list[str]:
    """What is cut off because the reader goes on is no failure."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"{request.url} failed: {request.failure}"]


def sign_in(page: Page, user: str = "erin") -> Page:
    page.get_by_label("User").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    return page


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def settled(page: Page) -> Page:
    """When all that was asked for is shown."""
    expect(page.locator("[aria-busy], .loading")).to_have_count(0)
    return page


def opened(open_page: Callable[..., Page], path: str, **options: Any) -> Page:
    """A view for who is signed in, with all that it asks for."""
    return settled(sign_in(open_page(path, **options)))


def unavailable(route: Route, detail: str) -> None:
    """Answer as the API does where it can't."""
    route.fulfill(status=503, json={"title": "Unavailable", "status": 503, "detail": detail})


def cells(page: Page, row: int) -> list[str]:
    """A row of a period's table."""
    return page.locator(".tabled tbody tr").nth(row).locator("td").all_inner_texts()


def figure(page: Page, name: str) -> str:
    """What a figure of the page says, as "1,093 kWh"."""
    return page.locator(".figure", has=page.get_by_text(name, exact=True)).locator("strong").inner_text()


def number(text: str) -> float:
    """The number that a text begins with, whatever its unit or currency."""
    return float("".join(letter for letter in text if letter.isdigit() or letter in ".-"))


def serious(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds that is serious or critical, and where."""
    page.evaluate((ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    bad = [one for one in found if one["impact"] in ("serious", "critical")]
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in bad]
