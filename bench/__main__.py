"""`nox -s bench -- cold`, `-- ingest`, `-- formats`, `-- query`, `-- export`, `-- settle` and `-- former --commit COMMIT`.

`-- path` is `bench/path.py`'s own, in an environment with what it compares with.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import cold, export, formats, former, generate, ingest, query, settle


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description="Side by side, in one run.")
    parser.add_argument("benchmark", choices=["cold", "ingest", "formats", "query", "export", "former", "settle"])
    parser.add_argument(
        "--rounds", type=int, default=None, help="how often (default: 15 for query, 9 for cold, 5 for others)"
    )
    parser.add_argument(
        "--versions", type=int, default=generate.VERSIONS, help="data versions of 438,000 rows each (default: 24)"
    )
    parser.add_argument("--commit", default="HEAD~1", help="that `former` compares with (default: %(default)s)")
    parser.add_argument("--accounts", type=int, default=1000, help="that `settle` settles (default: %(default)s)")
    parser.add_argument("--beside", type=Path, action="append", default=[], help="a package that `cold` measures too")
    options = parser.parse_args()
    if options.benchmark == "cold":
        for provider in ("aws", "gcp"):  # the stand-in for Azure's host needs its session: nox -s azure -- bench
            cold.run(provider, options.rounds or 9, [one for one in options.beside if one.stem.startswith(provider)])
    elif options.benchmark == "ingest":
        ingest.run(options.rounds or 5, options.versions)
    elif options.benchmark == "formats":
        formats.run(options.rounds or 5, options.versions)
    elif options.benchmark == "settle":
        settle.run(options.accounts)
    elif options.benchmark == "former":
        former.run(options.rounds or 5, options.versions, options.commit)
    elif options.benchmark == "export":
        export.run(options.rounds or 5, options.versions)
    else:
        query.run(options.rounds or 15, options.versions)


if __name__ == "__main__":
    main()
