"""Other engines read the readings table where it lies, and each comes to the same sum as the API does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import polars
import pytest
from deltalake import DeltaTable

from core.energy.ingest.handler import ingest
from core.energy.readings import query, sources
from core.energy.readings.zones import named
from core.kernel.documents import Documents
from core.kernel.store import open_store
from tests.core.energy.ingest.files import mpan
from tests.core.energy.ingest.test_handler import drop
from tests.core.energy.readings.asking import totals

POINT, OTHER = mpan(1), mpan(2)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A table of several files, of which some are no longer live; lengths, channels and qualities are mixed."""
    store = open_store(tmp_path_factory.mktemp("store").as_uri())
    Documents(store).put(sources.document("A"), {"sources": [{"files": "*", "stamp": "start"}]})
    header = "point,channel,start,minutes,version,value,unit,quality\n"
    halves = [
        f"{point},{channel},2026-07-{day:02}T{slot // 2:02}:{slot % 2 * 30:02}:00Z,30,1,{day}.{slot * 7 % 48:03},kWh,A\n"
        for point in (POINT, OTHER)
        for channel in ("import", "export")
        for day in (1, 2, 3)
        for slot in range(48)
    ]
    quarters = [
        f"{POINT},import,2026-07-04T{slot // 4:02}:{slot % 4 * 15:02}:00Z,15,1,0.{slot * 7 % 96:02},kWh,E\n"
        for slot in range(96)
    ]
    corrected = [row.replace(",1,", ",2,", 1) for row in halves[:96:2]]
    for number, rows in enumerate((halves, quarters, halves[48:60] + quarters[:9], corrected)):
        report = ingest(store, drop(store, f"{number}.csv", (header + "".join(rows)).encode(), created=1.9e9 + number))
        assert report is not None
        assert report["status"] == "accepted", report["reason"]
    assert store.folder is not None
    return str(store.folder / "readings" / "A")


@pytest.fixture(scope="module")
def answered(table: str) -> str:
    """What the API's query says of the point's import in July at version 1."""
    store = open_store(Path(table).parents[1].as_uri())
    series = query.Series(POINT, "import", version=1, zone=named("Europe/London"))
    (month,) = totals(store, "A", series, resolution="month")
    assert month.value > 100
    return str(month.value)


def by_duckdb(table: str) -> Decimal:
    """The files that are live; DuckDB's own `delta_scan` is an extension that it downloads, from no registry."""
    files = DeltaTable(table).file_uris()
    found = duckdb.sql(
        f"SELECT sum(value) FROM read_parquet({files!r}) WHERE point = '{POINT}' AND channel = 'import' AND version = 1"
    ).fetchall()
    return found[0][0]  # type: ignore[no-any-return]


def by_polars(table: str) -> Decimal:
    wanted = (polars.col("point") == POINT) & (polars.col("channel") == "import") & (polars.col("version") == 1)
    found = polars.scan_delta(table).filter(wanted).select(polars.col("value").sum()).collect()
    return found.item()  # type: ignore[no-any-return]


def by_daft(table: str) -> Decimal:
    return _daft("native", table)


def by_daft_on_ray(table: str) -> Decimal:
    return _daft("ray", table)


def _daft(runner: str, table: str) -> Decimal:
    """In a process of its own, for which Daft's runner is chosen, and Ray's cluster of one machine ends with it."""
    quiet = {"DAFT_ANALYTICS_ENABLED": "0", "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    command = [sys.executable, "-m", "tests.engines.by_daft", runner, table, POINT]
    with tempfile.TemporaryDirectory(prefix="ray-") as folder:
        environment = {**os.environ, **quiet, "RAY_TMPDIR": folder}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return Decimal(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("engine", [by_duckdb, by_polars, by_daft, by_daft_on_ray])
def test_the_table_where_it_lies_has_the_sum_that_the_api_gives(
    table: str, answered: str, engine: Callable[[str], Decimal]
) -> None:
    assert engine(table) == Decimal(answered)
