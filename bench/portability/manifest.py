"""What a run was: of which code, on which machine, when, with which versions and prices."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from bench.measure import model

NOTICE = "local runtimes, not cloud latency"
MEASURED = ("bench", "core", "adapters", "tests/beds", "tests/contract/providers", "requirements")
"""What a figure depends on."""


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def begun(kind: str, targets: Mapping[str, str]) -> dict[str, Any]:
    """The manifest of a run that begins; `targets` says of each what answers."""
    revision, changes = code()
    return {
        "kind": kind,
        "notice": NOTICE,
        "revision": revision,
        "changes": changes,
        "dirty": bool(changes),
        "begun": now(),
        "ended": None,
        "machine": {
            "cpu": model(),
            "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
        },
        "targets": dict(targets),
        "versions": {},
    }


def code() -> tuple[str, str]:
    """The revision, and a digest of what is measured and not committed; empty: nothing."""
    revision = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("diff", "HEAD", "--", *MEASURED)
    new = _git("ls-files", "--others", "--exclude-standard", "--", *MEASURED).split()
    if not changed and not new:
        return revision, ""
    digest = sha256(changed.encode())
    for name in new:
        digest.update(name.encode() + Path(name).read_bytes())
    return revision, digest.hexdigest()[:12]


def _git(*arguments: str) -> str:
    """Empty where this is no clone."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
