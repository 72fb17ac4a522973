"""The demo is the first thing that anybody runs."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from demo import files


def test_the_check_passes_and_touches_no_store_of_the_callers(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("TREFOIL_STORE", tmp_path.as_uri())
    result = subprocess.run([sys.executable, "-m", "demo", "--check"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.endswith("OK: the demo does what it should\n")
    assert list(tmp_path.iterdir()) == []


def test_the_series_is_what_its_source_says() -> None:
    series = files.demand()
    assert len(series) == 4032
    assert series[0] == (datetime(2000, 6, 4, 23, tzinfo=UTC), 22262)


def test_a_point_gets_its_share_of_the_nation() -> None:
    assert files.kwh(22262, files.POINTS[0], 2) == Decimal("0.557")  # 22,262 MW x 500 kWh / 20,000,000 = 0.55655
    assert files.kwh(22262, files.POINTS[0], 1) == Decimal("0.55")
