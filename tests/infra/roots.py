"""The Terraform roots as files: their resources, read with python-hcl2."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions

OPTIONS = SerializationOptions(strip_string_quotes=True, with_comments=False, explicit_blocks=False)


@cache
def read(path: Path) -> dict[str, Any]:
    return dict(hcl2.loads(path.read_text(), serialization_options=OPTIONS))


def resources(folder: Path) -> dict[str, dict[str, Any]]:
    """Body of every resource of a root, by its address, and of `provider.NAME`."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.tf")):
        for block in read(path).get("provider", []):
            found |= {f"provider.{name}": body for name, body in block.items()}
        for block in read(path).get("resource", []):
            for kind, named in block.items():
                for name, body in named.items():
                    found[f"{kind}.{name}"] = body
    return found


def names_of(body: Any) -> set[str]:
    """Arguments and blocks of a resource, those of dynamic blocks too."""
    names = set(body)
    for dynamic in body.get("dynamic", []):
        names |= set(dynamic)
    return names
