"""The site in a real Chromium, served by the local provider; any console error or failed request fails a test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from demo.weather import WeatherStandIn
from tests import asking
from tests.contract.providers.local import LocalHarness, start
from tests.contract.system import PASSWORD, company
from tools.waiting import PATIENCE, eventually

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "build" / "screenshots"
POINT, OTHER = "1200012345679", "1200012345688"
FIRST, DAYS = datetime(2025, 1, 1, tzinfo=UTC), 365


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHarness]:
    """A system whose Account17 has a year of two points, at versions 1 and 2."""
    with (
        closing(WeatherStandIn()) as weather,
        closing(start(tmp_path_factory.mktemp("site"), company(weather))) as harness,
    ):
        for version in (1, 2):
            harness.drop(f"incoming/Account17/year-{version}.csv", year(version).encode())
        with as_user(harness, "podge") as api:
            path = "/api/accounts/Account17/ingestions"
            eventually("both files' readings", lambda: len(api.get(path).json()["ingestions"]) == 2)
        yield harness


@contextmanager
def as_user(harness: LocalHarness, user: str) -> Iterator[httpx.Client]:
    with asking.client(harness.base_url) as client:
        reply = client.post("/api/login", json={"user": user, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        yield client


def year(version: int) -> str:
    """Two points' half hours: a daily curve, more in winter, a little noise; later versions are a bit more."""
    rows = ["point,start,version,kwh"]
    for number in range(DAYS * 48):
        moment = FIRST + timedelta(minutes=30 * number)
        hour, season = moment.hour + moment.minute / 60, abs(moment.timetuple().tm_yday - 182) / 182
        curve = 0.15 + 0.25 * (7 <= hour < 9) + 0.45 * (17 <= hour < 22) + (0.1 if moment.weekday() > 4 else 0)
        kwh = curve * (0.6 + 0.8 * season) + (number * 7919 % 97) / 1000 + (version - 1) * 0.02
        for point, factor in ((POINT, 1.0), (OTHER, 0.5)):
            rows.append(f"{point},{moment:%Y-%m-%dT%H:%M:%SZ},{version},{kwh * factor:.3f}")
    return "\n".join(rows) + "\n"


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
    """Opens a page of a size and scheme. What it complains of must be in `page.expected`, which a test may extend."""
    contexts, complaints, expected = [], [], []

    def opened(path: str = "/", *, width: int = 1280, height: int = 900, scheme: str = "light") -> Page:
        context = chromium.new_context(
            base_url=site.base_url, viewport={"width": width, "height": height}, color_scheme=scheme
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


def sign_in(page: Page, user: str = "podge") -> Page:
    page.get_by_label("User").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    return page


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
