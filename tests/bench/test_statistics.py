"""Intervals cover what they say they do: by exact sums, and by simulation with distributions as latencies have them."""

from __future__ import annotations

import random
from math import comb, log, sqrt
from statistics import NormalDist

import pytest

from bench.portability import statistics

RUNS = 3000
CASES = [(200, 0.5), (200, 0.9), (200, 0.95), (400, 0.99), (30, 0.5), (30, 0.9), (40, 0.9), (9, 0.5), (600, 0.5)]
"""Samples of a cell, and a quantile. 30 are too few for an interval of the 90th percentile."""


def tails(n: int, q: float, low: int, high: int) -> tuple[float, float]:
    """By how much an interval of these ranks misses the quantile above and below, exactly."""
    at_most = [comb(n, k) * q**k * (1 - q) ** (n - k) if n < 500 else 0.0 for k in range(n + 1)]
    return sum(at_most[:low]), sum(at_most[high:])


def lognormal(rng: random.Random) -> float:
    return rng.lognormvariate(0, 1)


def two_humps(rng: random.Random) -> float:
    """Most are quick, some wait: nothing like a bell."""
    return rng.uniform(1, 2) if rng.random() < 0.85 else rng.uniform(40, 60)


def quantile_of(draw: object, q: float) -> float:
    if draw is lognormal:
        return 2.718281828459045 ** NormalDist().inv_cdf(q)
    return 1 + q / 0.85 if q < 0.85 else 40 + (q - 0.85) / 0.15 * 20


@pytest.mark.parametrize("draw", [lognormal, two_humps], ids=["lognormal", "two humps"])
@pytest.mark.parametrize(("n", "q"), CASES)
def test_an_interval_covers_the_true_quantile_as_often_as_it_says(n, q, draw):
    found = statistics.ranks(n, q)
    if found is None:
        assert (n, q) == (30, 0.9)
        return
    rng, truth = random.Random(f"{n} {q}"), quantile_of(draw, q)
    above = below = 0
    for _ in range(RUNS if n <= 200 else RUNS // 3):
        interval = statistics.quantile([draw(rng) for _ in range(n)], q)
        above += interval.low > truth
        below += interval.high < truth
    runs = RUNS if n <= 200 else RUNS // 3
    for missed, exact in zip((above, below), tails(n, q, *found), strict=True):
        exact = exact or 0.02
        assert missed / runs <= 0.025 + 3 * sqrt(0.025 * 0.975 / runs)
        if n < 500:  # neither wider nor narrower than those ranks are
            assert abs(missed / runs - exact) <= 4 * sqrt(exact * (1 - exact) / runs) + 1 / runs


@pytest.mark.parametrize(("n", "q"), [case for case in CASES if case[0] < 500 and case != (30, 0.9)])
def test_one_rank_less_on_either_side_would_cover_too_little(n, q):
    low, high = statistics.ranks(n, q)
    assert all(missed <= 0.025 for missed in tails(n, q, low, high))
    assert tails(n, q, low + 1, high)[0] > 0.025
    assert tails(n, q, low, high - 1)[1] > 0.025


def test_ranks_are_those_of_the_published_table():
    # NIST/SEMATECH e-Handbook and Conover, Practical Nonparametric Statistics: the median's 95 % interval.
    published = {6: (1, 6), 10: (2, 9), 20: (6, 15), 30: (10, 21), 50: (18, 33), 100: (40, 61)}
    assert {n: statistics.ranks(n, 0.5) for n in published} == published


@pytest.mark.parametrize(("q", "least"), [(0.5, 6), (0.9, 36), (0.95, 72), (0.99, 368)])
def test_below_so_many_samples_there_is_no_interval(q, least):
    # The largest of n is below the quantile with the probability q ** n.
    assert least == next(n for n in range(1, 1000) if q**n <= 0.025)
    assert statistics.ranks(least, q) is not None
    assert statistics.ranks(least - 1, q) is None
    interval = statistics.quantile([float(n) for n in range(least - 1)], q)
    assert (interval.low, interval.high) == (None, None)


def test_a_quantile_lies_between_order_statistics():
    assert statistics.quantile([3.0, 1.0, 2.0, 4.0], 0.5).value == 2.5
    assert statistics.quantile([5.0], 0.99).value == 5.0
    assert statistics.quantile(list(map(float, range(101))), 0.95).value == 95.0


def test_large_counts_go_by_logarithms_and_agree():
    exact = comb(499, 240) * 0.5**499
    assert statistics._binomial(499, 240, 0.5) == pytest.approx(exact)
    assert statistics._binomial(500, 240, 0.5) == pytest.approx(comb(500, 240) / 2**500, rel=1e-9)
    assert log(2) > 0


def test_a_difference_that_is_there_is_found_though_the_machine_drifts():
    rng = random.Random(1)
    drift = [1 + n / 20 for n in range(200)]  # ten times as slow at the end
    a = [d * rng.lognormvariate(0, 0.1) for d in drift]
    b = [d * rng.lognormvariate(0, 0.1) * 1.1 for d in drift]
    assert statistics.difference(a, b, comparisons=6).verdict == "a less"
    assert statistics.difference(b, a, comparisons=6).verdict == "b less"


def test_equals_are_told_apart_no_more_often_than_stated():
    rng, runs, told = random.Random(2), 1500, 0
    for _ in range(runs):
        a, b = ([rng.lognormvariate(0, 0.5) for _ in range(60)] for _ in range(2))
        told += statistics.difference(a, b).verdict != "no significant difference"
    assert told / runs <= 0.05 + 3 * sqrt(0.05 * 0.95 / runs)


def test_more_comparisons_ask_for_more_certainty():
    one, six = (statistics.difference(range(40), [n + (n % 5) - 1 for n in range(40)], comparisons=c) for c in (1, 6))
    assert one.confidence == pytest.approx(0.95)
    assert six.confidence == pytest.approx(1 - 0.05 / 6)
    assert six.median.low <= one.median.low <= one.median.high <= six.median.high


def test_few_rounds_are_no_verdict():
    assert statistics.difference([1.0] * 5, [2.0] * 5).verdict == "n too small"


def test_pairs_that_lack_a_partner_are_refused():
    with pytest.raises(ValueError, match="zip"):
        statistics.difference([1.0], [1.0, 2.0])


def test_a_ratio_is_the_median_of_those_within_a_round():
    assert statistics.ratio([2.0, 8.0, 3.0], [1.0, 2.0, 1.0]).value == 3.0
