"""What a run was: of which code, on which machine, when, with which versions and prices."""

from __future__ import annotations

import json
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
PRICES = Path(__file__).parents[1] / "prices.json"


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def begun(kind: str, targets: Mapping[str, str]) -> dict[str, Any]:
    """The manifest of a run that begins; `targets` says of each what answers."""
    prices = PRICES.read_bytes()
    return {
        "kind": kind,
        "notice": NOTICE,
        "revision": _git("rev-parse", "--short=12", "HEAD"),
        "dirty": bool(_git("status", "--porcelain", "--untracked-files=no")),
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
        "prices": {
            "file": f"bench/{PRICES.name}",
            "sha256": sha256(prices).hexdigest(),
            "date": json.loads(prices)["date"],
        },
    }


def _git(*arguments: str) -> str:
    """Empty where this is no clone."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
