"""The figures that people read are those that hold."""

from __future__ import annotations

import pytest

from tests.faults.load import capacity

COLUMNS = ("local", "aws", "gcp", "azure")


def test_the_documentation_says_how_many_requests_at_once_are_answered(pytestconfig: pytest.Config) -> None:
    provider = pytestconfig.getoption("--provider")
    lines = (capacity.ROOT / "docs/runtimes.md").read_text().splitlines()
    row = next(line for line in lines if line.startswith("| requests at once |"))
    said = row.strip("| ").split(" | ")[1:][COLUMNS.index(provider)]
    assert said.startswith(str(capacity.of(provider).at_once)), said
