"""`nox -s bench -- ingest`, `-- query` and `-- export`."""

from __future__ import annotations

import argparse

from bench import export, generate, ingest, query


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description="Side by side, in one run.")
    parser.add_argument("benchmark", choices=["ingest", "query", "export"])
    parser.add_argument("--rounds", type=int, default=None, help="how often (default: 15 for query, 5 for others)")
    parser.add_argument(
        "--versions", type=int, default=generate.VERSIONS, help="data versions of 438,000 rows each (default: 24)"
    )
    options = parser.parse_args()
    if options.benchmark == "ingest":
        ingest.run(options.rounds or 5, options.versions)
    elif options.benchmark == "export":
        export.run(options.rounds or 5, options.versions)
    else:
        query.run(options.rounds or 15, options.versions)


if __name__ == "__main__":
    main()
