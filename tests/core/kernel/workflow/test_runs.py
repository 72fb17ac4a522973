"""Runs: starting one is idempotent, its end is noted once, and how far it is can be seen at any instant."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace
from msgspec.structs import replace as changed

from core.kernel.errors import Code, TrefoilError
from core.kernel.functions import Function, FunctionSet
from core.kernel.services import Services
from core.kernel.triggers import Http
from core.kernel.workflow import runs, steps
from core.kernel.workflow.declared import Choice, Fail, Map, Parallel, Ref, Retry, Task, Workflow
from core.kernel.workflow.plan import MOST_INPUT
from core.kernel.workflow.status import states
from core.kernel.workflow.steps import Run, StepFailed
from tests.conftest import KeptRuns, StoppedClock
from tests.core.kernel.workflow.engine import Engine, function

RUN = Run("trial", "A", "1")
ENDED: list[Any] = []


def echo(_services: Services, _run: Run, **given: Any) -> Any:
    return {"ok": True, **given}


def fails(_services: Services, _run: Run, **_: Any) -> Any:
    raise StepFailed("no", "it can't be done")


def told(_services: Services, run: Run, document: Any) -> None:
    ENDED.append((run.name, document and document["state"]))


WORKFLOW = Workflow(
    (
        Task("first", echo, {"count": Ref("input.count")}),
        Choice("way", Ref("first.count"), ">", 1, (Task("many", echo),), (Task("few", echo),)),
        Map("all", Ref("input.list"), (Task("each", echo, {"item": Ref("item")}),)),
        Parallel("both", {"left": (Task("left", echo),), "right": (Task("right", echo),)}),
        Choice("stop", Ref("input.count"), ">", 5, (Fail("end_it", "too_many", "there are too many"),)),
        Task("caught", fails, retry=Retry(attempts=1), catch={"no": (Task("instead", echo),)}),
        Task("last", echo),
    ),
    ended=told,
)
GIVEN = {"count": 1, "list": [1, 2, 3]}


@pytest.fixture
def running(services: Services) -> Services:
    ENDED.clear()
    functions = FunctionSet("trial", (Function("web", Http()), function(WORKFLOW)))
    return replace(services, functions=functions)


def end(services: Services, code: str = "") -> None:
    steps.take(services, function(WORKFLOW), {"run": RUN.name, "end": code})


def test_a_run_that_is_started_again_is_the_same(running: Services) -> None:
    first, again = (runs.start(running, RUN, GIVEN) for _ in range(2))
    assert first == again
    assert isinstance(running.workflows, KeptRuns)
    assert running.workflows.started == [("trial", "A/1")] * 2  # the engine may have lost the first
    end(running)
    assert runs.start(running, RUN, GIVEN)["state"] == runs.DONE
    assert len(running.workflows.started) == 2


def test_a_run_of_that_name_with_another_input_is_refused(running: Services) -> None:
    runs.create(running, RUN, GIVEN)
    with pytest.raises(TrefoilError) as refused:
        runs.create(running, RUN, {**GIVEN, "count": 2})
    assert refused.value.code is Code.CONFLICT


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"list": []}, "the input has no count"),
        ({"count": "1", "list": []}, "and no number"),
        ({"count": 1, "list": {}}, "and no list"),
        ({"count": 1, "list": [0] * 501}, "has 501 items"),
        ({**GIVEN, "more": "x" * MOST_INPUT}, f"a run takes {MOST_INPUT}"),
    ],
)
def test_an_input_that_the_workflow_could_not_look_into_is_refused(running: Services, given: Any, said: str) -> None:
    with pytest.raises(TrefoilError) as refused:
        runs.create(running, RUN, given)
    assert said in refused.value.detail
    assert runs.get(running.documents, RUN) is None


def test_an_input_is_taken_up_to_its_limit(running: Services) -> None:
    room = MOST_INPUT - len(json.dumps({**GIVEN, "more": ""}))
    assert runs.create(running, RUN, {**GIVEN, "more": "x" * room})["state"] == runs.RUNNING


def test_a_run_ends_once_and_its_workflow_is_told_at_least_once(running: Services, clock: StoppedClock) -> None:
    runs.create(running, RUN, GIVEN)
    end(running)
    first = runs.get(running.documents, RUN)
    clock.advance(days=-1)  # another machine, whose clock is behind
    end(running, "late")
    assert runs.get(running.documents, RUN) == first
    assert ENDED == [("A/1", "done")] * 2


def test_the_end_of_a_run_that_was_removed_is_nothing(running: Services) -> None:
    end(running, "no")
    assert ENDED == [("A/1", None)]


def test_old_runs_go(running: Services, clock: StoppedClock) -> None:
    runs.create(running, RUN, GIVEN)
    assert runs.expire(running.store, clock) == 0
    clock.now = clock.now.replace(year=2100)
    assert runs.expire(running.store, clock) == 1
    assert runs.get(running.documents, RUN) is None


def test_a_name_that_no_engine_takes_is_refused(running: Services) -> None:
    for bad in (changed(RUN, id="a/b"), changed(RUN, id="x" * 81), changed(RUN, id=""), changed(RUN, scope="a/b")):
        with pytest.raises(ValueError, match="is no name of a run"):
            runs.create(running, bad, GIVEN)


def seen(services: Services) -> dict[str, str]:
    document = runs.get(services.documents, RUN)
    assert document is not None
    return {one.name: one.state for one in states(services.documents, RUN, document)}


def test_every_step_s_state_is_seen_as_the_run_goes_on(running: Services) -> None:
    runs.create(running, RUN, GIVEN)
    history: list[dict[str, str]] = []
    engine = Engine(running, WORKFLOW, lambda _: history.append(seen(running)))
    assert engine.run(RUN.name, **GIVEN) is None
    end(running)
    begun, after_first, *_ = history
    assert begun == {**dict.fromkeys(begun, "waiting"), "first": "running"}
    assert (after_first["first"], after_first["way"], after_first["many"], after_first["few"]) == (
        "done",
        "running",
        "skipped",
        "running",
    )
    each = [one["each"] for one in history if one["few"] == "done"]
    assert each[:3] == ["running"] * 3
    assert seen(running) == {
        **dict.fromkeys(begun, "done"),
        "many": "skipped",
        "end_it": "skipped",
    }
    for before, after in pairwise(history):
        assert all(after[name] == "done" for name, state in before.items() if state == "done")


def test_a_map_says_for_how_many_items_it_is_done(running: Services) -> None:
    runs.create(running, RUN, GIVEN)
    counts: list[tuple[int, int | None]] = []

    def look(_: Any) -> None:
        document = runs.get(running.documents, RUN)
        assert document is not None
        each = next(one for one in states(running.documents, RUN, document) if one.name == "each")
        counts.append((each.done, each.items))

    Engine(running, WORKFLOW, look).run(RUN.name, **GIVEN)
    assert [count for count in counts if count[0] not in (0, 3)] == [(1, 3), (2, 3)]


def test_a_declared_end_is_seen_and_what_is_behind_it_is_skipped(running: Services) -> None:
    given = {"count": 6, "list": []}
    runs.create(running, RUN, given)
    code = Engine(running, WORKFLOW).run(RUN.name, **given)
    end(running, code or "")
    document = runs.get(running.documents, RUN)
    assert document is not None
    assert document["error"] == {"code": "too_many", "step": "end_it", "detail": "there are too many"}
    found = seen(running)
    assert (found["both"], found["stop"], found["end_it"], found["last"]) == ("done", "failed", "failed", "skipped")


def test_a_run_s_error_is_that_of_the_step_that_ended_it(running: Services) -> None:
    workflow = Workflow(
        (
            Task("first", fails, retry=Retry(attempts=1), catch={"no": (Task("instead", echo),)}),
            Task("second", fails, retry=Retry(attempts=1)),
        )
    )
    on = replace(running, functions=FunctionSet("trial", (Function("web", Http()), function(workflow))))
    runs.create(on, RUN, {})
    assert Engine(on, workflow).run(RUN.name) == "no"
    steps.take(on, function(workflow), {"run": RUN.name, "end": "no"})
    document = runs.get(on.documents, RUN)
    assert document is not None
    assert document["error"]["step"] == "second"


MAPS = Workflow(
    (
        Map(
            "outer",
            Ref("input.list"),
            (
                Choice("big", Ref("input.count"), ">", 1, (Task("many", echo, {"item": Ref("item")}),)),
                Task("lists", echo, {"list": Ref("input.list")}),
                Map("inner", Ref("lists.list"), (Task("cell", echo, {"item": Ref("item")}),)),
            ),
        ),
        Task("last", echo),
    )
)


@pytest.mark.parametrize(
    "given", [{"count": 2, "list": [1, 2]}, {"count": 1, "list": [1, 2]}, {"count": 2, "list": []}]
)
def test_a_choice_and_a_map_in_a_map_are_seen_as_far_as_they_are(running: Services, given: Any) -> None:
    on = replace(running, functions=FunctionSet("trial", (Function("web", Http()), function(MAPS))))
    runs.create(on, RUN, given)
    history: list[dict[str, str]] = []
    Engine(on, MAPS, lambda _: history.append(seen(on))).run(RUN.name, **given)
    steps.take(on, function(MAPS), {"run": RUN.name, "end": ""})
    ended = seen(on)
    empty, many = not given["list"], given["count"] > 1
    assert ended["many"] == ("skipped" if empty or not many else "done")
    assert (ended["cell"], ended["last"]) == ("skipped" if empty else "done", "done")
    for found in history[:-1]:  # before the last task
        assert found["cell"] != "done"
    if empty:
        assert history[0]["cell"] == "skipped"


def test_a_failure_that_no_step_noted_says_where_to_look(running: Services) -> None:
    runs.create(running, RUN, GIVEN)
    end(running, "timeout")
    document = runs.get(running.documents, RUN)
    assert document is not None
    assert "log lines of the run A/1" in document["error"]["detail"]
