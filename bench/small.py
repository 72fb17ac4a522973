"""Small files: what one costs, and whether that grows with a table's age, on a folder of this machine."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import measure

COMMITS = 5000
_WORK = """
import json, sys, time
import obstore
from core.energy.ingest import intake
from core.energy.ingest.handler import ingest
from core.energy.readings.points import mpan_digit
from core.energy.readings.table import UPKEEP_EVERY
from core.kernel.events import ObjectCreated
from core.kernel.store import open_store

store, rounds, commits = open_store(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
staged = []
stage = intake.stage

def timed(*arguments, **options):
    begun = time.process_time()
    found = stage(*arguments, **options)
    staged.append(time.process_time() - begun)
    return found

intake.stage = timed

def put(account, number, rows):
    core = f"10{number:010}"
    lines = [
        f"{core}{mpan_digit(core)},2026-{at // 1344 + 1:02}-{at % 1344 // 48 + 1:02}T{at % 48 // 2:02}:{at % 2 * 30:02}:00Z,1,"
        f"{at * 7919 % 97 / 100}\\n" for at in range(rows)
    ]
    key = f"incoming/{account}/{number}-{rows}.csv"
    obstore.put(store.client, key, ("point,start,version,kwh\\n" + "".join(lines)).encode())
    return ObjectCreated(key)

def one(account, number, rows):
    event = put(account, number, rows)
    staged.clear()
    begun = time.process_time()
    report = ingest(store, event)
    took = time.process_time() - begun
    assert report["landed"] == rows, report
    # Every so many versions a writer looks after the table, which is told apart.
    upkeep = report["table_version"] % UPKEEP_EVERY == 0
    return None if upkeep else (took, staged[0])

for number in range(5):
    one("Warm", number, 48)
found = {name: [] for name in ("day", "new", "old")}
for number in range(commits):
    ingest(store, put("Old", 10_000 + number, 1))
for number in range(rounds):
    for place, (name, account, rows) in enumerate((("day", "New", 48), ("new", "New", 1440), ("old", "Old", 1440))):
        sample = one(account, 100_000 + number * 3 + place, rows)
        if sample:
            found[name].append(sample)
print(json.dumps(found))
"""


def run(rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="trefoil-bench-") as name:
        store = Path(name, "store").as_uri()
        command = [sys.executable, "-c", _WORK, store, str(rounds), str(COMMITS)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(result.stderr)
    found: dict[str, list[tuple[float, float]]] = json.loads(result.stdout)
    print(f"\nOne file after the other, warm; CPU, median of {rounds}, in turn. Local figures, not cloud latency.")
    print(f"{measure.machine()}\n\n| file | whole ms | of which staging ms |\n|---|---|---|", flush=True)
    medians = {}
    for what, samples in found.items():
        medians[what], staged = (statistics.median(values) * 1000 for values in zip(*samples, strict=True))
        label = {"day": "48 rows", "new": "1,440 rows, new table", "old": f"1,440 rows, table of {COMMITS:,} commits"}
        print(f"| {label[what]} | {medians[what]:.1f} | {staged:.1f} |")
    measure.OUT.mkdir(exist_ok=True)
    path = measure.OUT / "small.json"
    path.write_text(json.dumps({"machine": measure.machine(), "seconds": found}, indent=2) + "\n")
    print(
        f"\nOld is {medians['old'] / medians['new']:.2f} x new. Goals: staging 48 rows 12 ms, old 1.3 x. Samples: {path}"
    )
