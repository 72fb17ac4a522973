"""The versions that are tested, in infra/versions.json: what CI plans with, and what a first deployment locks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from tools.infra import INFRA

_WANTED = re.compile(r'source\s*=\s*"hashicorp/(\w+)"')


def tested() -> Mapping[str, str]:
    """Versions by name: terraform itself, and its providers."""
    return dict(json.loads((INFRA / "versions.json").read_text()))


def pinned(folder: Path) -> Path:
    """Have a root take exactly the tested versions, by a file that overrides its own ranges; returns that file.

    https://developer.hashicorp.com/terraform/language/files/override
    """
    versions = tested()
    wanted = {name for file in folder.glob("*.tf") for name in _WANTED.findall(file.read_text())}
    lines = "".join(
        f'{name} = {{ source = "hashicorp/{name}", version = "{versions[name]}" }}\n' for name in sorted(wanted)
    )
    path = folder / "tested_override.tf"
    path.write_text(f"terraform {{\nrequired_providers {{\n{lines}}}\n}}\n")
    return path
