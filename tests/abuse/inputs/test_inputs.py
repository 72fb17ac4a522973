"""Any bytes as whatever comes from outside: what must hold of each target (`tests/fuzz`) holds in each environment.

A provider tries its own events, the local one everything else. `nox -s fuzz` looks for inputs that reach new lines; this
one has no fuzzer, and so runs beside each cloud's own libraries.
"""

from __future__ import annotations

import random

import pytest

from tests.figures import Tell
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS
from tests.fuzz.trying import tried

QUICK_S, LONG_S = 0.2, 30.0
CLOUDS = ("aws-", "gcp-", "azure-")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    provider = metafunc.config.getoption("--provider")
    own = [
        target
        for target in TARGETS.values()
        if (target.name.startswith(f"{provider}-") or (provider == "local" and not target.name.startswith(CLOUDS)))
    ]
    metafunc.parametrize("target", own, ids=str)


def test_what_must_hold_of_any_input_holds(target: Target, pytestconfig: pytest.Config, figure: Tell) -> None:
    assert target.runs_here, f"{target} needs {target.needs}, which this environment should have"
    seed = random.randrange(2**32) if pytestconfig.getoption("--long") else 0
    count = tried(target, LONG_S if pytestconfig.getoption("--long") else QUICK_S, seed)
    if pytestconfig.getoption("--long"):  # else a hundred lines of a few inputs each
        figure(f"{target}: {count:,} inputs (seed {seed})")
