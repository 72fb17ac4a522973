"""Workflows: whatever engine runs one, its steps run in order, once to the eye, and its end is noted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from core.kernel.documents import Documents
from core.kernel.workflow import declared, runs
from core.kernel.workflow.plan import MOST_INPUT, plan
from core.kernel.workflow.status import StepState, states
from core.kernel.workflow.steps import Run
from tests.contract.system import Harness
from tests.trial.functions import NAME
from tests.trial.workflow import FORMER, WORKFLOW
from tools.waiting import eventually

BASE: Mapping[str, Any] = {"text": "", "number": 0, "right": False, "numbers": []}


@dataclass(frozen=True)
class Trial:
    """One run of the trial workflow, seen from outside: its documents in the store."""

    harness: Harness
    run: Run

    @property
    def documents(self) -> Documents:
        return Documents(self.harness.store)

    def start(self, kind: str, *, how: str = "start", **given: Any) -> Trial:
        job = {"job": "trial", "run": self.run.id, "input": {**BASE, "kind": kind, **given}, "how": how}
        self.harness.send("jobs", json.dumps(job).encode())
        return self

    def document(self) -> dict[str, Any]:
        return eventually("the run", lambda: runs.get(self.documents, self.run) or {})

    def ended(self) -> dict[str, Any]:
        def found() -> dict[str, Any]:
            held = runs.get(self.documents, self.run)
            return held if held is not None and held["state"] != runs.RUNNING else {}

        return eventually(f"the end of {self.run.name}", found)

    def done(self) -> Trial:
        """It has ended, and well."""
        ended = self.ended()
        assert (ended["state"], ended["error"]) == (runs.DONE, None)
        return self

    def failed(self, code: str) -> dict[str, Any]:
        ended = self.ended()
        assert (ended["state"], ended["error"]["code"]) == (runs.FAILED, code)
        return dict(ended["error"])

    def result(self, step: str) -> Any:
        held = self.documents.get(f"{self.run.folder}/{step}.json")
        assert held is not None, f"{step} has no result"
        return held.value["value"]

    def calls(self) -> Counter[str]:
        """How often each step's handler was called; of steps in a Map by `step.place`."""
        folder = f"calls/{self.run.id}"
        return Counter(path.removeprefix(f"{folder}/").split("/")[0] for path in self.documents.list(folder))

    def order(self) -> list[str]:
        """The steps by the times of their results."""
        found = {step: self.documents.get(f"{self.run.folder}/{step}.json") for step in self.calls()}
        return sorted(found, key=lambda step: found[step].value["done"])

    def states(self) -> dict[str, StepState]:
        return {one.name: one for one in states(self.documents, self.run, self.document())}


@pytest.fixture
def trial(harness: Harness) -> Trial:
    return Trial(harness, Run(NAME, "Case", uuid4().hex))


def test_steps_run_in_order_each_with_what_those_before_it_gave(trial: Trial) -> None:
    trial.start("order", text="Grüße").done()
    assert trial.order() == ["first", "second", "third"]
    assert trial.result("third") == {"before": {"before": {"value": "Grüße"}}}
    assert trial.calls() == {"first": 1, "second": 1, "third": 1}


@pytest.mark.parametrize(
    ("number", "right", "way"), [(11, False, "much"), (10, True, "little_right"), (-1, False, "little")]
)
def test_a_branch_is_chosen_by_a_step_s_result(trial: Trial, number: int, right: bool, way: str) -> None:
    trial.start("branch", number=number, right=right).done()
    assert trial.calls() == {"weigh": 1, way: 1}
    assert {name for name, one in trial.states().items() if one.state == "done" and one.kind == "task"} == {
        "weigh",
        way,
    }


def test_branches_run_side_by_side_and_are_joined(trial: Trial) -> None:
    trial.start("parallel").done()
    assert trial.result("join") == {"left": {"value": "l"}, "right": {"value": "r"}}
    assert trial.calls() == {"left": 1, "left_too": 1, "right": 1, "join": 1}


def test_a_branch_that_fails_fails_the_run_with_its_code(trial: Trial) -> None:
    assert trial.start("torn").failed("bad")["step"] == "broken"
    assert trial.states()["broken"].state == "failed"


@pytest.mark.parametrize("count", [0, 1, 20, 500])
def test_a_map_does_its_steps_for_each_item(trial: Trial, count: int) -> None:
    trial.start("map", numbers=list(range(count))).done()
    squares = [number * number for number in range(count)]
    assert trial.result("sum") == {"items": count, "sum": sum(squares), "order": squares[:3]}
    assert trial.calls() == {**{f"square.{place}": 1 for place in range(count)}, "sum": 1}
    square = trial.states()["square"]
    assert (square.done, square.items) == (count, count)


def test_an_item_that_fails_fails_the_run_with_its_code(trial: Trial) -> None:
    error = trial.start("map", numbers=[1, 2, -3, 4]).failed("negative")
    assert error["detail"] == "-3 is below zero"
    assert "sum" not in trial.calls()


def test_a_map_in_a_map_keeps_the_places_of_both(trial: Trial) -> None:
    trial.start("nested", numbers=[7, 8]).done()
    row = {number: {"number": number, "numbers": [7, 8]} for number in (7, 8)}
    cells = {number: [{"column": column, "row": row[number]} for column in (7, 8)] for number in (7, 8)}
    assert trial.result("table") == {"rows": [{"cells": cells[7]}, {"cells": cells[8]}]}


