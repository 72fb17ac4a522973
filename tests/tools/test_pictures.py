"""README shows what the site is now: the pictures that the command makes, from the sources that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools import pictures
from tools.pictures import IMAGES, INPUTS, NOTE, PICTURES, ROOT, digest

SHOWN = re.compile(r"!\[([^\]]*)\]\(docs/images/([^)]+)\)")
STALE = "README's pictures are of an older site: run nox -s pictures and look at them"


def test_the_pictures_are_of_the_site_as_it_is() -> None:
    held = json.loads(NOTE.read_text())
    if held["inputs"] != digest():
        pytest.fail(STALE, pytrace=False)
    assert held["by"] == pictures.COMMAND
    assert [one["name"] for one in held["pictures"]] == [one.name for one in PICTURES]


def test_readme_shows_these_pictures_and_says_what_each_shows() -> None:
    wanted = {one.name: one.shows for one in PICTURES}
    assert {name: said for said, name in SHOWN.findall((ROOT / "README.md").read_text())} == wanted
    assert {path.name for path in IMAGES.iterdir()} == {*wanted, NOTE.name}
    for name in wanted:
        assert (IMAGES / name).read_bytes().startswith(b"\x89PNG\r\n"), name
    assert all(len(said.split()) > 3 for said in wanted.values())


@pytest.mark.parametrize("pattern", INPUTS)
def test_each_kind_of_source_is_there(pattern: str) -> None:
    assert any(ROOT.glob(pattern))


def test_the_digest_is_of_sources_and_of_nothing_that_lies_beside_them(tmp_path: Path) -> None:
    def write(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return digest(tmp_path)

    for name in ("web/src/main.ts", "web/src/views/home.ts", "web/index.html", "demo/house.py", "tools/pictures.py"):
        made = write(name, name)
    for name in (
        "web/node_modules/x/index.ts",
        "web/dist/index.html",
        "web/src/.main.ts.swp",
        "demo/__pycache__/house.cpython-311.pyc",
        "core/kernel/api/page/swagger_ui/swagger-ui.css",
        "tools/deploy.py",
    ):
        assert write(name, name) == made, name
    changed = write("web/src/views/home.ts", "another")
    (tmp_path / "web/src/views/home.ts").rename(tmp_path / "web/src/views/house.ts")
    assert len({made, changed, digest(tmp_path)}) == 3
