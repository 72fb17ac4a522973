"""What the sessions of noxfile.py run in: environments made of the locks, in requirements/ and of npm."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import nox

from tools.needs import Need, python313
from tools.node import machines_node

PROVIDERS = ("local", "aws", "gcp", "azure")
UV = shutil.which("uv", path=Path(sys.executable).parent)
"""The locked one, and no other; None where nox was installed without."""


def need(session: nox.Session, *needs: Need) -> None:
    """Say what the session takes from this machine, and whether it is there, before anything is installed."""
    missing = []
    for one in needs:
        found = one.find()
        if not found and not one.without:
            missing.append(one)
        missed = f"not here; {one.without or 'it has to be'}. To have it: {one.brings}"
        session.log(f"needs {one.name}: {found or missed}")
    if missing:
        session.error("; ".join(f"there is no {one.name}: {one.brings}" for one in missing))


def install(session: nox.Session, *locks: str) -> None:
    """The locked, hashed dependencies, and nothing else; the project itself runs from this folder."""
    session.env["PYTHONPATH"] = search_path()
    for lock in locks:
        locked(session, lock, Path(session.virtualenv.location))


def search_path() -> str:
    """Where packages are found: this folder, and those in which `nox -s new` made function sets."""
    known = Path("functions.pth")
    folders = known.read_text().splitlines() if known.exists() else []
    return os.pathsep.join([".", *folders])


def locked(session: nox.Session, lock: str, environment: Path) -> None:
    """By uv, in a tenth of the time, where nox has it beside it."""
    wanted = ["--require-hashes", "-r", f"requirements/{lock}.txt"]
    python = str(environment / "bin" / "python")
    if UV:
        session.run_install(UV, "pip", "install", "--quiet", "--python", python, *wanted, external=True)
    else:
        session.run_install(python, "-m", "pip", "install", "--quiet", *wanted, external=True)


def beside(session: nox.Session, lock: str, python: str) -> Path:
    """An environment of its own within the session's, for what has other dependencies than ours."""
    made = Path(session.virtualenv.location).resolve() / lock
    session.run_install(sys.executable, "-m", "virtualenv", "--quiet", "--python", python, str(made), external=True)
    locked(session, lock, made)
    return made


def have_node(session: nox.Session) -> None:
    """Have a Node from PyPI where the machine has none."""
    if not machines_node():
        install(session, "site")


def workflows(session: nox.Session) -> None:
    """The emulator of Workflows, in an environment of its own."""
    emulator = beside(session, "workflows", sys.executable)
    session.env["WORKFLOWS_EMULATOR"] = str(emulator / "bin" / "python")


def azurite(session: nox.Session, python: Path) -> None:
    """Azurite by its lock, started by the Node that this Python's environment has."""
    made = Path(session.virtualenv.location).resolve() / "azurite"
    session.run(str(python), "-m", "tools.node", "tests/beds/azure", str(made), external=True)
    session.env["AZURITE"] = str(made)


def environments(session: nox.Session, wanted: Iterable[str] = PROVIDERS) -> Iterator[tuple[str, Path]]:
    """Each of these providers, and the Python of an environment of its own for its runtime: all of one version."""
    session.env["PYTHON313"] = python313() or ""
    python = session.env["PYTHON313"] or sys.executable
    for provider in wanted:
        if provider == "azure" and not session.env["PYTHON313"]:
            continue
        made = beside(session, "test" if provider == "local" else provider, python) / "bin" / "python"
        if provider == "gcp":
            workflows(session)
        if provider == "azure":
            azurite(session, made)
        yield provider, made
