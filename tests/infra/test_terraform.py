"""What terraform itself says of the roots: form, validity, and its own tests with mocked providers.

Providers come from the registry, or from a mirror that TF_CLI_CONFIG_FILE names. Where neither can be reached these
are skipped, and fail in CI.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from core.kernel.functions import load
from tools.functions import as_json
from tools.infra import INFRA, ROOTS

PLACES = [*ROOTS, *(f"bootstrap/{root}" for root in ROOTS)]


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["terraform", *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The roots beside a package each, in a folder where terraform may leave things."""
    folder = tmp_path_factory.mktemp("copy")
    unwanted = shutil.ignore_patterns(".terraform*", "*.tfstate*")
    shutil.copytree(INFRA, folder / "infra", ignore=unwanted)
    shutil.copytree(INFRA.parent / "web" / "dist", folder / "web" / "dist")
    (folder / "dist").mkdir()
    for root in ROOTS:
        (folder / "dist" / f"{root}.zip").write_bytes(b"a package")
    return folder / "infra"


def initialized(copy: Path, place: str) -> Path:
    folder = copy / place
    if not (folder / ".terraform").exists():
        done = terraform(folder, "init", "-backend=false", "-input=false", "-no-color")
        if (
            done.returncode
            and "Failed to query available provider packages" in done.stderr
            and not os.environ.get("CI")
        ):
            pytest.skip("no registry and no mirror can be reached: set TF_CLI_CONFIG_FILE to one")
        assert done.returncode == 0, done.stderr
    return folder


def test_the_form_is_that_of_terraform_fmt() -> None:
    done = terraform(INFRA, "fmt", "-check", "-recursive", "-diff")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("place", PLACES)
def test_the_root_is_valid(copy: Path, place: str) -> None:
    done = terraform(initialized(copy, place), "validate", "-no-color")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stdout, done.stdout


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("tests", ["functions", "plan", "refused"])
def test_the_roots_own_tests_pass(copy: Path, root: str, tests: str) -> None:
    done = terraform(initialized(copy, root), "test", "-no-color", f"-filter=tests/{tests}.tftest.hcl")
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize("root", ROOTS)
def test_a_function_set_of_ones_own_is_planned_as_it_is_declared(copy: Path, root: str) -> None:
    declared = copy / "hello.json"
    declared.write_text(as_json("examples.hello", load("examples.hello")))
    given = f"-var=functions_file={declared}"
    done = terraform(initialized(copy, root), "test", "-no-color", given, "-filter=tests/functions.tftest.hcl")
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout.strip().splitlines()[-1])
