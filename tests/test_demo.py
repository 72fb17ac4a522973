"""The demo is the first thing that anybody runs."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from core.energy.trading.products import Product, ProductGiven, checked
from core.energy.trading.tariffs import tariff_of
from core.kernel.described import convert
from demo import files, tariffs


def test_the_check_passes_and_touches_no_store_of_the_callers(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("TREFOIL_STORE", tmp_path.as_uri())
    result = subprocess.run([sys.executable, "-m", "demo", "--check"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.endswith("OK: the demo does what it should\n")
    assert list(tmp_path.iterdir()) == []


def test_a_product_s_description_says_what_its_rates_and_bands_do() -> None:
    for product in tariffs.PRODUCTS:
        found, said = tariff_of(product), product["description"]
        assert checked(product["id"], convert({**product}, ProductGiven)) == product
        convert(product, Product)
        times = {time for band in product["bands"] for time in (band["begin"], band["end"])}
        assert set(re.findall(r"[0-9]{2}:[0-9]{2}", said)) == times
        factor = Decimal("0.5") if "Half price" in said else Decimal(4) / 3 if "A third dearer" in said else None
        assert [band.rate for band in found.bands] == ([] if factor is None else [round(found.rate * factor, 4)])
        assert [len(band.days) for band in found.bands] == [5 if "weekdays" in said else 7 for _ in found.bands]
        assert (f"{found.export} GBP for each kWh that you give" in said) == (found.export != 0)


def test_the_series_is_what_its_source_says() -> None:
    series = files.demand()
    assert len(series) == 4032
    assert series[0] == (datetime(2000, 6, 4, 23, tzinfo=UTC), 22262)


def test_a_point_gets_its_share_of_the_nation() -> None:
    assert files.kwh(22262, files.POINTS[0], 2) == Decimal("0.557")  # 22,262 MW x 500 kWh / 20,000,000 = 0.55655
    assert files.kwh(22262, files.POINTS[0], 1) == Decimal("0.55")
