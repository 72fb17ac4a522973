"""The system under load, and how much of it: quick in CI, long by hand (`--long`)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.contract.system import Harness
from tests.faults.load import capacity
from tests.faults.load.capacity import Capacity


@dataclass(frozen=True, slots=True)
class Amount:
    seconds: float
    """Of a closed loop, and of a flood of logins."""
    sustained: float
    """Seconds of the open loop."""
    windows: int
    """Into which that is cut: memory is looked at after each."""
    bursts: int
    files: int
    accounts: int
    of_one: int
    """Files of one account."""


LONG = Amount(seconds=20, sustained=120, windows=20, bursts=5, files=1000, accounts=200, of_one=100)
QUICK = Amount(seconds=3, sustained=10, windows=20, bursts=1, files=60, accounts=20, of_one=30)
QUICK_LOCAL = Amount(seconds=3, sustained=10, windows=20, bursts=2, files=200, accounts=40, of_one=30)


@pytest.fixture(scope="session")
def amount(pytestconfig: pytest.Config) -> Amount:
    if pytestconfig.getoption("--long"):
        return LONG
    return QUICK_LOCAL if pytestconfig.getoption("--provider") == "local" else QUICK


@pytest.fixture(scope="session")
def stated(harness: Harness) -> Capacity:
    return capacity.of(harness.provider)
