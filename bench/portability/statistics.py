"""Quantiles with intervals that assume nothing of a distribution but that samples are independent of each other.

The interval of a quantile goes from one order statistic to another: how many of n samples lie below the true quantile q
is binomial (n, q), whatever the distribution, so that the ranks follow from the confidence alone (David and Nagaraja,
Order Statistics, 3rd edition, section 7.1; NIST/SEMATECH e-Handbook, 7.2.6.3). Where no pair of ranks has it, n is too
small, and there is no interval.

Two targets are compared by the differences within each round: what slows the machine down for a while slows both, and
the interval of the median of those differences is the sign test's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb, log

CONFIDENCE = 0.95
QUANTILES = (0.5, 0.9, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, and between which values the true one lies with `confidence`; None: n is too small to say."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much `b` takes more than `a`, within a round: the median, its interval, and what it means."""

    median: Interval
    n: int
    confidence: float

    @property
    def verdict(self) -> str:
        """`a less`, `b less`, `no significant difference` or `n too small`."""
        low, high = self.median.low, self.median.high
        if low is None or high is None:
            return "n too small"
        if low > 0:
            return "a less"
        return "b less" if high < 0 else "no significant difference"


@lru_cache(maxsize=4096)
def ranks(n: int, q: float, confidence: float = CONFIDENCE) -> tuple[int, int] | None:
    """The ranks (from 1) between whose order statistics the quantile lies with at least this confidence.

    Each side misses it with at most half of the rest. None where n is too small for that.
    """
    rest = (1 - confidence) / 2
    # P(at most k samples lie below the quantile), which is that the sample of rank k + 1 is not below it.
    below, low, high = 0.0, 0, 0
    for k in range(n + 1):
        below += _binomial(n, k, q)
        if below <= rest:
            low = k + 1  # X(k+1) > quantile has the probability `below`
        if not high and below >= 1 - rest:
            high = k + 1  # X(k+1) < quantile has the probability 1 - below
    return (low, high) if low and 0 < high <= n else None


def _binomial(n: int, k: int, q: float) -> float:
    if n < 500:
        return float(comb(n, k) * q**k * (1 - q) ** (n - k))
    from math import exp, lgamma  # the numbers of `comb` are too long for a float

    return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(q) + (n - k) * log(1 - q))


def quantile(values: Sequence[float], q: float, confidence: float = CONFIDENCE) -> Interval:
    """The sample quantile (linear between order statistics, as R's type 7) with its interval. Raises for no values."""
    ordered = sorted(values)
    at = q * (len(ordered) - 1)
    floor = int(at)
    above = ordered[min(floor + 1, len(ordered) - 1)]
    value = ordered[floor] + (at - floor) * (above - ordered[floor])
    found = ranks(len(ordered), q, confidence)
    if found is None:
        return Interval(value, None, None)
    return Interval(value, ordered[found[0] - 1], ordered[found[1] - 1])


def difference(a: Sequence[float], b: Sequence[float], *, comparisons: int = 1) -> Difference:
    """Of pairs that were taken in the same round; `comparisons`: how many are made of one kind (Bonferroni).

    Raises `ValueError` when they are not as many.
    """
    confidence = 1 - (1 - CONFIDENCE) / comparisons
    taken = [theirs - ours for ours, theirs in zip(a, b, strict=True)]
    return Difference(quantile(taken, 0.5, confidence), len(taken), confidence)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """The median of the ratios within a round, with its interval. Raises `ValueError` when they are not as many."""
    return quantile([one / other for one, other in zip(ours, theirs, strict=True)], 0.5)
