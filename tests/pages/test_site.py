"""The documentation as `nox -s docs` built it: every page, every link, and nothing that a browser fetches elsewhere."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "build" / "docs"
FETCHED = {"link": "href", "script": "src", "img": "src", "source": "src", "iframe": "src", "object": "data"}
"""What a browser asks for by itself, by element and attribute."""
_IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""")


class Page(HTMLParser):
    """Its identifiers, what it fetches, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.fetches: list[str] = []
        self.leads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag in FETCHED and FETCHED[tag] in given:
            self.fetches.append(given[FETCHED[tag]])
        if tag == "a" and "href" in given:
            self.leads.append(given["href"])
        self.fetches += _IN_STYLES.findall(given.get("style", ""))


@cache
def read(path: Path) -> Page:
    return Page(path.read_text())


def built() -> list[Path]:
    return sorted(BUILT.rglob("*.html"))


def test_the_menu_has_every_page_of_the_documentation() -> None:
    listed = [page for pages in runpy.run_path(str(ROOT / "docs" / "conf.py"))["NAVIGATION"].values() for page in pages]
    written = {str(path.relative_to(ROOT).with_suffix("")) for path in (ROOT / "docs").rglob("*.md")}
    assert written - {"docs/index"} <= set(listed)
    assert len(set(listed)) == len(listed)
    for page in ("docs/index", *listed):
        assert (BUILT / f"{page}.html").exists(), page


@pytest.mark.parametrize("path", built(), ids=lambda path: str(path.relative_to(BUILT)))
def test_a_page_fetches_nothing_from_elsewhere(path: Path) -> None:
    for target in read(path).fetches:
        assert not urlsplit(target).netloc, target
        assert target.startswith("data:") or (path.parent / unquote(urlsplit(target).path)).exists(), target


def test_no_style_sheet_fetches_anything_from_elsewhere() -> None:
    sheets = sorted(BUILT.rglob("*.css"))
    assert sheets
    assert [found for sheet in sheets for found in _IN_STYLES.findall(sheet.read_text())] == []


def broken(path: Path) -> Iterator[str]:
    for target in read(path).leads:
        url = urlsplit(target)
        if url.scheme or url.netloc:
            continue
        leads = (path.parent / unquote(url.path)).resolve() if url.path else path
        if not leads.exists() or (url.fragment and unquote(url.fragment) not in read(leads).ids):
            yield target


@pytest.mark.parametrize("path", built(), ids=lambda path: str(path.relative_to(BUILT)))
def test_every_link_of_a_page_leads_somewhere(path: Path) -> None:
    assert list(broken(path)) == []