def test_what_is_unavailable_is_tried_again(trial: Trial) -> None:
    trial.start("retry").done()
    assert trial.calls() == {"flaky": 3}
    assert trial.states()["flaky"].attempts == 2


def test_retries_are_exhausted(trial: Trial) -> None:
    trial.start("exhausted").failed("unavailable")
    assert trial.calls() == {"down": 3}


def test_a_final_error_is_not_tried_again_and_ends_the_run(trial: Trial) -> None:
    assert trial.start("final").failed("bad") == {"code": "bad", "step": "broke", "detail": "broke can't be done"}
    assert trial.calls() == {"broke": 1}
    found = trial.states()
    assert (found["broke"].state, found["never"].state) == ("failed", "skipped")


def test_an_error_is_caught_by_its_code(trial: Trial) -> None:
    trial.start("catch").done()
    assert trial.calls() == {"caught": 1, "instead": 1, "after": 1}
    assert trial.result("after") == {"what": None}


def test_a_time_out_is_caught(trial: Trial) -> None:
    trial.start("timeout").done()
    assert trial.calls() == {"slow": 1, "late": 1}


def test_a_time_out_that_nobody_catches_ends_the_run(trial: Trial) -> None:
    trial.start("late").failed("timeout")


def test_a_run_fails_by_declaration(trial: Trial) -> None:
    error = {"code": "not_wanted", "step": "give_up", "detail": "the input asked for it"}
    assert trial.start("fail").failed("not_wanted") == error
    assert trial.states()["give_up"].state == "failed"


@pytest.mark.parametrize("size", [10, 64 * 1024, 1024 * 1024])
def test_a_result_beyond_the_state_goes_by_reference(trial: Trial, size: int) -> None:
    trial.start("payload", number=size).done()
    assert trial.result("length") == {"length": size}


def _share() -> int:
    return plan(WORKFLOW.steps).most("wide")


def test_the_state_carries_a_field_up_to_its_limit(trial: Trial) -> None:
    trial.start("carried", number=_share()).done()
    assert trial.calls() == {"wide": 1, "likely": 1}


def test_a_field_beyond_that_is_refused(trial: Trial) -> None:
    error = trial.start("carried", number=_share() + 1).failed("too_large")
    assert str(_share()) in error["detail"]


def test_an_input_is_taken_up_to_its_limit(trial: Trial) -> None:
    given = {**BASE, "kind": "order"}
    room = MOST_INPUT - len(json.dumps(given))
    trial.start("order", text="x" * room).done()
    assert len(trial.result("first")["value"]) == room


def test_a_run_that_is_started_twice_is_one(trial: Trial) -> None:
    """Google names executions itself, so two may ask for the same step at once: the first result is the step's."""
    trial.start("order", text="once").start("order", text="once").done()
    before = trial.documents.list(trial.run.folder)
    trial.start("order", text="once")
    assert trial.result("third") == {"before": {"before": {"value": "once"}}}
    assert trial.documents.list(trial.run.folder) == before
    assert set(trial.calls()) == {"first", "second", "third"}
    assert max(trial.calls().values()) <= 2


def test_a_run_whose_start_was_lost_is_started_again(trial: Trial) -> None:
    trial.start("order", how="note")
    assert trial.document()["state"] == runs.RUNNING
    trial.start("order").done()
    assert trial.calls() == {"first": 1, "second": 1, "third": 1}


def test_a_step_that_is_delivered_again_gives_what_it_gave(trial: Trial) -> None:
    trial.start("order", text="once").done()
    event = {"run": trial.run.name, "step": "first", "at": [], "args": {"step": "first", "value": "twice"}}
    first, again = (trial.harness.step(NAME, {**event, "carry": {"value": "any"}, "most": 1000}) for _ in range(2))
    assert first == again == {"value": "once"}
    assert trial.calls()["first"] == 1


def test_an_end_that_is_noted_again_changes_nothing(trial: Trial) -> None:
    trial.start("order").done()
    before = trial.document()
    trial.harness.step(NAME, {"run": trial.run.name, "end": "bad"})
    assert trial.document() == before


def test_a_clock_that_is_wrong_changes_nothing(trial: Trial) -> None:
    """Another machine noted the run a day ahead of, or behind, those that do its steps."""
    trial.start("order", how="note")
    asked = trial.document()
    trial.documents.put(runs.path(trial.run), {**asked, "requested": "2099-01-01T00:00:00Z"})
    trial.start("order").done()
    assert trial.order() == ["first", "second", "third"]


def test_a_run_goes_on_by_the_definition_that_it_began_with(trial: Trial) -> None:
    trial.harness.define(NAME, FORMER)
    try:
        trial.start("held", how="former")
        eventually("the held step", lambda: trial.calls()["held"])
    finally:
        trial.harness.define(NAME, WORKFLOW)
    trial.documents.create(f"released/{trial.run.id}.json", {})
    trial.done()
    assert trial.result("first") == {"value": "as it was"}
    assert trial.result("now") == {}
    assert trial.document()["definition"] == declared.encode(FORMER.steps)


def test_a_function_that_dies_in_a_step_is_called_again(trial: Trial) -> None:
    trial.start("crash").done()
    assert trial.calls() == {"dies": 2}
