"""The site's hosting: the rules that a bucket with a CDN must keep, whoever serves it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests import asking
from tests.contract.system import Harness

SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
}


@pytest.fixture(scope="module")
def site(pytestconfig: pytest.Config, harness: Harness) -> Iterator[httpx.Client]:
    """A deployed system's site is at `--site`; elsewhere it has the system's own URL."""
    url = pytestconfig.getoption("--site")
    if url is None and pytestconfig.getoption("--provider") == "deployed":
        pytest.skip("not provable here: give --site for the cases of the site's hosting")
    with asking.client(url or harness.base_url) as client:
        yield client


def asset(site: httpx.Client, ending: str) -> str:
    found = re.search(rf'"(/assets/[^"]+\.{ending})"', site.get("/").text)
    assert found
    return found[1]


def test_the_site_serves_its_page_and_lets_nobody_keep_it(site: httpx.Client) -> None:
    page = site.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-cache"
    assert page.text == site.get("/index.html").text


@pytest.mark.parametrize("path", ["/accounts/Account17", "/accounts/Account17/", "/accounts/Account17/files", "/a%20b"])
def test_the_site_serves_its_page_at_a_deep_link(site: httpx.Client, path: str) -> None:
    link = site.get(path)
    assert link.status_code == 200
    assert link.text == site.get("/").text


@pytest.mark.parametrize("path", ["/no/such/page.html", "/assets/index-00000000.js", "/favicon.ico"])
def test_the_site_answers_a_missing_file_with_its_error_page(site: httpx.Client, path: str) -> None:
    missing = site.get(path)
    assert (missing.status_code, missing.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert missing.headers["cache-control"] == "no-cache"
    assert "There is no such page" in missing.text


@pytest.mark.parametrize(
    ("ending", "media_types"),
    [("js", {"text/javascript", "application/javascript"}), ("css", {"text/css"})],
    ids=["js-text/javascript", "css-text/css"],
)
def test_the_site_lets_hashed_files_be_kept_for_a_year(site: httpx.Client, ending: str, media_types: set[str]) -> None:
    reply = site.get(asset(site, ending))
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert reply.headers["content-type"].partition(";")[0] in media_types


@pytest.mark.parametrize("path", ["/", "/trefoil.svg", "/no/such/page.html"])
def test_the_site_sets_security_headers_on_everything(site: httpx.Client, path: str) -> None:
    headers = site.get(path).headers
    assert {name: headers[name] for name in SECURITY} == SECURITY
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe-inline" not in headers["content-security-policy"]
    if site.base_url.scheme == "https":
        assert headers["strict-transport-security"].startswith("max-age=31536000")


def test_the_site_has_no_inline_script(site: httpx.Client) -> None:
    page = site.get("/").text
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"\son\w+=", page) == []


def test_the_site_is_compressed_for_those_who_take_it(site: httpx.Client) -> None:
    path = asset(site, "js")
    small = site.get(path, headers={"Accept-Encoding": "gzip"})
    plain = site.get(path, headers={"Accept-Encoding": "identity"})
    assert small.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert small.content == plain.content
    assert "accept-encoding" in small.headers["vary"].lower()


def test_the_site_says_where_its_api_is(site: httpx.Client) -> None:
    config = site.get("/config.json")
    assert (config.headers["content-type"], config.headers["cache-control"]) == ("application/json", "no-cache")
    assert set(config.json()) == {"api"}
