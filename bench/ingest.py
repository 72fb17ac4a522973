"""Ingestion with validation, reject file, checksum and commit, against DuckDB's bare `COPY csv TO parquet`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import generate, measure

OURS, PEER = "Trefoil ingest", "DuckDB COPY"
_OURS = """
import sys
from core.kernel.events import ObjectCreated
from core.energy.ingest.handler import ingest
from core.kernel.store import open_store
report = ingest(open_store(sys.argv[1]), ObjectCreated("incoming/A/big.csv"))
assert report["accepted"] == report["rows"] == int(sys.argv[2]) and report["sha256"], report
"""
_PEER = """
import sys, duckdb
with duckdb.connect() as connection:
    connection.execute(f"COPY (FROM read_csv('{sys.argv[1]}')) TO '{sys.argv[2]}' (FORMAT parquet)")
    assert connection.execute(f"SELECT count(*) FROM '{sys.argv[2]}'").fetchall() == [(int(sys.argv[3]),)]
"""


def run(rounds: int, versions: int) -> None:
    with tempfile.TemporaryDirectory(prefix="trefoil-bench-") as name:
        folder = Path(name)
        big = folder / "big.csv"
        rows = generate.write(big, versions=versions)
        samples: dict[str, list[measure.Sample]] = {OURS: [], PEER: []}
        for number in range(rounds):
            store = folder / f"store-{number}"
            incoming = store / "incoming" / "A"
            incoming.mkdir(parents=True)
            (incoming / "big.csv").hardlink_to(big)
            samples[OURS].append(measure.process(["-c", _OURS, store.as_uri(), str(rows)]))
            target = folder / f"{number}.parquet"
            samples[PEER].append(measure.process(["-c", _PEER, str(big), str(target), str(rows)]))
        size = big.stat().st_size
    path = measure.save("ingest", samples, rows=rows, bytes=size)
    print(f"\n{rows:,} rows, {size / 1e6:.0f} MB; median of {rounds}, in turn. Local figures, not cloud latency.")
    print(f"{measure.machine()}\n\n| | wall s | CPU s | peak MiB |\n|---|---|---|---|")
    for who, taken in samples.items():
        middle = measure.median(taken)
        print(f"| {who} | {middle.wall:.2f} | {middle.cpu:.2f} | {middle.peak:.0f} |")
    ratio = measure.median(samples[OURS]).cpu / measure.median(samples[PEER]).cpu
    print(
        f"\nCPU: {ratio:.2f} x DuckDB (goal: at most 1.0); peak goal: at most 250 MiB. Samples: {path}", file=sys.stdout
    )
