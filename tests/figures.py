"""What cases count, told at the end of a run: how many kills, faults, requests or inputs something held for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench import measure

Tell = Callable[[str], None]


class Figures:
    """The fixture `figure`, and the lines that cases gave it."""

    def __init__(self) -> None:
        self._told: list[tuple[str, str]] = []

    @pytest.fixture
    def figure(self, request: pytest.FixtureRequest) -> Tell:
        """Tell one line of figures: `figure("212 kills, 1,380 uploads, none lost")`."""

        def tell(line: str) -> None:
            self._told.append((request.node.name, line))
            request.node.user_properties.append(("figure", line))

        return tell

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        if self._told:
            terminalreporter.section(f"figures: {config.getoption('--provider')}, not cloud latency")
            terminalreporter.line(measure.machine())
            for name, line in self._told:
                terminalreporter.line(f"{name}: {line}")
