"""The pages of this repository: every file of Markdown that is kept."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def kept() -> frozenset[Path]:
    """The files that git has or would take, and the folders that they are in."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = {ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()}
    return frozenset(files | {folder for path in files for folder in path.parents if folder.is_relative_to(ROOT)})


def pages() -> list[Path]:
    return sorted(path for path in kept() if path.suffix == ".md")
