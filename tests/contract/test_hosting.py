"""The site's hosting: the rules that a bucket with a CDN must keep, whoever serves it."""

from __future__ import annotations

import re

import pytest

from tests.contract.system import System

SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
}


def asset(system: System, ending: str) -> str:
    found = re.search(rf'"(/assets/[^"]+\.{ending})"', system.get("/").text)
    assert found
    return found[1]


def test_the_site_serves_its_page_and_lets_nobody_keep_it(system: System) -> None:
    page = system.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-cache"
    assert page.text == system.get("/index.html").text


@pytest.mark.parametrize("path", ["/accounts/Account17", "/accounts/Account17/", "/accounts/Account17/files", "/a%20b"])
def test_the_site_serves_its_page_at_a_deep_link(system: System, path: str) -> None:
    link = system.get(path)
    assert link.status_code == 200
    assert link.text == system.get("/").text


@pytest.mark.parametrize("path", ["/no/such/page.html", "/assets/index-00000000.js", "/favicon.ico"])
def test_the_site_answers_a_missing_file_with_its_error_page(system: System, path: str) -> None:
    missing = system.get(path)
    assert (missing.status_code, missing.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert missing.headers["cache-control"] == "no-cache"
    assert "There is no such page" in missing.text


@pytest.mark.parametrize(("ending", "media_type"), [("js", "text/javascript"), ("css", "text/css")])
def test_the_site_lets_hashed_files_be_kept_for_a_year(system: System, ending: str, media_type: str) -> None:
    reply = system.get(asset(system, ending))
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert reply.headers["content-type"].partition(";")[0] == media_type


@pytest.mark.parametrize("path", ["/", "/trefoil.svg", "/no/such/page.html"])
def test_the_site_sets_security_headers_on_everything(system: System, path: str) -> None:
    headers = system.get(path).headers
    assert {name: headers[name] for name in SECURITY} == SECURITY
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe-inline" not in headers["content-security-policy"]


def test_the_site_has_no_inline_script(system: System) -> None:
    page = system.get("/").text
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"\son\w+=", page) == []


def test_the_site_is_compressed_for_those_who_take_it(system: System) -> None:
    path = asset(system, "js")
    small = system.http.get(path, headers={"Accept-Encoding": "gzip"})
    plain = system.http.get(path, headers={"Accept-Encoding": "identity"})
    assert small.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert small.content == plain.content
    assert small.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


def test_the_site_says_where_its_api_is(system: System) -> None:
    config = system.get("/config.json")
    assert (config.headers["content-type"], config.headers["cache-control"]) == ("application/json", "no-cache")
    assert set(config.json()) == {"api"}
