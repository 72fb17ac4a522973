"""README's pictures, made from the demo: `python -m tools.pictures` starts it, opens its pages and writes docs/images.

`pictures.json` beside them says what they show and what they were made from: the digest of the site's and the demo's
sources. A test compares it, so that no picture outlives what it shows.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.check import PODGE
from demo.client import Client
from demo.files import ACCOUNT as FIRM
from demo.house import ACCOUNT as HOUSE
from tools.needs import CHROMIUM
from tools.waiting import PATIENCE, eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
NOTE = IMAGES / "pictures.json"
COMMAND = "nox -s pictures"
# Named by their endings, so that nothing counts that an editor, a build or Python leaves beside them.
INPUTS = (
    "core/kernel/api/page/*.*",
    "demo/**/*.py",
    "tools/pictures.py",
    "web/index.html",
    "web/public/*.*",
    "web/src/**/*.css",
    "web/src/**/*.json",
    "web/src/**/*.ts",
)
SERVES = re.compile(r"Trefoil runs at (http://\S+)")
LARGE = 200_000
"""Bytes of a picture that are more than a reader of README should have to fetch."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page of the demo as somebody sees it; `shows` is its text in README. `{month}` is the last whole one."""

    name: str
    shows: str
    path: str
    width: int = 1280
    height: int = 900
    whole: bool = False
    """The whole page, however high it is; else as much as the window has."""
    scale: float = 1
    scheme: str = "light"
    signed_in: bool = True


PICTURES = (
    Picture(
        "site-home.png",
        "The first page: yesterday, week and month of two accounts, their costs, and the weather",
        "/",
        whole=True,
    ),
    Picture(
        "site-consumption.png",
        "A month of a house with panels: what it took and gave on each day, its cost, and a heat map of its half hours",
        f"/accounts/{HOUSE}?span=month&at={{month}}",
        whole=True,
    ),
    Picture(
        "site-phone-dark.png",
        "The same month on a phone, in dark colours",
        f"/accounts/{HOUSE}?span=month&at={{month}}",
        width=360,
        scale=2,
        scheme="dark",
    ),
    Picture(
        "api-docs.png",
        "The API's own page, which lists every route to read and to try",
        "/api/docs",
        signed_in=False,
    ),
)


def digest(root: Path = ROOT) -> str:
    """SHA-256 over the paths and bytes of all that is drawn."""
    found = sha256()
    for path in sorted({path for pattern in INPUTS for path in root.glob(pattern) if path.is_file()}):
        content = path.read_bytes()
        found.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def note(made: date) -> dict[str, Any]:
    """What is said beside the pictures."""
    views = [{"name": one.name, "view": one.path, "shows": one.shows} for one in PICTURES]
    return {"made": made.isoformat(), "by": COMMAND, "pictures": views, "inputs": digest()}


@contextmanager
def demo() -> Iterator[str]:
    """The URL of a demo, once all is there that it makes in the background; it ends with the block."""
    arguments = [sys.executable, "-m", "demo", "--port", "0"]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = iter(process.stdout or ())
            found = next((match for line in said if (match := SERVES.search(line))), None)
            if found is None:
                raise RuntimeError("the demo ended before it served")
            client = Client(found[1])
            eventually("the demo's answer", lambda: _there(client))
            yield found[1]
        finally:
            process.terminate()


def _there(client: Client) -> bool:
    """Whether the last of what it makes is there: a settlement of each account, and the forecast."""
    try:
        client.login(*PODGE)
        overviews = [client.send("GET", f"/api/accounts/{one}/overview").json() for one in (FIRM, HOUSE)]
        weather = client.send("GET", "/api/forecasts/london").status
    except OSError:  # it does not listen yet
        return False
    return weather == 200 and all(one.get("newest_settlement") for one in overviews)


def take(browser: Browser, url: str, picture: Picture, month: date) -> bytes:
    """The picture as PNG. Raises `RuntimeError` where the page complains: what is broken is not shown."""
    size: Any = {"width": picture.width, "height": picture.height}
    colours: Any = picture.scheme
    with browser.new_context(
        base_url=url,
        viewport=size,
        device_scale_factor=picture.scale,
        color_scheme=colours,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/London",
    ) as context:
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if picture.signed_in:
            sign_in(page)
        page.goto(picture.path.format(month=month))
        page.wait_for_load_state("networkidle")
        page.wait_for_function("!document.querySelector('[aria-busy=true], .loading')")
        page.wait_for_load_state("networkidle")
        if complaints:
            raise RuntimeError(f"{picture.path} complains: {'; '.join(complaints)}")
        return bytes(page.screenshot(full_page=picture.whole))


def sign_in(page: Page) -> None:
    user, password = PODGE
    page.goto("/")
    page.get_by_label("User").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Password").wait_for(state="detached")


def main() -> int:
    from playwright.sync_api import sync_playwright  # the test that compares digests has no browser

    today = datetime.now(UTC).date()
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    said = note(today)  # by the sources as they are now: who changes them meanwhile makes them anew
    with demo() as url, sync_playwright() as playwright:
        options: Any = {"executable_path": CHROMIUM.find(), "args": ["--no-sandbox"]}
        with playwright.chromium.launch(**options) as browser:
            made = {one.name: take(browser, url, one, month) for one in PICTURES}
    for former in IMAGES.glob("*.png"):
        former.unlink()
    for name, content in made.items():
        (IMAGES / name).write_bytes(content)
        large = f", more than {LARGE // 1000} kB" if len(content) > LARGE else ""
        print(f"{(IMAGES / name).relative_to(ROOT)}: {len(content) / 1000:.0f} kB{large}")
    NOTE.write_text(json.dumps(said, indent=2) + "\n")
    print(f"look at them: {IMAGES.as_uri()}")
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    try:
        sys.exit(main())
    except RuntimeError as error:
        sys.exit(f"pictures: {error}")
