"""The export job on the big table, against DuckDB's `COPY ... ORDER BY` of the same Parquet files."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench import generate, measure

OURS, PEER = "Trefoil export job", "DuckDB COPY, ordered"
_FILL = """
import sys
from core.kernel.events import ObjectCreated
from core.energy.ingest.handler import ingest
from core.kernel.store import open_store
ingest(open_store(sys.argv[1]), ObjectCreated("incoming/A/big.csv"))
"""
_OURS = """
import sys
from pathlib import Path
from adapters.local import bootstrap
from core.energy.exports import documents as exports
from core.energy.exports.job import ExportJob, export
folder, form, rows = sys.argv[1:]
base = "http://127.0.0.1:8000"
services = bootstrap.services(bootstrap.environment(Path(folder), base, {"TREFOIL_LOG_LEVEL": "ERROR"}), base_url=base)
asked = exports.create(services.documents, services.clock, "A", form=form, begin=None, end=None)
done = export(services, ExportJob("A", asked["id"]))
assert done["status"] == "done" and done["rows"] == int(rows), done
file = services.store.folder / done["key"]
assert file.stat().st_size == done["bytes"]
file.unlink()
"""
_PEER = """
import sys, duckdb
files, target, form, rows = sys.argv[1:]
with duckdb.connect() as connection:
    columns = "point, channel, start, minutes, version, value, quality"
    ordered = f"SELECT {columns} FROM '{files}' ORDER BY point, channel, start, version"
    written = connection.execute(f"COPY ({ordered}) TO '{target}' (FORMAT {form})").fetchall()
    assert written == [(int(rows),)], written
"""


def run(rounds: int, versions: int) -> None:
    with tempfile.TemporaryDirectory(prefix="trefoil-bench-") as name:
        folder = Path(name)
        store = folder / "store"
        big = store / "incoming" / "A" / "big.csv"
        big.parent.mkdir(parents=True)
        rows = generate.write(big, versions=versions)
        measure.process(["-c", _FILL, store.as_uri()])
        files = f"{store}/readings/A/*.parquet"
        print(f"\n{rows:,} rows; median of {rounds}, in turn. Local figures, not cloud latency.")
        print(f"{measure.machine()}\n\n| | format | wall s | CPU s | peak MiB |\n|---|---|---|---|---|")
        for form in ("csv", "parquet"):
            samples: dict[str, list[measure.Sample]] = {OURS: [], PEER: []}
            for _ in range(rounds):
                samples[OURS].append(measure.process(["-c", _OURS, str(folder), form, str(rows)]))
                target = folder / f"peer.{form}"
                samples[PEER].append(measure.process(["-c", _PEER, files, str(target), form, str(rows)]))
                target.unlink()
            measure.save(f"export-{form}", samples, rows=rows)
            for who, taken in samples.items():
                middle = measure.median(taken)
                print(f"| {who} | {form} | {middle.wall:.2f} | {middle.cpu:.2f} | {middle.peak:.0f} |")
