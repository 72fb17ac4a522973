"""What terraform itself says of the roots: form, validity, and its own tests with mocked providers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.kernel.functions import load
from tests.infra.conftest import Terraform, command
from tools import versions
from tools.functions import as_json
from tools.infra import INFRA, ROOTS

PLACES = [*ROOTS, *(f"bootstrap/{root}" for root in ROOTS)]


def test_the_form_is_that_of_terraform_fmt() -> None:
    done = command(INFRA, "fmt", "-check", "-recursive", "-diff")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("place", PLACES)
def test_the_root_is_valid(terraform: Terraform, place: str) -> None:
    done = terraform(place, "validate", "-no-color")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stdout, done.stdout


@pytest.mark.parametrize("place", PLACES)
def test_the_versions_that_are_tried_are_those_that_are_documented(terraform: Terraform, place: str) -> None:
    said = json.loads(terraform(place, "version", "-json").stdout)
    selected = {name.split("/")[-1]: version for name, version in said["provider_selections"].items()}
    assert selected
    assert selected.items() <= versions.tested().items()


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("tests", ["functions", "refused"])
def test_the_roots_own_tests_pass(terraform: Terraform, root: str, tests: str) -> None:
    done = terraform(root, "test", "-no-color", f"-filter=tests/{tests}.tftest.hcl")
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize("root", ROOTS)
def test_a_function_set_of_ones_own_is_planned_as_it_is_declared(terraform: Terraform, root: str, copy: Path) -> None:
    declared = copy / "hello.json"
    declared.write_text(as_json("examples.hello", load("examples.hello")))
    given = f"-var=functions_file={declared}"
    done = terraform(root, "test", "-no-color", given, "-filter=tests/functions.tftest.hcl")
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout.strip().splitlines()[-1])
