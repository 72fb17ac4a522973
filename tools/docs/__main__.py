"""`python -m tools.docs` names each page of docs/ that is not what its declarations say; `--write` makes it anew.

The formats of meter files are a page of the command `trefoil files`, which is asked to write it.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import redirect_stdout
from io import StringIO

from adapters.local.__main__ import main as trefoil
from tools.docs.pages import DOCS, stale


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write them, and docs/formats.md with the site's list")
    options = parser.parse_args()
    if options.write:
        with redirect_stdout(StringIO()):
            trefoil(["files", "layouts", "--write", str(DOCS), "--list", str(DOCS.parent / "web/src/formats.json")])
    found = list(stale())
    for path, text in found:
        if options.write:
            path.write_text(text)
        print(f"{'wrote' if options.write else 'stale'}: docs/{path.name}")
    return 1 if found and not options.write else 0


if __name__ == "__main__":
    sys.exit(main())
