"""The site: `python -m tools.site` type-checks and builds `web/` into `web/dist`, unless nothing has changed since."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from tools.node import node, npm_ci

WEB = Path(__file__).parents[1] / "web"
BUILT = WEB / "dist"
_STAMPS = WEB / "node_modules"


def build() -> None:
    """Raises `CalledProcessError` when the types or the build fail; what the tools say is shown."""
    lock = _digest([WEB / "package.json", WEB / "package-lock.json"])
    if _stamp("locked") != lock:
        npm_ci(WEB)
        _mark("locked", lock)
    sources = [*WEB.glob("*.*"), *(path for kind in ("src", "public") for path in (WEB / kind).rglob("*.*"))]
    source = _digest(sorted(sources))
    if _stamp("built") == source and (BUILT / "index.html").exists():
        return
    for script, *options in (("typescript/bin/tsc", "--noEmit"), ("vite/bin/vite.js", "build", "--logLevel", "warn")):
        subprocess.run([str(node()), str(WEB / "node_modules" / script), *options], cwd=WEB, check=True)
    _mark("built", source)


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(WEB)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _stamp(name: str) -> str:
    path = _STAMPS / f".trefoil-{name}"
    return path.read_text() if path.exists() else ""


def _mark(name: str, digest: str) -> None:
    (_STAMPS / f".trefoil-{name}").write_text(digest)


if __name__ == "__main__":
    try:
        build()
    except (FileNotFoundError, RuntimeError) as error:
        sys.exit(str(error))
