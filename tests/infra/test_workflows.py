"""The committed definitions for Step Functions, by AWS's rules as statelint knows them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from statelint.linter import Linter

from core.kernel.functions import load
from core.kernel.workflow.steps import workflow_of
from tools.workflows import asl

WORKFLOWS = Path(__file__).parents[2] / "infra" / "workflows"
COMMITTED = sorted(WORKFLOWS.glob("*.asl.json"))


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.name)
def test_the_definition_is_amazon_states_language(path: Path) -> None:
    assert [str(problem) for problem in Linter.validate(json.loads(path.read_text()))] == []


def test_a_definition_of_every_kind_of_step_is_amazon_states_language() -> None:
    (trial,) = (one for one in load("tests.trial").every.values() if one.name == "trial")
    assert [str(problem) for problem in Linter.validate(asl.compiled("trial", workflow_of(trial)))] == []


def test_the_linter_finds_what_is_wrong() -> None:
    definition = json.loads(COMMITTED[0].read_text())
    definition["States"]["steps__all"]["Next"] = "nowhere"
    assert Linter.validate(definition)
