"""What sessions take from the machine, beside what they install: how it is found, and what brings it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.node import OLDEST, machines_node


def python313() -> str | None:
    """A Python 3.13; pyenv's shims don't answer for it, so its versions are looked at, and those that uv brought."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    uv = Path.home() / ".local" / "share" / "uv" / "python"
    kept = sorted([*pyenv.glob("3.13*/bin/python3.13"), *uv.glob("cpython-3.13*/bin/python3.13")])
    for found in (shutil.which("python3.13"), *map(str, kept)):
        if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return found
    return None


@dataclass(frozen=True)
class Need:
    """What a session takes from the machine. `without` says what is done where it is missing; else it is an error."""

    name: str
    find: Callable[[], str | None]
    brings: str
    without: str = ""


NODE = Need(f"Node.js {OLDEST}", machines_node, "apt-get install nodejs npm", "one comes from PyPI")
PYTHON313 = Need("Python 3.13", python313, "uv python install 3.13", "the package is built, but not started")
WORKER = Need(
    "Python 3.13", python313, "uv python install 3.13", "Azure's worker runs on another, which it does not support"
)
MEASURED = Need(
    "Python 3.13", python313, "uv python install 3.13", "Azure's runtime and the portability tax are not measured"
)
CURL = Need("curl", lambda: shutil.which("curl"), "apt-get install curl", "a signed URL is not tried with it")
NGINX = Need(
    "nginx",
    lambda: shutil.which("nginx") or shutil.which("/usr/sbin/nginx"),
    "apt-get install nginx-light",
    "the rules of the site's web server on Google Cloud are not tried",
)
CHROMIUM = Need(
    "Chromium",
    lambda: os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser"),
    "apt-get install chromium, or set CHROMIUM to one",
)
TERRAFORM = Need(
    "terraform", lambda: shutil.which("terraform"), "see https://developer.hashicorp.com/terraform/install"
)
