"""What hatchling does besides, when it builds the wheel: the site goes into it, where it was built (`nox -s site`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT, INTO = "web/dist", "adapters/local/site_files"


class SiteHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard" and (Path(self.root) / BUILT / "index.html").exists():
            build_data["force_include"][BUILT] = INTO
