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
    """Of the large table before whose store requests are counted."""
    beside: Size
    besides: tuple[str, ...]

    def rounds(self, workload: Workload) -> int:
        return workload.quick if self.kind == "quick" else workload.full


FULL = Plan("full", 30, 10, (), ("hello", "me"), 4, 500, beside.FULL, tuple(beside.NAMES))
QUICK = Plan("quick", 3, 5, ("local",), ("hello",), 1, 20, beside.QUICK, ("ingest", "query"))
PLANS = {"full": FULL, "quick": QUICK}
