"""Where a newcomer may be: on a Debian that has nothing but git and Python, or else on this machine, in a new clone."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.beds.processes import begin

ROOT = Path(__file__).parents[2]
SUITE, MIRROR = "bookworm", "http://deb.debian.org/debian"
"""Debian 12, whose Python is the oldest that Trefoil takes."""
PACKAGES = "ca-certificates,git,python3,python3-venv"
OURS = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")
"""Files by which this machine reaches others."""
NETWORK = ("PIP_", "NPM_CONFIG_", "SSL_CERT", "NODE_EXTRA_CA", "REQUESTS_CA", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""What the names of variables begin with that say the same."""
REACHES = "python3 -m venv /tmp/probe && /tmp/probe/bin/pip download -q --no-deps --dest /tmp/probe wheel"
"""What nobody can do who reaches no index of packages."""
UNKNOWN = ("PIP_FIND_LINKS", "PIP_CONSTRAINT")
"""Those that name files of this machine."""


@dataclass(frozen=True)
class Place:
    """A clone, and how a shell is started there."""

    clone: Path
    """As seen from here."""
    within: str
    """As seen from there."""
    enter: tuple[str, ...]
    variables: Mapping[str, str]

    def shell(self, commands: str, **options: Any) -> subprocess.Popen[Any]:
        """Commands in the clone, as typed; the options are Popen's."""
        typed = ["bash", "-euo", "pipefail", "-c", f"cd {self.within}\n{commands}"]
        return begin([*self.enter, *typed], env=self.variables, **options)


class NotBareError(Exception):
    """There can be no bare Debian here. The message says why."""


def bare(folder: Path) -> Place:
    """A new Debian in a folder, with a new clone. Raises `NotBareError`."""
    if os.geteuid() != 0:
        raise NotBareError("only root can make one")
    if missing := [one for one in ("debootstrap", "unshare", "chroot") if shutil.which(one) is None]:
        raise NotBareError(f"there is no {missing[0]} here; on Debian: apt-get install {missing[0]}")
    _done("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(folder), MIRROR)
    for one in OURS:
        shutil.copy(one, folder / one[1:])
    found = {name: value for name, value in os.environ.items() if name.upper().startswith(NETWORK)}
    known = {name: value for name, value in found.items() if name not in UNKNOWN}
    # Namespaces of its own: with its last process all of them are gone, and what was mounted.
    alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={folder / 'proc'}"]
    enter = (*alone, "chroot", str(folder))
    variables = {**known, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
    _done(*enter, "bash", "-c", REACHES, env=variables)
    return Place(cloned(folder / "root" / "trefoil"), "/root/trefoil", enter, variables)


def _done(*command: str, **options: Any) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise NotBareError(f"{' '.join(command)} said {(done.stdout + done.stderr)[-1000:]}")


def here(folder: Path) -> Place:
    """A new clone on this machine."""
    clone = cloned(folder / "trefoil")
    return Place(clone, str(clone), (), {name: value for name, value in os.environ.items() if name != "PYTHONPATH"})


def cloned(folder: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder
