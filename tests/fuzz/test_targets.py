"""Inputs that are nearly right, of every target: what must hold, holds. And what fuzzers found does not happen again."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import FOUND
from tests.fuzz.spoil import spoiled
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

HERE = [target for target in TARGETS.values() if target.runs_here]
FOUND_ONCE = sorted(FOUND.glob("*~*"))


@pytest.mark.parametrize("target", HERE, ids=str)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=False))
def test_what_must_hold_of_any_input_holds_of_spoilt_ones(target: Target, random: Random) -> None:
    seeds = list(target.seeds())
    target.check(spoiled(random.choice(seeds), seeds, random))


@pytest.mark.parametrize("target", HERE, ids=str)
def test_a_target_begins_with_inputs_that_are_right(target: Target) -> None:
    seeds = target.seeds()
    assert seeds
    for seed in seeds[:20]:
        target.check(seed)


@pytest.mark.parametrize("path", FOUND_ONCE, ids=lambda path: path.name)
def test_what_was_found_once_does_not_happen_again(path: Path) -> None:
    target = TARGETS[path.name.partition("~")[0]]
    if not target.runs_here:
        pytest.skip(f"needs {target.needs}: of the session of its cloud")
    target.check(path.read_bytes())
