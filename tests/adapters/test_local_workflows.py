"""Runs of workflows on one machine: durable, leased, shared, and gone on with after `kill -9` at any line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.local.workflow_trigger import WorkflowTrigger
from adapters.local.workflows import LEASE, Journal, SqliteWorkflows
from core.kernel.errors import TrefoilError
from core.kernel.functions import load
from core.kernel.services import Services
from core.kernel.store import Store
from core.kernel.workflow import runs
from core.kernel.workflow.steps import Run
from tests.conftest import StoppedClock
from tools.waiting import eventually

EVERY = 24
"""Of the lines that a run comes to: each time others would take minutes."""
DOCUMENT = {"definition": [], "input": {}}


@pytest.fixture
def journal(store: Store, clock: StoppedClock) -> Journal:
    assert store.folder is not None
    return SqliteWorkflows(store.folder, clock).named("trial")


def test_a_run_is_one_process_s_at_a_time(journal: Journal, clock: StoppedClock) -> None:
    for _ in range(2):
        journal.add("A/1", DOCUMENT)
    with ThreadPoolExecutor(8) as processes:
        taken = [held for held in processes.map(lambda _: journal.take(), range(8)) if held]
    assert [held.run for held in taken] == ["A/1"]
    clock.advance(seconds=LEASE - 1)
    journal.hold("A/1", LEASE)
    clock.advance(seconds=LEASE - 1)
    assert journal.take() is None
    clock.advance(seconds=1)
    assert journal.take() is not None


def test_a_run_that_was_held_before_the_clock_was_set_back_is_taken(journal: Journal, clock: StoppedClock) -> None:
    journal.add("A/1", DOCUMENT)
    assert journal.take() is not None
    clock.advance(days=-1)
    assert journal.take() is not None


def test_an_effect_has_one_outcome(journal: Journal) -> None:
    assert journal.outcome("A/1", "first") is None
    assert [journal.note("A/1", "first", value) for value in ({"value": 1}, {"value": 2})] == [{"value": 1}] * 2
    journal.add("A/1", DOCUMENT)
    journal.close("A/1")
    assert (journal.outcome("A/1", "first"), len(journal)) == (None, 0)


def test_a_file_that_is_no_database_is_told(store: Store, clock: StoppedClock) -> None:
    assert store.folder is not None
    path = store.folder / ".workflows" / "trial.sqlite3"
    path.parent.mkdir()
    path.write_text("no database, but a text that is long enough to be taken for the head of one" * 20)
    with pytest.raises(TrefoilError, match="the runs of workflows can't be used"):
        SqliteWorkflows(store.folder, clock).start("trial", "A/1", DOCUMENT)


@pytest.fixture
def trigger(services: Services, journal: Journal) -> Iterator[Any]:
    made: list[WorkflowTrigger] = []

    def working(on: Services) -> WorkflowTrigger:
        made.append(WorkflowTrigger(on, on.functions.named("trial"), journal))
        made[-1].start()
        return made[-1]

    yield working
    for one in made:
        one.stop()


def test_a_server_that_stops_leaves_its_runs_to_the_next(
    services: Services, journal: Journal, trigger: Any, clock: StoppedClock
) -> None:
    on = replace(services, functions=load("tests.trial"))
    given = {"kind": "exhausted", "text": "", "number": 0, "right": False, "numbers": []}
    run = Run("trial", "Case", "stopped")
    journal.add(run.name, runs.create(on, run, given))
    first = trigger(on)
    eventually("the first attempt", lambda: on.documents.list(f"calls/{run.id}"))
    first.stop()
    assert len(journal) == 1
    trigger(on)
    eventually("the end", lambda: (runs.get(on.documents, run) or {})["state"] == runs.FAILED)
    assert len(on.documents.list(f"calls/{run.id}")) == 3


def test_a_run_that_has_ended_or_was_removed_is_not_run_again(
    services: Services, journal: Journal, trigger: Any
) -> None:
    on = replace(services, functions=load("tests.trial"))
    given = {"kind": "order", "text": "", "number": 0, "right": False, "numbers": []}
    ended, removed = Run("trial", "Case", "ended"), Run("trial", "Case", "removed")
    for run in (ended, removed):
        journal.add(run.name, runs.create(on, run, given))
    runs.end(on, on.functions.named("trial"), ended, "")
    on.documents.delete(runs.path(removed))
    trigger(on)
    eventually("an empty journal", lambda: len(journal) == 0)
    assert on.documents.list("calls") == []


def test_a_run_goes_on_after_kill_9_at_any_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.adapters.workflow_crash", str(tmp_path), str(EVERY)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    whole = {one["kind"]: one for one in told if one["killed"] is None}
    assert [one["lives"] for one in whole.values()] == [[0]] * 3
    killed = [one for one in told if one["killed"]]
    assert len(killed) > 30
    for one in killed:
        assert one["lives"] == [-9, 0], one
        expected = {name: whole[one["kind"]][name] for name in ("state", "error", "results")}
        assert {name: one[name] for name in expected} == expected, one["killed"]
    print(f"{len(killed)} runs were killed once each, and ended as those that were not")
