"""No adapter, tool, test bed or Terraform file names a function of a set: a new one is declared, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.kernel.functions import load
from core.kernel.triggers import Authorizer, Http

ROOT = Path(__file__).parents[1]
NAMED = {
    name
    for package in ("core.energy", "examples.hello")
    for name, function in load(package).every.items()
    # What every set has is called so everywhere: an app is `api`, a trigger `authorizer`, a site's client a `web` one.
    if not isinstance(function.trigger, Http | Authorizer)
} - {"count", "keep", "summarize"}  # words of Python, Terraform and Kusto
CODE = sorted(
    path
    for folder in ("adapters", "tools", "tests/beds", "tests/contract/providers")
    for path in (ROOT / folder).rglob("*.py")
)
WORD = re.compile(r"(?<![/\w])[A-Za-z_]\w*")
"""Not the part of a path or a URL."""
TERRAFORM = sorted(path for path in (ROOT / "infra").rglob("*.tf") if ".terraform" not in path.parts)


def words(tree: ast.AST) -> Iterator[str]:
    """Every identifier, and every word of a text that is no docstring."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg", "module"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield from value.split(".")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield from WORD.findall(node.value)


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CODE, ids=ids)
def test_no_code_names_a_function(path: Path) -> None:
    assert NAMED & set(words(ast.parse(path.read_text()))) == set()


@pytest.mark.parametrize("path", TERRAFORM, ids=ids)
def test_no_terraform_file_names_a_function(path: Path) -> None:
    text = re.sub(r"#.*", "", path.read_text())
    # Descriptions are for people; what refers to something is a key, an index or an attribute.
    text = re.sub(r"(?m)^\s*(description|error_message)\s*=.*$", "", text)
    assert NAMED & set(WORD.findall(text)) == set()


def test_a_file_that_names_one_is_found() -> None:
    assert {"ingest", "jobs", "forecast", "maintain", "bury_jobs", "bury_keep"} <= NAMED
    assert {"jobs"} == NAMED & set(words(ast.parse("queue = settings['jobs']")))
    assert {"ingest"} == NAMED & set(words(ast.parse("def ingest(event): ...")))
