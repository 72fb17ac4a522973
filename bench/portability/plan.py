"""How much each kind of run measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.portability import beside
from bench.portability.beside import Size
from bench.portability.workloads import Workload

Part = Literal["warm", "sweep", "load", "tax", "trips", "beside"]
PARTS: tuple[Part, ...] = ("warm", "sweep", "load", "tax", "trips", "beside")


@dataclass(frozen=True, slots=True)
class Plan:
    kind: Literal["quick", "full"]
    warm_up: int
    """Times that each target does a workload before its rounds, so that no cold start is among them."""
    tax_rounds: int
    """Processes that are started for each handler: the cold starts."""
    tax_warm: int
    """Requests to each of them after the first."""
    load_targets: tuple[str, ...]
    """Empty: every target."""
    load_requests: tuple[str, ...]
    load_seconds: float
    """Of a step, at least."""
    commits: int
    """Of the large table whose requests to the store are counted; none: they aren't, and nothing is priced."""
    beside: Size
    besides: tuple[str, ...]

    def rounds(self, workload: Workload) -> int:
        return workload.quick if self.kind == "quick" else workload.full


FULL = Plan(
    kind="full",
    warm_up=2,
    tax_rounds=30,
    tax_warm=20,
    load_targets=(),
    load_requests=("hello", "me"),
    load_seconds=3,
    commits=500,
    beside=beside.FULL,
    besides=tuple(beside.NAMES),
)
QUICK = Plan(
    kind="quick",
    warm_up=1,
    tax_rounds=1,
    tax_warm=5,
    load_targets=("local",),
    load_requests=("hello",),
    load_seconds=1,
    commits=0,
    beside=beside.QUICK,
    besides=("ingest",),
)
PLANS = {one.kind: one for one in (FULL, QUICK)}
