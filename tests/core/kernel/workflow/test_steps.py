"""One step, as any engine asks for it: done once to the eye, whatever is delivered, and by whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.kernel.documents import Documents
from core.kernel.errors import Code, TrefoilError, unavailable
from core.kernel.events import UnknownEvent
from core.kernel.services import Services
from core.kernel.workflow import steps
from core.kernel.workflow.declared import Choice, Map, Ref, Task, Workflow
from core.kernel.workflow.steps import Run, StepFailed
from tests.core.kernel.workflow.engine import Engine, function

PASSED: list[Any] = []


def keep(_services: Services, _run: Run, **given: Any) -> Any:
    PASSED.append(given)
    return {"number": len(PASSED), **given}


def one(handler: Callable[..., Any] = keep, **args: Any) -> Workflow:
    return Workflow((Task("one", handler, args),))


def event(**fields: Any) -> dict[str, Any]:
    return {"run": "A/1", "step": "one", **fields}


@pytest.fixture(autouse=True)
def nothing_passed() -> None:
    PASSED.clear()


def test_a_step_that_comes_again_gives_its_first_result(services: Services) -> None:
    asked = event(carry={"number": "number"}, most=100)
    given = [steps.take(services, function(one()), asked) for _ in range(3)]
    assert given == [{"number": 1}] * 3
    assert len(PASSED) == 1


def test_of_two_deliveries_at_once_the_first_result_counts(services: Services) -> None:
    """The second one ends while the first is still at it."""

    def slow(_services: Services, _run: Run) -> Any:
        if not PASSED:
            PASSED.append("first")
            assert steps.take(services, function(one(slow)), event(carry={"by": "text"}, most=99)) == {"by": "second"}
            return {"by": "first"}
        return {"by": "second"}

    assert steps.take(services, function(one(slow)), event(carry={"by": "text"}, most=99)) == {"by": "second"}


def test_a_result_that_was_kept_survives_a_crash_before_it_was_answered(services: Services) -> None:
    created = Documents.create

    def then_dies(self: Documents, path: str, value: Any) -> str:
        created(self, path, value)
        raise SystemExit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Documents, "create", then_dies)
        with pytest.raises(SystemExit):
            steps.take(services, function(one()), event())
    steps.take(services, function(one()), event())
    assert len(PASSED) == 1


@pytest.mark.parametrize(
    ("raised", "code", "passes"),
    [
        (StepFailed("no_contract", "there is none"), "no_contract", False),
        (unavailable("the store"), "unavailable", True),
        (TrefoilError(Code.INVALID, "month: no"), "invalid", False),
        (ValueError("a secret"), "internal", False),
    ],
    ids=["its own", "unavailable", "core's", "a bug"],
)
def test_a_failure_has_a_code_and_is_noted(services: Services, raised: Exception, code: str, passes: bool) -> None:
    def fails(_services: Services, _run: Run) -> Any:
        raise raised

    for attempts in (1, 2):
        with pytest.raises(StepFailed) as failed:
            steps.take(services, function(one(fails)), event())
        assert (failed.value.code, failed.value.passes) == (code, passes)
        held = services.documents.get("steps/trial/A/1/failed/one.json")
        assert held is not None
        assert (held.value["code"], held.value["attempts"]) == (code, attempts)
        assert "a secret" not in held.value["detail"]


@pytest.mark.parametrize("result", [{1, 2}, float("nan"), object()], ids=["a set", "no number", "an object"])
def test_a_result_that_is_no_json_is_a_bug(services: Services, result: Any) -> None:
    with pytest.raises(StepFailed) as failed:
        steps.take(services, function(one(lambda *_: result)), event())
    assert failed.value.code == "internal"


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        ({}, "number", "has no field"),
        ({"field": "1"}, "number", "and no number"),
        ({"field": True}, "number", "and no number"),
        ({"field": 1}, "text", "and no text"),
        ({"field": 0}, "truth", "and no truth"),
        ({"field": {}}, "list", "and no list"),
        ([], "list", "has no field"),
        ({"field": [0] * 501}, "list", "has 501 items"),
    ],
)
def test_a_field_that_the_workflow_could_not_look_into_fails_the_step(
    services: Services, value: Any, kind: str, said: str
) -> None:
    with pytest.raises(StepFailed) as failed:
        steps.take(services, function(one(lambda *_: value)), event(carry={"field": kind}, most=9999))
    assert said in failed.value.detail


def test_what_is_carried_has_a_limit_and_the_result_another(services: Services) -> None:
    def long(_services: Services, _run: Run, size: int) -> Any:
        return {"text": "x" * size}

    workflow = one(long)
    size = 100 - len('{"text": ""}')
    assert steps.take(services, function(workflow), event(args={"size": size}, carry={"text": "text"}, most=100))
    with pytest.raises(StepFailed) as failed:
        steps.take(
            services, function(workflow), event(run="A/2", args={"size": size + 1}, carry={"text": "text"}, most=100)
        )
    assert failed.value.code == "too_large"
    with pytest.raises(StepFailed) as failed:
        steps.take(services, function(workflow), event(run="A/3", args={"size": steps.MOST_RESULT}))
    assert failed.value.code == "too_large"


@pytest.mark.parametrize(
    ("native", "said"),
    [
        ({"step": "one"}, "`run`"),
        ({"run": "A/1"}, "neither a step nor an end"),
        ({"run": "A", "step": "one"}, "'A' is no run"),
        ({"run": "A/1/2", "step": "one"}, "is no run"),
        ({"run": "A/1", "at": ["x"]}, "`$.at[0]`"),
        ([], "list"),
    ],
)
def test_an_event_of_another_form_is_refused(services: Services, native: Any, said: str) -> None:
    with pytest.raises(UnknownEvent) as refused:
        steps.take(services, function(one()), native)
    assert said in str(refused.value)


def test_a_step_that_the_set_has_no_more_fails_for_good(services: Services) -> None:
    with pytest.raises(StepFailed) as failed:
        steps.take(services, function(one()), event(step="former"))
    assert failed.value.code == "internal"
    assert "no step 'former' any more" in failed.value.detail


def test_data_that_look_like_a_reference_are_data(services: Services) -> None:
    workflow = Workflow((Map("all", Ref("input.list"), (Task("each", keep, {"item": Ref("item")}),)),))
    items = [{"stored": "yesterday"}, {"step": "each", "at": 0}]
    assert Engine(services, workflow).run("A/1", list=items) is None
    assert [one["item"] for one in PASSED] == items


def test_results_of_a_map_come_in_the_order_of_its_items(services: Services) -> None:
    workflow = Workflow(
        (
            Map("all", Ref("input.list"), (Task("each", keep, {"item": Ref("item")}),)),
            Task("join", keep, {"every": Ref("each")}),
        )
    )
    assert Engine(services, workflow).run("A/1", list=list(range(12))) is None
    assert [one["item"] for one in PASSED[-1]["every"]] == list(range(12))


def test_an_optional_result_is_none_where_its_step_did_not_run(services: Services) -> None:
    workflow = Workflow(
        (
            Choice("big", Ref("input.number"), ">", 1, (Task("first", keep),)),
            Choice("bigger", Ref("input.number"), ">", 2, (Map("m", Ref("input.list"), (Task("each", keep),)),)),
            Task("last", keep, {"one": Ref("first", optional=True), "all": Ref("each", optional=True)}),
        )
    )
    for number, first, every in ((1, False, 0), (2, True, 0), (3, True, 2)):
        Engine(services, workflow).run(f"A/{number}", number=number, list=[1, 2])
        assert ((PASSED[-1]["one"] is not None), len(PASSED[-1]["all"])) == (first, every)


def test_a_result_that_is_not_in_the_store_is_asked_for_again(services: Services) -> None:
    stored = {"step": "gone", "at": 0, "each": False, "optional": False}
    with pytest.raises(StepFailed) as failed:
        steps.take(services, function(one()), event(stored={"x": stored}))
    assert failed.value.passes
