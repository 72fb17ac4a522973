"""Trying a target with inputs that are spoilt at random: where no fuzzer is, and in every environment alike."""

from __future__ import annotations

import time
from random import Random

from tests.fuzz.spoil import spoiled
from tests.fuzz.target import Target


class Broken(AssertionError):
    """An input for which a target's promise does not hold; `data` is the input."""

    def __init__(self, target: Target, data: bytes) -> None:
        super().__init__(f"{target}: {target.holds}; but not for {data[:2000]!r}")
        self.data = data


def tried(target: Target, seconds: float, seed: int = 0) -> int:
    """How many inputs were tried in so many seconds, at least one; each is a seed that is spoilt.

    Raises `Broken`.
    """
    random, seeds = Random(seed), list(target.seeds())
    until, count = time.monotonic() + seconds, 0
    while not count or time.monotonic() < until:
        data = spoiled(random.choice(seeds), seeds, random)
        try:
            target.check(data)
        except Exception as error:
            raise Broken(target, data) from error
        count += 1
    return count
