"""Users of every kind while the store fails in every way: nobody waits for ever, nothing is lost, nothing is doubled."""

from __future__ import annotations

import random
from functools import partial
from urllib.parse import urlsplit

import pytest

from tests.beds.fault_proxy import Asked, Fault, FaultProxy, Rule
from tests.contract.system import System
from tests.faults.stores.mix import Round, judged, told
from tests.figures import Tell

SEED = 20
QUICK, LONG = 3, 60
"""Rounds; the last of every three is an outage."""
SILENT = (Fault.HANG, Fault.LOST_HANG)


def rules(chosen: random.Random, place: str) -> list[Rule]:
    """Two or three ways in which some of the requests fail; few are silent, since each takes its seconds."""
    kinds = chosen.sample([fault for fault in Fault if fault not in SILENT], 3)
    silent = Rule(chosen.choice(SILENT), path=place, share=0.02, times=2)
    return [silent, *(Rule(kind, path=place, share=chosen.choice((0.02, 0.05, 0.15))) for kind in kinds)]


def test_users_of_a_failing_store_are_told_the_truth(
    system: System, proxy: FaultProxy, pytestconfig: pytest.Config, figure: Tell
) -> None:
    chosen = random.Random(SEED)
    place = urlsplit(system.harness.store.url).netloc
    rounds = []
    for number in range(LONG if pytestconfig.getoption("--long") else QUICK):
        outage = number % 3 == 2
        found = [Rule(Fault.BUSY, path=place)] if outage else rules(chosen, place)
        rounds.append(Round(partial(proxy.plan, *found, seed=number), things=1 if outage else 6))
    asked: list[Asked] = []

    def end() -> None:
        proxy.plan()
        asked.extend(proxy.taken())

    done = judged(system, rounds, end, seed=SEED)
    figure(f"{told(asked)}; {done}")
