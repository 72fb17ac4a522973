"""Requests: as many at once as are stated, several times as many, for a while, and beside a flood of logins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from bench.arrivals import Answered, at_once, closed_loop, open_loop
from tests.contract.system import System
from tests.faults.load import crowd, memory
from tests.faults.load.capacity import Capacity, limited
from tests.faults.load.conftest import Amount
from tests.faults.load.editing import editing
from tests.figures import Tell

BURST = 4
"""Times the stated capacity."""
WARM = 4
STEADY = memory.MIB
"""By which each process may grow in three of four windows. The first time that a thread does something beside others,
allocators take some 20 MiB and keep them: such steps are in as many of the windows as there are threads, a leak is in all."""
EDITORS = 3
SETTINGS = f"/api/accounts/{crowd.ACCOUNT}/settings"


@pytest.fixture(scope="module", autouse=True)
def _ready(system: System) -> None:
    crowd.ready(system)


def test_as_many_requests_at_once_as_are_stated_are_all_answered(
    system: System, stated: Capacity, amount: Amount, figure: Tell
) -> None:
    asks = crowd.half_reading(system, stated.at_once)
    found: list[Answered] = []
    with limited(system.harness, stated):
        for _ in range(amount.bursts):
            found += at_once(crowd.client(system.harness), asks)
    crowd.assert_orderly(found, stated)
    assert all(one.right for one in found), crowd.told(found)
    figure(f"{stated.at_once} at once ({stated.stated}), {amount.bursts} times: {crowd.told(found)}")


def test_a_burst_of_several_times_that_is_answered_or_told_to_wait_and_the_next_request_is_answered(
    system: System, stated: Capacity, amount: Amount, figure: Tell
) -> None:
    found: list[Answered] = []
    with limited(system.harness, stated):
        for _ in range(amount.bursts):
            asks = crowd.half_reading(system, stated.at_once * BURST)
            found += at_once(crowd.client(system.harness), asks)
            assert system.get("/api/hello").status_code == 200
    crowd.assert_orderly(found, stated)
    assert sum(one.right for one in found) >= stated.at_once, "those that it takes on are answered"
    slowest = max(one.seconds for one in found)
    figure(
        f"{amount.bursts} bursts of {stated.at_once * BURST}: {crowd.told(found)}; beyond {stated.at_once} {stated.beyond};"
        f" the last answer after {slowest:.1f} s"
    )


def test_below_what_it_can_do_nothing_fails_nothing_is_lost_and_memory_stays(
    system: System, stated: Capacity, amount: Amount, figure: Tell
) -> None:
    asks, client = crowd.mixed(system), crowd.client(system.harness)
    for _ in range(WARM):  # each thread has read a table beside others then
        at_once(crowd.client(system.harness), (crowd.reading(system) * stated.clients)[: stated.clients])
    closed = closed_loop(crowd.client(system.harness), asks, amount.seconds, stated.clients)
    rate = len(closed) / amount.seconds / 2
    answers: list[Answered] = []
    held = [memory.held(system.harness.provider)]
    with editing(system, SETTINGS, EDITORS) as edits:
        for _ in range(amount.windows):
            turn = len(answers) % len(asks)
            answers += open_loop(client, [(rate, asks[turn:] + asks[:turn])], amount.sustained / amount.windows)
            held.append(memory.held(system.harness.provider))
    crowd.assert_none_refused(closed, stated, stated.clients)
    crowd.assert_none_refused(answers, stated, client.most + EDITORS)
    figure(
        f"{rate:.0f} requests a second for {amount.sustained:.0f} s: {crowd.told(answers)}; {client.most} under way at most;"
        f" {edits.written} edits of one document, {edits.refused} refused as stale"
    )
    # Those that were warm when it began: on AWS others are started meanwhile, which have first things to do.
    warm = [{pid: size for pid, size in one.items() if pid in held[0]} for one in held]
    grown = [memory.grown(before, after) for before, after in pairwise(warm)]
    steady = sorted(grown)[len(grown) // 4]
    each, processes = len(answers) / amount.windows, len(warm[-1])
    figure(
        f"memory of {processes} processes: {sum(warm[0].values()) / memory.MIB:.0f} MiB before,"
        f" {sum(warm[-1].values()) / memory.MIB:.0f} after {len(answers):,} requests; steady growth"
        f" {steady / each / 1024:.2f} KiB a request, and {STEADY * processes / each / 1024:.2f} would fail"
    )
    assert processes, "no process that answered at first is left"
    assert steady < STEADY * processes, [f"{one / memory.MIB:.1f} MiB" for one in grown]


def test_others_are_answered_while_people_that_nobody_knows_log_in_without_end(
    system: System, stated: Capacity, amount: Amount, figure: Tell
) -> None:
    crowding = stated.at_once // 2
    with limited(system.harness, stated), ThreadPoolExecutor(1) as pool:
        flood = pool.submit(
            closed_loop,
            crowd.client(system.harness),
            crowd.nobodies(system.harness, 5000),
            amount.seconds,
            crowding,
        )
        beside = closed_loop(
            crowd.client(system.harness),
            [*crowd.hello(system.harness), *crowd.reading(system)],
            amount.seconds,
            2,
        )
        logins = flood.result()
    crowd.assert_orderly(logins, stated)
    wrong = [one for one in beside if not one.right]
    assert not wrong, f"{len(wrong)} of {len(beside)}: {wrong[:5]}"
    figure(f"{crowding} log in at a time ({crowd.told(logins)}) beside {len(beside):,} others, all answered")
