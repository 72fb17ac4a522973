"""These cases kill `trefoil serve`: only the local provider has one."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if config.getoption("--provider") != "local" else None
