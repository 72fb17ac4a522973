"""The interleaved run: in each round every target does the same once, each round beginning with another of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bench.portability.samples import Cell, Journal, Sample, sample
from bench.portability.targets import Ended
from bench.portability.workloads import Run, Workload

TREFOIL = "trefoil"
SAID_EVERY = 10.0
"""Seconds."""
WARM_UP_NUMBER = 1_000_000
"""From which on those are numbered, apart from any round."""

Say = Callable[[str], None]


def measure(journal: Journal, runs: Sequence[Run], workload: Workload, rounds: int, warm_up: int, say: Say) -> None:
    """Do the rounds that the journal lacks, each target's first after it did the same `warm_up` times.

    A target whose answer was wrong does no further round of the workload.
    """
    able = [run for run in runs if not _void(journal, run, workload)]
    if workload.begun_outside:
        able = [run for run in able if run.target.fired]
    missing = [n for n in range(rounds) if not all(_has(journal, run, workload, n) for run in able)]
    begun, said = time.monotonic(), time.monotonic()
    warmed: set[str] = set()
    for done, number in enumerate(missing):
        turn = number % len(able) if able else 0
        for run in [*able[turn:], *able[:turn]]:
            if _has(journal, run, workload, number):
                continue
            name = run.target.name
            for again in range(0 if name in warmed else warm_up):
                if wrong := [one for one in once(run, workload, WARM_UP_NUMBER + number + again * rounds) if one.wrong]:
                    journal.add(wrong)
                    break
            warmed.add(name)
            if not _void(journal, run, workload):
                journal.add(once(run, workload, number))
        able = [run for run in able if not _void(journal, run, workload)]
        if (now := time.monotonic()) - said > SAID_EVERY and number != missing[-1]:
            left = (now - begun) / (done + 1) * (len(missing) - done - 1)
            say(f"{workload.name}: round {number + 1} of {rounds}, about {left:.0f} s left of it")
            said = now


def once(run: Run, workload: Workload, number: int) -> list[Sample]:
    """What one target took once; what was wrong with it is said, not raised."""

    def cell(metric: str) -> Cell:
        return Cell(workload.part, run.target.name, workload.name, TREFOIL, metric)

    try:
        return [sample(cell(took.metric), number, took.value) for took in workload.do(run, number)]
    except Ended:
        raise
    except Exception as error:  # noqa: BLE001  whatever an answer lacks, it is said, and the others go on
        return [sample(cell("took_s"), number, 0.0, wrong=f"{type(error).__name__}: {error}"[:300])]


def _has(journal: Journal, run: Run, workload: Workload, number: int) -> bool:
    return journal.has(workload.part, run.target.name, workload.name, number)


def _void(journal: Journal, run: Run, workload: Workload) -> bool:
    return (workload.part, run.target.name, workload.name) in journal.void
