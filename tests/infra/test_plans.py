"""The plans of the roots, for the least and for all inputs, as they were last reviewed.

A change of a root shows as a change of these texts: `nox -s terraform -- --write-plans` writes them anew.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.infra.conftest import Terraform
from tests.infra.plans import PLANS, rendered, text
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


def test_a_plans_text_has_what_is_ours_and_nothing_that_a_provider_makes_up() -> None:
    attributes = {
        "name": {"required": True},
        "queue": {"optional": True},
        "settings": {"optional": True},
        "policy": {"optional": True},
        "arn": {"computed": True},
        "class": {"optional": True, "computed": True},
        "tier": {"optional": True, "computed": True},
        "gone": {"optional": True},
    }
    nested = {"attributes": {"days": {"optional": True}, "version": {"computed": True}}}
    schema = {"block": {"attributes": attributes, "block_types": {"keep": {"block": nested}}}}
    after = {
        "name": "a",
        "settings": {"KNOWN": "1"},
        "policy": '{"Action": ["x"]}',
        "arn": "made",
        "class": "x7k2m9q1",
        "tier": "Advanced",
        "gone": None,
        "keep": [{"days": 3, "version": "zz11yy22"}],
    }
    unknown = {"queue": True, "settings": {"LATER": True}, "arn": True, "keep": [{}]}
    plan = {
        "provider_schemas": {"p": {"resource_schemas": {"thing": schema}}},
        "resource_changes": [
            {
                "mode": "managed",
                "address": "thing.this",
                "type": "thing",
                "provider_name": "p",
                "change": {"after": after, "after_unknown": unknown},
            },
            {"mode": "data"},
        ],
    }
    assert text(plan) == (
        "thing.this:\n"
        "  keep:\n"
        "  - days: 3\n"
        "  name: a\n"
        "  policy:\n"
        "    Action:\n"
        "    - x\n"
        "  queue: (known after apply)\n"
        "  settings:\n"
        "    KNOWN: '1'\n"
        "    LATER: (known after apply)\n"
        "  tier: Advanced\n"
    )
