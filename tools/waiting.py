"""Waiting for what a healthy system does in its own time: one helper, and one setting for its patience."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = float(os.environ.get("TREFOIL_PATIENCE", "300"))
"""Seconds until what has not come is given up. It is no limit that a healthy system comes near, on however busy a
machine: a wait ends as soon as the answer is there, so patience costs time only where something is broken."""


class NeverCame(Exception):
    """What was waited for did not come within `PATIENCE`."""


def eventually(what: str, look: Callable[[], T], *, every: float = 0.05) -> T:
    """What `look` finds, as soon as it is something; it is asked again `every` so many seconds.

    Raises `NeverCame` naming `what`, and whatever `look` raises.
    """
    until = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > until:
            raise NeverCame(f"{what} did not come within {PATIENCE:g} s (TREFOIL_PATIENCE)")
        time.sleep(every)
    return found
