"""How long a reader waits for the first chart: `nox -s browser -- bench` prints a table.

A year of the demo's house is opened by its address in a Chromium without a cache, over lines as Chromium's developer
tools throttle them. The times are the page's own clock's, from the navigation's start until the chart is painted, and
the bytes are those that came over the line. It is a stand-in on one machine: not cloud latency.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from demo.house import ACCOUNT
from tools.needs import CHROMIUM
from tools.pictures import demo, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession


@dataclass(frozen=True, slots=True)
class Line:
    """Latency of a request in milliseconds, and bytes a second downwards."""

    name: str
    latency: int
    download: int


LINES = (
    Line("no throttling", 0, -1),
    Line("fast 3G (562 ms, 1.4 Mbit/s)", 562, 180_000),
    Line("slow 3G (2,000 ms, 400 kbit/s)", 2000, 50_000),
)
"""As the developer tools throttle. https://github.com/ChromeDevTools/devtools-frontend, NetworkManager.ts"""
YEAR = f"/accounts/{ACCOUNT}?span=year"
PAINTED = """
() => new Promise((resolve) => {
  const look = () => (document.querySelector('.chart canvas') ? requestAnimationFrame(() => resolve(performance.now())) : setTimeout(look, 10));
  look();
})
"""
SHAPED = """
() => new Promise((resolve) => {
  const look = () => (document.querySelector('.skeleton') ? resolve(performance.now()) : setTimeout(look, 5));
  look();
})
"""


@dataclass(frozen=True, slots=True)
class Wait:
    """Milliseconds until the page has its shape, and until its first chart is painted; bytes and requests until then."""

    shape: float
    chart: float
    size: int
    requests: int


def measure(browser: Browser, url: str, line: Line) -> Wait:
    """One reader who is signed in, and has nothing of the site yet."""
    with browser.new_context(base_url=url, viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        sign_in(page)
        session: CDPSession = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.clearBrowserCache")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": line.latency, "downloadThroughput": line.download, "uploadThroughput": -1},
        )
        sizes: list[int] = []
        session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
        page.goto(YEAR, wait_until="commit", timeout=120_000)
        shape = page.evaluate(SHAPED)
        chart = page.evaluate(PAINTED)
        return Wait(shape, chart, sum(sizes), len(sizes))


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="how often each is measured; the median is told")
    times = parser.parse_args().times
    path = CHROMIUM.find()
    if not path:
        raise SystemExit(f"needs Chromium: {CHROMIUM.brings}")
    with (
        demo() as url,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser,
    ):
        found = {line.name: [measure(browser, url, line) for _ in range(times)] for line in LINES}
        version = browser.version
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, Chromium {version}; local, not cloud latency"
    )
    for name, waits in found.items():
        told = {key: round(statistics.median(getattr(wait, key) for wait in waits)) for key in Wait.__slots__}
        print(f"{name}: " + json.dumps(told))


if __name__ == "__main__":
    main()
