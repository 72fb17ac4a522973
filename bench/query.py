"""One point's year at the latest of 24 versions, against DuckDB on the same Parquet files: as ingested, and compacted."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import generate, measure

# Both sides open everything anew for each query, and end with the same 17,520 rows as an Arrow table.
_WORK = """
import json, statistics, sys, time
from datetime import UTC, datetime, timedelta
import duckdb
from arro3.core import Table
from core.energy.readings import query
from core.energy.readings.table import ReadingsTable
from core.kernel.store import open_store

store, point, rounds, half_hours = open_store(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
begin = datetime(2023, 1, 1, tzinfo=UTC)
files = ReadingsTable(store, "A").open().file_uris()

def ours():
    series = query.Series(point, begin=begin, end=begin + timedelta(days=366))
    return query.readings(store, "A", series, limit=10**6).num_rows

def peer():
    with duckdb.connect() as connection:
        return Table.from_arrow(connection.sql(
            "SELECT epoch_us(start) AS s, arg_max(value, version) AS value "
            f"FROM read_parquet({files!r}) WHERE point = '{point}' AND start >= TIMESTAMPTZ '2023-01-01 00:00:00+00' "
            "AND start < TIMESTAMPTZ '2024-01-02 00:00:00+00' GROUP BY s ORDER BY s")).num_rows

times = {"ours": [], "peer": []}
for turn in range(rounds + 2):
    for name, work in (("ours", ours), ("peer", peer)):
        begun = time.perf_counter()
        found = work()
        took = time.perf_counter() - begun
        assert found == half_hours, (name, found)
        if turn > 1:
            times[name].append(took)
print(json.dumps({"files": len(files), **times}))
"""
_INGEST = """
import sys
from core.kernel.events import ObjectCreated
from core.energy.ingest.handler import ingest
from core.kernel.store import open_store
store = open_store(sys.argv[1])
for name in sys.argv[2:]:
    assert ingest(store, ObjectCreated("incoming/A/" + name))["rejected"] == 0
"""
_COMPACT = """
import sys
from core.energy.readings import table
from core.kernel.store import open_store
table.SMALL_FILE_ROWS = 10**9
assert table.ReadingsTable(open_store(sys.argv[1]), "A").compact(at=1)
"""


def run(rounds: int, versions: int) -> None:
    with tempfile.TemporaryDirectory(prefix="trefoil-bench-") as name:
        store = Path(name) / "store"
        incoming = store / "incoming" / "A"
        incoming.mkdir(parents=True)
        rows = generate.write(incoming / "big.csv", versions=versions)
        small = _small_files(incoming)
        print(
            f"\n{rows:,} rows; one point's year at latest; median of {rounds}, in turn. Local figures, not cloud latency."
        )
        print(
            f"{measure.machine()}\n\n| table | files | Trefoil ms | DuckDB ms | ratio |\n|---|---|---|---|---|",
            flush=True,
        )
        measure.process(["-c", _INGEST, store.as_uri(), "big.csv"])
        found = {"as ingested, one file": _compare(store, rounds)}
        measure.process(["-c", _INGEST, store.as_uri(), *small])
        found[f"after {len(small)} more small files"] = _compare(store, rounds)
        measure.process(["-c", _COMPACT, store.as_uri()])
        found["compacted whole"] = _compare(store, rounds)
    measure.OUT.mkdir(exist_ok=True)
    path = measure.OUT / "query.json"
    path.write_text(json.dumps({"machine": measure.machine(), "rows": rows, "seconds": found}, indent=2) + "\n")
    for label, times in found.items():
        ours, peer = statistics.median(times["ours"]) * 1000, statistics.median(times["peer"]) * 1000
        print(f"| {label} | {times['files']} | {ours:.1f} | {peer:.1f} | {ours / peer:.2f} |")
    print(f"\nGoal: at most 1.5 x DuckDB. Samples: {path}")


def _small_files(folder: Path) -> list[str]:
    """A year of daily files of one more point: hundreds of small commits beside the big file."""
    lines = (folder / "big.csv").open()
    header, names = lines.readline(), []
    other = "2099999999993"
    for day in range(1, 301):
        name = f"day-{day:03}.csv"
        rows = [lines.readline().split(",") for _ in range(48)]
        (folder / name).write_text(
            header + "".join(f"{other},{start},{version},{kwh}" for _, start, version, kwh in rows)
        )
        names.append(name)
    lines.close()
    return names


def _compare(store: Path, rounds: int) -> dict[str, list[float]]:
    arguments = [
        sys.executable,
        "-c",
        _WORK,
        store.as_uri(),
        generate.points()[12],
        str(rounds),
        str(generate.HALF_HOURS),
    ]
    result = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(result.stderr)
    times: dict[str, list[float]] = json.loads(result.stdout)
    return times
