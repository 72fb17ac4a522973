"""Many writers of one account: 200 files by one process, and by eight at once, on a folder of this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import generate, measure

WRITERS, FILES, ROWS = 8, 200, 48
_WRITE = """
import json, sys, time
from core.energy.ingest.handler import ingest
from core.kernel.events import ObjectCreated
from core.kernel.store import open_store
store = open_store(sys.argv[1])
print(flush=True)
sys.stdin.readline()
begun = time.process_time()
for name in sys.argv[2:]:
    assert ingest(store, ObjectCreated("incoming/A/" + name))["readings"] == 48, name
print(json.dumps(time.process_time() - begun))
"""
_CHECK = """
import json, sys
from core.energy.readings import query
from core.energy.readings.table import ReadingsTable
from core.kernel.store import open_store
store = open_store(sys.argv[1])
table = ReadingsTable(store, "A").open()
rows = sum(point.rows for point in query.points(store, "A"))
print(json.dumps({"rows": rows, "versions": table.version() + 1, "files": len(table.file_uris())}))
"""


def run(rounds: int) -> None:
    print(
        f"\n{FILES} files of {ROWS} rows, one account, median of {rounds}, in turn. Local figures, not cloud latency."
    )
    print(f"{measure.machine()}\n\n| writers | wall s | CPU s | files a second | live files | versions |", flush=True)
    print("|---|---|---|---|---|---|")
    found: dict[int, list[dict[str, float]]] = {1: [], WRITERS: []}
    for _ in range(rounds):
        for writers, samples in found.items():
            samples.append(_ingested(writers))
    for writers, samples in found.items():
        wall, cpu, files, versions = (
            sorted(one[name] for one in samples)[rounds // 2] for name in ("wall", "cpu", "files", "versions")
        )
        print(f"| {writers} | {wall:.2f} | {cpu:.2f} | {FILES / wall:.0f} | {files:.0f} | {versions:.0f} |")
    one, many = (sorted(sample["wall"] for sample in found[writers])[rounds // 2] for writers in found)
    measure.OUT.mkdir(exist_ok=True)
    path = measure.OUT / "contention.json"
    path.write_text(json.dumps({"machine": measure.machine(), "samples": found}, indent=2) + "\n")
    print(f"\nEight take {many / one:.2f} of the time of one. Goal: less than 1. Samples: {path}")


def _ingested(writers: int) -> dict[str, float]:
    """Seconds until all files are in, and of CPU; each process has started and imported before."""
    with tempfile.TemporaryDirectory(prefix="trefoil-bench-") as name:
        store = Path(name) / "store"
        incoming = store / "incoming" / "A"
        incoming.mkdir(parents=True)
        points = generate.points()
        for number in range(FILES):
            day = f"2026-{number // 25 + 1:02}-{number % 25 + 1:02}"
            lines = [
                f"{points[number % 25]},{day}T{at // 2:02}:{at % 2 * 30:02}:00Z,1,{at * 7919 % 97 / 100}\n"
                for at in range(ROWS)
            ]
            (incoming / f"{number:03}.csv").write_text("point,start,version,kwh\n" + "".join(lines))
        names = [f"{number:03}.csv" for number in range(FILES)]
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", _WRITE, store.as_uri(), *names[writer::writers]],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            for writer in range(writers)
        ]
        for process in processes:
            process.stdout.readline()  # type: ignore[union-attr]
        begun = time.perf_counter()
        for process in processes:
            process.stdin.write("\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        spent = [process.communicate()[0] for process in processes]
        wall = time.perf_counter() - begun
        if any(process.returncode for process in processes):
            raise RuntimeError("a writer failed")
        check = [sys.executable, "-c", _CHECK, store.as_uri()]
        checked = json.loads(subprocess.run(check, capture_output=True, text=True, check=True).stdout)
        assert checked["rows"] == FILES * ROWS, checked
        return {"wall": wall, "cpu": sum(map(json.loads, spent)), **checked}
