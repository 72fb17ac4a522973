"""What a summary says, as the page and the terminal read it: everything but the manifest may be missing.

Times are in seconds and sizes in MiB where a name ends so; a metric's name ends in its own unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct


class Estimate(Struct, frozen=True):
    """A figure, and between which values the true one lies; None: n is too small to say."""

    value: float
    low: float | None = None
    high: float | None = None

    def times(self, factor: float) -> Estimate:
        """The same in another unit."""
        low, high = (None if end is None else end * factor for end in (self.low, self.high))
        return Estimate(self.value * factor, low, high)


class Cell(Struct, frozen=True):
    """What was measured again and again. A quantile for which n is too small is not there."""

    part: str
    target: str
    workload: str
    way: str
    metric: str
    n: int
    void: str = ""
    """What was wrong with an answer; not empty: there are no figures."""
    min: float | None = None
    max: float | None = None
    quantiles: dict[str, Estimate] = {}


class Difference(Struct, frozen=True):
    """By how many seconds `b` took more than `a` within a round: the median and its interval."""

    part: str
    workload: str
    metric: str
    a: str
    b: str
    n: int
    verdict: str
    median_s: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    confidence: float = 0.95


class Ratio(Struct, frozen=True):
    """How many times what `of` takes `way` takes, within a round."""

    target: str
    workload: str
    metric: str
    way: str
    of: str
    ratio: Estimate


class Step(Struct, frozen=True):
    """One rate, in requests a second, kept up for a while. `kind`: `search`, `held` or `twice` what was held."""

    rate: float
    kind: str
    sent: int = 0
    dropped: int = 0
    answered: int = 0
    refused: int = 0
    failed: int = 0
    p50_ms: float | None = None
    p99_ms: float | None = None


class Load(Struct, frozen=True):
    """What one request's rate came to. `held_rate`: the highest whose p99 stayed below 100 ms; None: none did."""

    target: str
    request: str
    held_rate: float | None = None
    steps: list[Step] = []

    def last(self, kind: str) -> Step | None:
        """The last step of a kind, if there was one."""
        return next((step for step in reversed(self.steps) if step.kind == kind), None)


class Trip(Struct, frozen=True):
    """Requests to the store for one operation: all, and the longest chain of those that wait for each other."""

    total: int
    chain: int
    kinds: dict[str, int] = {}
    cpu_ms: float | None = None


class Trips(Struct, frozen=True):
    """One provider's operations, with a table of so many commits."""

    operations: dict[str, Trip] = {}
    commits: int | None = None


class Cost(Struct, frozen=True):
    """Dollars for a million operations, and what they are made of."""

    total: float
    parts: dict[str, float] = {}


class Year(Struct, frozen=True):
    """Dollars for a customer's year, without and with what is free each month; `what` it consists of."""

    total: float
    with_free_tier: float | None = None
    parts: dict[str, float] = {}
    what: dict[str, Any] = {}


class PricesUsed(Struct, frozen=True):
    """`to_confirm`: the prices that nobody has read on the provider's own page yet."""

    date: str = ""
    sha256: str = ""
    to_confirm: list[Any] = []


class Costs(Struct, frozen=True):
    """Dollars, by operation and provider."""

    assumptions: dict[str, Any] = {}
    prices: PricesUsed = PricesUsed()
    million: dict[str, dict[str, Cost]] = {}
    customer_year: dict[str, Year] = {}
    monthly: dict[str, dict[str, float]] = {}


class Contender(Struct, frozen=True):
    """Medians of n runs."""

    wall_s: float
    cpu_s: float | None = None
    peak_mib: float | None = None
    n: int | None = None


class Contest(Struct, frozen=True):
    """The same task done by Trefoil, whose contenders' names begin so, and by others."""

    contenders: dict[str, Contender] = {}
    rows: int | None = None


class Machine(Struct, frozen=True):
    """Where it ran."""

    cpu: str = "a processor that was not noted"
    cores: int = 0
    memory_gib: float = 0
    system: str = ""
    python: str = ""


class PriceFile(Struct, frozen=True):
    """Which prices were used."""

    file: str = ""
    sha256: str = ""
    date: str = ""


class Manifest(Struct, frozen=True):
    """What was run, where and when."""

    revision: str
    dirty: bool = False
    kind: str = "full"
    begun: str = ""
    ended: str | None = None
    notice: str = "local runtimes, not cloud latency"
    machine: Machine = Machine()
    versions: dict[str, dict[str, str]] = {}
    targets: dict[str, str] = {}
    prices: PriceFile | None = None
    notes: list[str] = []


class Summary(Struct, frozen=True):
    """All of it."""

    manifest: Manifest
    cells: list[Cell] = []
    differences: list[Difference] = []
    tax: list[Ratio] = []
    load: list[Load] = []
    round_trips: dict[str, Trips] = {}
    costs: Costs | None = None
    beside: dict[str, Contest] = {}

    def cell(self, part: str, target: str, workload: str, metric: str, way: str = "trefoil") -> Cell | None:
        """The one of that name, if it was measured."""
        wanted = (part, target, workload, metric, way)
        found = (c for c in self.cells if (c.part, c.target, c.workload, c.metric, c.way) == wanted)
        return next(found, None)

    def ratio(self, target: str, workload: str, metric: str, way: str = "trefoil", of: str = "native") -> Ratio | None:
        """The one of that name, if it was measured."""
        wanted = (target, workload, metric, way, of)
        return next((r for r in self.tax if (r.target, r.workload, r.metric, r.way, r.of) == wanted), None)


def read(summary: Mapping[str, Any]) -> Summary:
    """Raises `ValueError` that names the place, when it is not of this shape."""
    try:
        return msgspec.convert(summary, Summary)
    except msgspec.ValidationError as error:
        raise ValueError(f"no summary: {error}; it has to be what `bench.portability` writes as summary.json") from None
