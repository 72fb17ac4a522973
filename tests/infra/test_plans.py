"""The plans of the roots, for the least and for all inputs, as they were last reviewed.

A change of a root shows as a change of these texts: `nox -s terraform -- --write-plans` writes them anew.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.infra.conftest import Terraform
from tests.infra.plans import PLANS, rendered
from tools.infra import INFRA, MOCKS, ROOTS

KEPT = Path(__file__).parent / "plans"


@pytest.mark.parametrize("inputs", PLANS)
@pytest.mark.parametrize("root", ROOTS)
def test_the_plan_is_the_one_that_was_reviewed(
    plans: Callable[[str], str], root: str, inputs: str, pytestconfig: pytest.Config
) -> None:
    kept, planned = KEPT / f"{root}-{PLANS[inputs]}.yaml", rendered(plans(root))[inputs]
    if pytestconfig.getoption("--write-plans"):
        kept.write_text(planned)
    differs = unified_diff(kept.read_text().splitlines(), planned.splitlines(), "reviewed", "planned", lineterm="", n=4)
    shown = "\n".join(list(differs)[:400])
    assert not shown, f"review it, then: nox -s terraform -- --write-plans\n{shown}"


@pytest.mark.parametrize("root", ROOTS)
def test_the_example_of_settings_can_be_planned_as_it_stands(terraform: Terraform, copy: Path, root: str) -> None:
    example = copy / root / "tests" / "example.tftest.hcl"
    example.write_text(f'{MOCKS[root]}\nrun "example" {{\ncommand = plan\n}}\n')
    settings = f"-var-file={INFRA}/examples/{root}.tfvars"
    done = terraform(root, "test", "-no-color", settings, "-filter=tests/example.tftest.hcl")
    assert done.returncode == 0, done.stdout + done.stderr
