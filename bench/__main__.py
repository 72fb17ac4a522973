"""`nox -s bench -- ingest`, `-- formats`, `-- query`, `-- export`, `-- settle` and `-- former --commit COMMIT`."""

from __future__ import annotations

import argparse

from bench import export, formats, former, generate, ingest, query, settle


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description="Side by side, in one run.")
    parser.add_argument("benchmark", choices=["ingest", "formats", "query", "export", "former", "settle"])
    parser.add_argument("--rounds", type=int, default=None, help="how often (default: 15 for query, 5 for others)")
    parser.add_argument(
        "--versions", type=int, default=generate.VERSIONS, help="data versions of 438,000 rows each (default: 24)"
    )
    parser.add_argument("--commit", default="HEAD~1", help="that `former` compares with (default: %(default)s)")
    parser.add_argument("--accounts", type=int, default=1000, help="that `settle` settles (default: %(default)s)")
    options = parser.parse_args()
    if options.benchmark == "ingest":
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
