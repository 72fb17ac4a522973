"""What the processes that serve requests hold in memory, by /proc."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.leftovers import processes

MIB = 1024 * 1024
SERVING: Mapping[str, str] = {
    "local": "-m adapters.local ",
    "aws": "adapters.aws.main.api",
    "gcp": "functions_framework --target api ",
    "azure": "functions_worker.py",
}
"""What the command of a process has in it that answers requests."""


def held(provider: str) -> dict[int, int]:
    """Bytes of each process that are its own: what it allocated, not the files that it has mapped (proc(5), RssAnon)."""
    found = {}
    for pid, command in processes().items():
        if SERVING[provider] in command:
            with suppress(OSError):  # it ended just now
                status = Path(f"/proc/{pid}/status").read_text()
                found[pid] = int(re.findall(r"RssAnon:\s+(\d+) kB", status)[0]) * 1024
    assert found, f"no process of {provider} was found by {SERVING[provider]!r}"
    return found


def grown(before: Mapping[int, int], after: Mapping[int, int]) -> int:
    """By how much those grew that are in both."""
    return sum(after[pid] - before[pid] for pid in before if pid in after)
