"""The deployable zip of the provider under test, started in its own runtime from an empty environment.

It is built for Python 3.13, which has to be on the machine (`PYTHON313`; the nox sessions look for it).
"""

from __future__ import annotations

import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.kernel.auth import keys
from tools.package import ROOT, Package, build

NO_PYTHON = "there is no Python 3.13 on this machine, which the package is built for"


@pytest.fixture(scope="session")
def package(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Package:
    return build(pytestconfig.getoption("--provider"), tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def unpacked(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deployed")
    with zipfile.ZipFile(package.path) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def empty_python(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Makes an environment of Python 3.13 with nothing but what `pip install` is told; returns its interpreter."""
    base = os.environ.get("PYTHON313")
    if not base:
        if os.environ.get("CI"):
            pytest.fail(NO_PYTHON)
        pytest.skip(NO_PYTHON)

    def make(*install: str, folder: Path = ROOT) -> str:
        made = tmp_path_factory.mktemp("empty")
        subprocess.run([base, "-m", "venv", str(made)], check=True)
        python = str(made / "bin" / "python")
        pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes"]
        subprocess.run([*pip, *install], cwd=folder, check=True)
        return python

    return make


@pytest.fixture(scope="session")
def settings() -> dict[str, str]:
    """What the functions are configured with; their store is gone with their process."""
    return {
        "TREFOIL_STORE": "memory:///",
        "TREFOIL_ISSUER": "https://trefoil.example",
        "TREFOIL_AUDIENCE": "trefoil",
        "TREFOIL_SIGNING_KEY": keys.generate(),
    }
