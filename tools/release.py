"""`nox -s release -- vX.Y.Z`: what a release has, in dist/release, and how to tell that it is whole.

For each cloud the deployable zip with its manifest and its bill of materials (CycloneDX); the wheel of the local
provider with the site in it; SHA256SUMS of all of them, as `sha256sum --check` reads it.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from pathlib import Path

from core import VERSION

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
CLOUDS = ("aws", "gcp", "azure")
ENDINGS = ("zip", "manifest.json", "cdx.json")
SUMS = "SHA256SUMS"


def gathered(dist: Path, into: Path) -> list[Path]:
    """Copies of all files of a release, named by its version. Raises `FileNotFoundError` naming one that is missing."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    wheel = f"trefoil-{VERSION}-py3-none-any.whl"
    wanted = {f"{cloud}.{ending}": f"trefoil-{VERSION}-{cloud}.{ending}" for cloud in CLOUDS for ending in ENDINGS}
    return [Path(shutil.copy(dist / made, into / name)) for made, name in {**wanted, wheel: wheel}.items()]


def sums(files: list[Path]) -> str:
    """The content of `SUMS` for these."""
    return "".join(f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in sorted(files))


def main() -> int:
    parser = argparse.ArgumentParser(prog="nox -s release --", description=__doc__)
    parser.add_argument("tag", help=f"the tag of the release: v{VERSION}")
    parser.add_argument("--check", action="store_true", help="look at the tag, and do no more")
    options = parser.parse_args()
    if options.tag != f"v{VERSION}":
        parser.error(f"{options.tag!r} is not v{VERSION}: the version is in core/__init__.py and pyproject.toml")
    if options.check:
        return 0
    into = DIST / "release"
    files = gathered(DIST, into)
    (into / SUMS).write_text(sums(files))
    print((into / SUMS).read_text(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
