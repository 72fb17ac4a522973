"""What a run of the contract suite said of each of its cases, for the parity matrix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

HERE = Path(__file__).parent


class Verdicts:
    """A plugin of pytest, for the process that reports come together in."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._verdicts: dict[str, dict[str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        path, _, name = report.nodeid.partition("::")
        if Path(path).parent != HERE.relative_to(HERE.parents[1]):
            return
        case = f"{Path(path).stem.removeprefix('test_')}: {name}"
        differs = dict(report.user_properties).get("differs")
        if report.skipped and isinstance(report.longrepr, tuple):
            self._verdicts[case] = {
                "verdict": "not provable here",
                "reason": report.longrepr[2].partition("here: ")[2],
            }
        elif report.failed:
            self._verdicts[case] = {"verdict": "fails"}
        elif report.when == "call":
            self._verdicts[case] = {"verdict": "differs", "reason": str(differs)} if differs else {"verdict": "pass"}

    def pytest_sessionfinish(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self._verdicts, indent=1, ensure_ascii=False, sort_keys=True)
        self._file.write_text(text + "\n")
