"""This commit beside a former one, in turn: what importing, answering, ingesting and querying cost before and now.

`nox -s bench -- former --commit COMMIT`. Each measurement is a process of its own, with the code of one of the two.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import generate, measure

ROOT = Path(__file__).parents[1]
FORMER, NOW = "former", "now"
_BEGIN = """
import json, os, sys, time
begun = time.perf_counter()
os.environ.update(TREFOIL_STORE="memory:///", TREFOIL_ISSUER="https://i.example", TREFOIL_AUDIENCE="t")
os.environ.update(TREFOIL_SIGNING_KEY="unread", TREFOIL_LOG_LEVEL="ERROR")
queue = "https://sqs.eu-west-2.amazonaws.com/1/jobs"
os.environ.update(TREFOIL_QUEUES=queue, TREFOIL_JOBS_QUEUE=queue)
try:
    from adapters.aws.main import api
except ImportError:
    from adapters.aws.http import api
from types import SimpleNamespace
event = json.load(open("tests/events/aws/api/http-api-get.json"))
context = SimpleNamespace(aws_request_id="1")
"""
_IMPORT = _BEGIN + "print(time.perf_counter() - begun)"
_FIRST = _BEGIN + "assert api(event, context)['statusCode'] == 200\nprint(time.perf_counter() - begun)"
_WARM = (
    _BEGIN
    + """
taken = []
for _ in range(3000):
    begun = time.perf_counter()
    api(event, context)
    taken.append(time.perf_counter() - begun)
print(sorted(taken)[1500])
"""
)
_INGEST = """
import resource, sys, time
try:
    from core.kernel.events import ObjectCreated
    from core.energy.ingest.handler import ingest
    from core.kernel.store import open_store
except ImportError:
    from core.events import ObjectCreated
    from core.ingest.handler import ingest
    from core.store import open_store
begun = time.process_time()
report = ingest(open_store(sys.argv[1]), ObjectCreated("incoming/A/big.csv"))
assert report["accepted"] == report["rows"] == int(sys.argv[2]), report
print(time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
# One point's year at the latest version, the table opened anew each time.
_QUERY = """
import sys, time
from datetime import UTC, datetime, timedelta
from core.energy.readings import query
from core.kernel.store import open_store
begin = datetime(2023, 1, 1, tzinfo=UTC)
asked = {"begin": begin, "end": begin + timedelta(days=366)}
store, taken = open_store(sys.argv[1]), []
for turn in range(32):
    begun = time.process_time()
    if hasattr(query, "Series"):
        found = query.readings(store, "A", query.Series(sys.argv[2], **asked), limit=10**6)
    else:
        found = query.readings(store, "A", point=sys.argv[2], **asked, limit=10**6)
    taken.append(time.process_time() - begun)
    assert found.num_rows == int(sys.argv[3])
print(sorted(taken[2:])[15])
"""


def printed(tree: Path, code: str, *arguments: str) -> list[float]:
    """The numbers that this code prints."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [float(number) for number in done.stdout.split()]


def run(rounds: int, versions: int, commit: str) -> None:
    with tempfile.TemporaryDirectory(prefix="trefoil-bench-") as name:
        folder = Path(name)
        trees = {FORMER: folder / "former", NOW: ROOT}
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(trees[FORMER])], check=True)
        subprocess.run(["git", "checkout", "--quiet", commit], cwd=trees[FORMER], check=True)
        big = folder / "big.csv"
        rows = generate.write(big, versions=versions)
        taken: dict[str, dict[str, list[float]]] = {}
        for number in range(rounds + 1):
            for who, tree in trees.items():
                store = folder / f"{who}-{number}"
                (store / "incoming" / "A").mkdir(parents=True)
                (store / "incoming" / "A" / "big.csv").hardlink_to(big)
                cpu, peak = printed(tree, _INGEST, store.as_uri(), str(rows))
                asked = (store.as_uri(), generate.points()[12], str(generate.HALF_HOURS))
                found = {
                    "import of the handler of hello, ms": printed(tree, _IMPORT)[0] * 1e3,
                    "import and first answer, ms": printed(tree, _FIRST)[0] * 1e3,
                    "a warm answer (median of 3000), us": printed(tree, _WARM)[0] * 1e6,
                    f"ingestion of {rows:,} rows, CPU s": cpu,
                    f"ingestion of {rows:,} rows, peak MiB": peak,
                    "a point's year at the latest version (median of 30), CPU ms": printed(tree, _QUERY, *asked)[0]
                    * 1e3,
                }
                shutil.rmtree(store)
                for what, value in found.items() if number else ():  # the first round compiles
                    taken.setdefault(what, {}).setdefault(who, []).append(value)
    print(f"\n{commit} and now, in turn; median of {rounds}. Local figures, not cloud latency.")
    print(f"{measure.machine()}\n\n| | {FORMER} | {NOW} | ratio |\n|---|---|---|---|")
    for what, values in taken.items():
        before, now = (statistics.median(values[who]) for who in (FORMER, NOW))
        print(f"| {what} | {before:.2f} | {now:.2f} | {now / before:.2f} |")
