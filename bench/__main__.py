"""`nox -s bench -- NAME`: see bench/README.md.

`-- path` is `bench/path.py`'s own, in an environment with what it compares with; what is asked of a cloud's store is
counted beside its stand-in: `nox -s aws -- bench requests`, also gcp, azure.
"""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from bench import cold, contention, export, formats, former, generate, hashes, ingest, overload, query, settle, small


def _cold(options: Namespace) -> None:
    for provider in ("aws", "gcp"):  # the stand-in for Azure's host needs its session: nox -s azure -- bench
        cold.run(provider, options.rounds or 9, [one for one in options.beside if one.stem.startswith(provider)])


BENCHMARKS: dict[str, Callable[[Namespace], None]] = {
    "cold": _cold,
    "contention": lambda options: contention.run(options.rounds or 3),
    "export": lambda options: export.run(options.rounds or 5, options.versions),
    "formats": lambda options: formats.run(options.rounds or 5, options.versions),
    "former": lambda options: former.run(options.rounds or 5, options.versions, options.commit),
    "hashes": lambda options: hashes.run(options.rounds or 5),
    "ingest": lambda options: ingest.run(options.rounds or 5, options.versions),
    "overload": lambda options: overload.run(options.rounds or 3, options.commit),
    "query": lambda options: query.run(options.rounds or 15, options.versions),
    "settle": lambda options: settle.run(options.accounts),
    "small": lambda options: small.run(options.rounds or 25),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description="Side by side, in one run.")
    parser.add_argument("benchmark", choices=list(BENCHMARKS))
    parser.add_argument("--rounds", type=int, default=None, help="how often (default: enough for a median)")
    parser.add_argument(
        "--versions", type=int, default=generate.VERSIONS, help="data versions of 438,000 rows each (default: 24)"
    )
    parser.add_argument(
        "--commit", default="HEAD~1", help="that `former` and `overload` compare with (default: %(default)s)"
    )
    parser.add_argument("--accounts", type=int, default=1000, help="that `settle` settles (default: %(default)s)")
    parser.add_argument("--beside", type=Path, action="append", default=[], help="a package that `cold` measures too")
    options = parser.parse_args()
    BENCHMARKS[options.benchmark](options)


if __name__ == "__main__":
    main()
