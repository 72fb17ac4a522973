"""The contract suite's system: one provider, chosen with `--provider`, started once for the whole run."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.contract.differences import DIFFERENCES, UNPROVABLE
from tests.contract.system import Harness

HERE = Path(__file__).parent


_names = count(1)


@pytest.fixture
def account() -> str:
    """An account that no other case uses."""
    return f"Case{next(_names)}"


@pytest.fixture
def differing(request: pytest.FixtureRequest, harness: Harness) -> Callable[[str, Any], Any]:
    """What is expected of this provider: the same as everywhere, unless the reviewed table says otherwise."""

    def expected(question: str, everywhere: Any) -> Any:
        found = DIFFERENCES.get((question, harness.provider))
        if found is None:
            return everywhere
        request.node.user_properties.append(("differs", found.reason))
        return found.expected

    return expected


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    reasons = UNPROVABLE.get(config.getoption("--provider").removeprefix("terraform_"), {})
    for item in items:
        for name, reason in reasons.items():
            if HERE in item.path.parents and item.name.startswith(name):
                item.add_marker(pytest.mark.skip(reason=f"not provable here: {reason}"))
