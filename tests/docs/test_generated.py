"""The parts of docs/ that are made from declarations are as these say, and the declarations name all that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core import DEFAULT_FUNCTIONS
from core.kernel.functions import load
from tools.docs import commands, configuration, pages

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r'"(TREFOIL_[A-Z_]+)"')


def test_no_page_is_older_than_what_it_is_made_from() -> None:
    stale = [path.name for path, _ in pages.stale()]
    if stale:
        pytest.fail(f"{', '.join(stale)}: run python -m tools.docs --write", pytrace=False)


def test_a_page_that_lost_a_part_is_an_error() -> None:
    text = (pages.DOCS / "configuration.md").read_text().replace("variables: written", "variable: written")
    with pytest.raises(ValueError, match=r"docs/configuration\.md has the parts variable, and not variables"):
        pages.made("configuration.md", text)


def test_every_variable_that_is_read_is_declared_and_the_other_way_round() -> None:
    files = [path for package in ("core", "adapters") for path in (ROOT / package).rglob("*.py")]
    declaring = re.compile(r'Variable\(\s*"TREFOIL_[A-Z_]+"')
    read = {name for path in files for name in VARIABLE.findall(declaring.sub("", path.read_text()))}
    assert read == {one.name for one in configuration.declared() if one.name.startswith("TREFOIL_")}


def test_every_session_and_command_is_listed() -> None:
    text = (pages.DOCS / "commands.md").read_text()
    for name in commands.declared():
        assert f"| `nox -s {name}` |" in text
    for command in load(DEFAULT_FUNCTIONS).commands:
        assert f"### `trefoil {command.name}`" in text


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert "| `a\\|b` |" in pages.commands.table(("x",), [("`a|b`",)])
