"""The site's source, served by vite beside a running system, as who works on it has it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.beds.processes import Server, free_port
from tests.browser.conftest import NAMES, ROOT, sign_in
from tests.browser.readings import POINT
from tests.contract.providers.local import LocalHarness
from tools.node import node

WEB = ROOT / "web"


@pytest.fixture(scope="module")
def vite(site: LocalHarness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its URL. It leads what asks for the API on to the system."""
    port, log = free_port(), tmp_path_factory.mktemp("vite") / "vite.log"
    command = [str(node()), str(WEB / "node_modules" / "vite" / "bin" / "vite.js")]
    options = ["--host", "127.0.0.1", "--port", str(port), "--strictPort", "--clearScreen", "false"]
    environment = {**os.environ, "TREFOIL_API": site.base_url}
    with closing(Server([*command, *options], port, Path(log), environment, folder=WEB)):
        yield f"http://127.0.0.1:{port}"


def test_a_file_is_sent_from_the_source_through_the_proxy(vite: str, open_page: Callable[..., Page]) -> None:
    page = open_page(vite)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    sign_in(page)
    expect(page.get_by_role("link", name=NAMES["Account17"]).first).to_be_visible()
    page.expected.append("404")  # type: ignore[attr-defined]  # of the report, until it is there
    page.goto(f"{vite}/accounts/Account24/files")
    content = f"point,start,version,kwh\n{POINT},2026-02-03T00:00:00Z,1,0.5\n"
    page.get_by_label("Meter files").set_input_files(
        {"name": "by-vite.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.get_by_role("group", name="by-vite.csv").get_by_role("button", name="Send").click()
    expect(page.locator("summary", has_text="by-vite.csv")).to_contain_text("The one row was accepted")
    assert [one for one in asked if one.startswith(f"PUT {vite}/_local/")], asked
    assert not [one for one in asked if f" {vite}/" not in one and not one.partition(" ")[2].startswith("data:")]
