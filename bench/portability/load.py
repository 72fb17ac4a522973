"""The highest rate that a system holds, and what happens at twice that: an open loop, by k6.

Requests are sent at their time whether or not earlier ones were answered, so that a slow system is not asked less
(https://grafana.com/docs/k6/latest/using-k6/scenarios/concepts/open-vs-closed/). A step in which k6 could not send one
at its time (`dropped`) says nothing of the system, and counts as not held. k6 shares this machine's cores with what it asks.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any, Literal

from bench.portability.targets import Target

P99_MS = 100.0
"""At which a rate is held no longer."""
MOST = 4096
"""Requests a second up to which the rate is doubled."""
FIRST = 32
"""Requests a second that are tried first; below it the 99th percentile of a step would be the slowest of a few."""
LEAST = 4
ENOUGH = 200
"""Requests of a step at least, so that two of them may be slow."""
USERS = 3000
"""Requests that can be under way at once, at most: each takes k6 some memory."""
BISECTIONS = 2
SCRIPT = Path(__file__).with_name("load.js")
REQUESTS = {"hello": ("/api/hello?name=Tim", "Hello Tim"), "me": ("/api/me", '"user"')}
"""The path, and what an answer has to hold."""

Kind = Literal["search", "held", "twice"]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """So many requests a second for a while: how many were sent, could not be sent, and how they were answered.

    Times are of right answers alone, in milliseconds.
    """

    rate: int
    kind: Kind
    sent: int
    dropped: int
    answered: int
    refused: int
    """429 or 503."""
    failed: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None

    @property
    def holds(self) -> bool:
        """Every request was sent and answered rightly, 99 of 100 within `P99_MS`."""
        return self.answered == self.sent > 0 and not self.dropped and (self.p99_ms or P99_MS) < P99_MS


def measure(target: Target, request: str, seconds: float, say: Say) -> dict[str, Any]:
    """Double the rate until it is not held, halve the gap a few times, and look at the highest held rate and twice it.

    A rate is not held when it is not twice, one after the other: what else the machine does may be to blame for one.
    """
    steps: list[Step] = []

    def at(rate: int, kind: Kind = "search", times: float = 1) -> Step:
        steps.append(step(target, request, rate, kind, max(times * seconds, ENOUGH / rate)))
        return steps[-1]

    def held_at(rate: int) -> bool:
        return at(rate).holds or at(rate).holds

    for _ in range(2):  # what runs more than one at a time has started its processes then
        step(target, request, FIRST, "search", seconds)
    held, rate = 0, FIRST
    while rate <= MOST and held_at(rate):
        held, rate = rate, rate * 2
    too_much = rate
    while not held and rate > LEAST:
        rate //= 2
        held = rate if held_at(rate) else 0
        too_much = too_much if held else rate
    for _ in range(BISECTIONS if held else 0):
        middle = round((held * too_much) ** 0.5)
        if middle in (held, too_much):
            break
        if held_at(middle):
            held = middle
        else:
            too_much = middle
    while held and not at(held, "held", 2).holds:  # longer than the search looked: it only seemed to be held
        steps[-1] = replace(steps[-1], kind="search")
        held = int(held * 0.9)
    if held:
        at(2 * held, "twice", 2)
    say(f"load, {target.name} {request}: {held or f'less than {LEAST}'} a second at p99 < {P99_MS:.0f} ms")
    return {
        "target": target.name,
        "request": request,
        "held_rate": held or None,
        "steps": [asdict(one) for one in steps],
    }


def step(target: Target, request: str, rate: int, kind: Kind, seconds: float) -> Step:
    """One run of k6. Raises `RuntimeError` with what it says when it fails."""
    path, holds = REQUESTS[request]
    headers = {**target.headers, "Authorization": f"Bearer {target.token}"} if request != "hello" else target.headers
    asked = {
        "url": target.base_url + path,
        "headers": dict(headers),
        "holds": holds,
        "rate": rate,
        "seconds": ceil(seconds),
        "users": max(10, min(USERS, int(rate * seconds))),
    }
    command = [k6(), "run", "--quiet", "--no-usage-report", "--log-output=stderr", str(SCRIPT)]
    done = subprocess.run(
        command, env={**os.environ, "ASKED": json.dumps(asked)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"k6 ended with {done.returncode}: {done.stderr[-2000:]}")
    return Step(rate=rate, kind=kind, **json.loads(done.stdout[done.stdout.index("{") :]))


def k6() -> str:
    """The one that is locked beside this Python. Raises `RuntimeError` where it isn't."""
    found = shutil.which("k6", path=Path(sys.executable).parent)
    if not found:
        raise RuntimeError(
            "there is no k6 beside this Python; run it as nox -s bench, or install requirements/bench.txt"
        )
    return found
