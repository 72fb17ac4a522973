"""The roots in a folder where terraform may leave things, with the providers' versions that are documented."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.infra import INFRA, ROOTS
from tools.versions import pinned

Terraform = Callable[..., "subprocess.CompletedProcess[str]"]

SITE = {
    "index.html": "<!doctype html>",
    "404.html": "<!doctype html>",
    "trefoil.svg": "<svg/>",
    "assets/app.0123abcd.js": "//",
}
"""A site that is the same whatever is built: plans name its files."""


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The roots beside a site and a package each."""
    folder = tmp_path_factory.mktemp("copy")
    unwanted = shutil.ignore_patterns(".terraform*", "*.tfstate*")
    shutil.copytree(INFRA, folder / "infra", ignore=unwanted)
    for name, content in SITE.items():
        path = folder / "web" / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (folder / "dist").mkdir()
    for root in ROOTS:
        (folder / "dist" / f"{root}.zip").write_bytes(b"a package")
    return folder / "infra"


@pytest.fixture(scope="session")
def terraform(copy: Path) -> Terraform:
    """Run terraform in a root of the copy, which is initialized when it is first asked for.

    Providers come from the registry, or from a mirror that TF_CLI_CONFIG_FILE names. Where neither can be reached the
    case is skipped, and fails in CI.
    """

    def run(place: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        folder = copy / place
        if not (folder / ".terraform").exists():
            pinned(folder)
            (folder / "local_override.tf").write_text('terraform {\nbackend "local" {}\n}\n')
            done = command(folder, "init", "-input=false", "-no-color")
            unreachable = "Failed to query available provider packages" in done.stderr
            if done.returncode and unreachable and not os.environ.get("CI"):
                pytest.skip("no registry and no mirror can be reached: set TF_CLI_CONFIG_FILE to one")
            assert done.returncode == 0, done.stderr
        return command(folder, *arguments)

    return run


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["terraform", *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def plans(terraform: Terraform) -> Callable[[str], str]:
    """What `terraform test` says of the runs in tests/plan.tftest.hcl, as lines of JSON, each root's once."""
    made: dict[str, str] = {}

    def of(root: str) -> str:
        if root not in made:
            done = terraform(root, "test", "-json", "-verbose", "-filter=tests/plan.tftest.hcl")
            said = [json.loads(line) for line in done.stdout.splitlines()]
            assert done.returncode == 0, "\n".join(str(one) for one in said if one["type"] == "diagnostic")
            made[root] = done.stdout
        return made[root]

    return of
