"""What each operation asks of the store: requests in all, and the longest chain of those that wait for each other.

`nox -s aws -- bench requests` (also gcp, azure; `--commits N` for a smaller table, `--out PATH` for the JSON): the code
of the provider's adapter, with a counting proxy before the stand-in of its store, which keeps each answer back for
20 ms. On a cloud a request is 10 to 40 ms and money; what is counted is the same there. The JSON has each operation's
CPU beside it, of this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.measure import OUT, machine
from bench.operations import Work
from bench.portability import prices
from bench.portability.usage import READS, WRITES
from bench.runtimes import settings
from bench.stand_ins import ENDPOINTS, STAND_INS, STORES

COMMITS = 500
"""Of the large table."""
FILES_A_DAY = 25_000


def run(provider: str, *options: str) -> None:
    """Start the stand-ins and the proxy, and count in a process of its own: the engine would keep them from answering."""
    from demo.weather import WeatherStandIn
    from tests.beds.counting_proxy import CountingProxy

    with (
        tempfile.TemporaryDirectory() as name,
        STAND_INS[provider](Path(name)) as environment,
        closing(CountingProxy(environment[ENDPOINTS[provider]], Path(name))) as proxy,
        closing(WeatherStandIn()) as weather,
    ):
        told = {
            "BENCH_PROXY": proxy.url,
            "TREFOIL_STORE": STORES[provider],
            "TREFOIL_LOG_LEVEL": "ERROR",
            "TREFOIL_FORECAST_URL": weather.url,
            "TREFOIL_FORECAST_SITES": "london:51.5072:-0.1276",
        }
        subprocess.run(
            [sys.executable, "-m", "bench.requests", provider, "--work", *options],
            env={**os.environ, **settings(provider), **environment, **told},
            check=True,
        )


def dollars(operations: Mapping[str, Mapping[str, Any]], what: str, files: int) -> float:
    """For `FILES_A_DAY` files, by the counts of one operation with so many, in dollars of S3."""
    kinds, items = operations[what]["kinds"], prices.load().items["aws"]
    writes, reads = (sum(kinds.get(kind, 0) for kind in sort) for sort in (WRITES, READS))
    return (items["store write"].dollars(writes) + items["store read"].dollars(reads)) / files * FILES_A_DAY


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.requests", description=__doc__)
    parser.add_argument("provider", choices=list(STAND_INS))
    parser.add_argument("--commits", type=int, default=COMMITS, help="of the large table")
    parser.add_argument("--out", type=Path, help="where the JSON goes; else to bench/out")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    provider, out = options.provider, options.out or OUT / f"requests-{options.provider}.json"
    if not options.work:
        run(provider, "--commits", str(options.commits), "--out", str(out))
        return
    print(f"{provider}: requests to the store's stand-in, {machine()}\n")
    print("| operation | requests | longest chain | of them |\n|---|---|---|---|", flush=True)
    work = Work(provider, options.commits)
    work.all()
    operations = work.counts.operations
    out.parent.mkdir(parents=True, exist_ok=True)
    found = {"machine": machine(), "provider": provider, "commits": options.commits, "operations": operations}
    out.write_text(json.dumps(found, indent=2) + "\n")
    if provider == "aws":
        alone = dollars(operations, "32 files of 48 rows, one after the other", 32)
        together = dollars(operations, "160 files of 48 rows, ten at a time", 160)
        print(
            f"\n{FILES_A_DAY:,} files of 48 rows a day: ${alone:.2f} for requests to S3, ten at a time ${together:.2f}"
        )


if __name__ == "__main__":
    main()
