"""docs/threat-model.md is held to what is there: each threat names tests that exist, or says why it is accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODEL = (ROOT / "docs" / "threat-model.md").read_text()
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
}
ACCEPTED = "accepted because "


def rows(heading: str) -> list[list[str]]:
    """The cells of each row of the tables below a heading of the second level."""
    section = MODEL.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [cells for cells in lines if cells[0] not in ("threat", "risk", "---")]


THREATS = [*rows("Threats"), *rows("OWASP's ten risks of APIs (2023)")]


def test_there_are_threats_and_all_ten_risks() -> None:
    assert len(rows("Threats")) > 40
    risks = [cells[0].partition(":")[0] for cells in rows("OWASP's ten risks of APIs (2023)")]
    assert risks == [f"API{number}" for number in range(1, 11)]


@pytest.mark.parametrize("cells", THREATS, ids=[cells[0] for cells in THREATS])
def test_a_threat_names_a_test_that_is_there_or_why_it_is_accepted(cells: list[str]) -> None:
    _, answer, proof = cells
    assert answer
    if proof.startswith(ACCEPTED):
        return
    named = re.findall(r"`([^`]+)`", proof)
    assert named, "neither a test nor a reason"
    for name in named:
        assert name in TESTS or list(ROOT.glob(name)), f"there is no {name}"
