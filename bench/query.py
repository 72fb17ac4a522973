"""Questions of the readings API at the latest of 24 versions, against DuckDB on the same Parquet files: a point's year as
rows and as JSON, its day and month totals, and all points' months; with files as ingested, and compacted.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import generate, measure

# Both sides open everything anew for each question. Before any is timed, their answers are compared, value by value.
_WORK = """
import json, sys, time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
import duckdb
from arro3.core import Table
from adapters.local import bootstrap
from core.energy.accounts import accounts
from core.energy.readings import api, query
from core.energy.readings.table import ReadingsTable
from core.kernel.api.context import Call

folder, point, rounds, names = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4].split(",")
base = "http://127.0.0.1:8000"
services = bootstrap.services(bootstrap.environment(Path(folder), base, {"TREFOIL_LOG_LEVEL": "ERROR"}), base_url=base)
store = services.store
accounts.ensure(services.documents, "A")
document = services.documents.get(accounts.path("A"))  # an app reads it with the caller's grants
files = ReadingsTable(store, "A").open().file_uris()

def ours(resolution, *points):
    asked = api.ReadingsQuery(list(points), from_="2023-01-01", to="2024-01-02", resolution=resolution)
    return api.readings(Call(services, (), None, {"account": "A"}, None, None, asked, None, document)).body

def rows():
    begin = datetime(2023, 1, 1, tzinfo=UTC)
    series = query.Series(point, begin=begin, end=begin + timedelta(days=366))
    return query.readings(store, "A", series, limit=10**6)

def duck(sql):
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        return Table.from_arrow(connection.sql(sql))

def latest(where, key):
    return (f"SELECT {key}, arg_max(value, version) AS value FROM read_parquet({files!r}) WHERE {where} "
        "start >= TIMESTAMPTZ '2023-01-01 00:00:00+00' AND start < TIMESTAMPTZ '2024-01-02 00:00:00+00' GROUP BY ALL")

def sums(period, where, key):
    clock = f"date_trunc('{period}', timezone('Europe/London', start)) AS period"
    several = "point, " if "point" in key else ""
    return (f"SELECT {several}{clock}, sum(value) AS value FROM ({latest(where, key)}) "
        f"GROUP BY ALL ORDER BY {several}period")

one = f"point = '{point}' AND"
some = "point IN ('" + "', '".join(names) + "') AND"
text = ("SELECT to_json({'start': list(strftime(timezone('UTC', start), '%Y-%m-%dT%H:%M:%SZ') ORDER BY start), "
    f"'value': list(CAST(value AS VARCHAR) ORDER BY start)}}) AS value FROM ({latest(one, 'start')})")
questions = {
    "a point's year, rows": (rows, f"SELECT epoch_us(start) AS s, value FROM ({latest(one, 'start')}) ORDER BY s"),
    "a point's year, JSON": (lambda: ours("30m", point), text),
    "its days": (lambda: ours("day", point), sums("day", one, "start")),
    "its months": (lambda: ours("month", point), sums("month", one, "start")),
    "all points' months": (lambda: ours("month", "*"), sums("month", "", "point, start")),
    "25 named points' months": (lambda: ours("month", *names), sums("month", some, "point, start")),
}

def values(answer):
    if isinstance(answer, Table):
        found = answer.column("value").to_pylist()
        return [Decimal(one) for one in json.loads(found[0])["value"]] if isinstance(found[0], str) else found
    said = json.loads(answer, parse_float=Decimal)
    return [value for one in said.get("series", [said]) for value in one["value"]]

times = {name: {"ours": [], "peer": []} for name in questions}
for name, (work, sql) in questions.items():
    assert values(work()) == values(duck(sql)), name
for turn in range(rounds + 1):
    for name, (work, sql) in questions.items():
        for who, ask in (("ours", work), ("peer", lambda: duck(sql))):
            begun = time.perf_counter()
            ask()
            took = time.perf_counter() - begun
            if turn:
                times[name][who].append(took)
print(json.dumps({"files": len(files), "times": times}))
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
        print(f"\n{rows:,} rows; at the latest version; median of {rounds}, in turn. Local figures, not cloud latency.")
        print(
            f"{measure.machine()}\n\n| table | files | question | Trefoil ms | DuckDB ms | ratio |\n|---|---|---|---|---|---|"
        )
        sys.stdout.flush()
        measure.process(["-c", _INGEST, store.as_uri(), "big.csv"])
        found = {"as ingested, one file": _compare(store, rounds)}
        measure.process(["-c", _INGEST, store.as_uri(), *small])
        found[f"after {len(small)} more small files"] = _compare(store, rounds)
        measure.process(["-c", _COMPACT, store.as_uri()])
        found["compacted whole"] = _compare(store, rounds)
    measure.OUT.mkdir(exist_ok=True)
    path = measure.OUT / "query.json"
    path.write_text(json.dumps({"machine": measure.machine(), "rows": rows, "seconds": found}, indent=2) + "\n")
    for label, compared in found.items():
        for question, times in compared["times"].items():
            ours, peer = (statistics.median(times[who]) * 1000 for who in ("ours", "peer"))
            print(f"| {label} | {compared['files']} | {question} | {ours:.1f} | {peer:.1f} | {ours / peer:.2f} |")
    for label, compared in found.items():
        as_rows, as_json = (
            statistics.median(compared["times"][f"a point's year, {form}"]["ours"]) for form in ("rows", "JSON")
        )
        print(f"\n{label}: the year as JSON takes {as_json / as_rows:.2f} x the year as rows.")
    print(f"\nSamples: {path}")


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


def _compare(store: Path, rounds: int) -> dict[str, Any]:
    """The number of files, and seconds of each question and side."""
    arguments = [str(store.parent), generate.points()[12], str(rounds), ",".join(generate.points())]
    result = subprocess.run([sys.executable, "-c", _WORK, *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(result.stderr)
    compared: dict[str, Any] = json.loads(result.stdout)
    return compared
