"""Any workflow, whatever fails in it, does what a few lines of plain Python say that it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.kernel.errors import unavailable
from core.kernel.services import Services
from core.kernel.workflow.declared import Choice, Fail, Map, Parallel, Ref, Retry, Task, Workflow
from core.kernel.workflow.steps import Run, StepFailed
from tests.core.kernel.workflow.engine import Engine

FAULTS = ("", "no", "unavailable", "flaky")
calls: Counter[str] = Counter()


def act(_services: Services, run: Run, *, step: str, fault: str, item: Any = None) -> Any:
    """Fails as it is told; `flaky` only at its first call."""
    place = f"{step}@{run.at}"
    calls[place] += 1
    if fault == "no":
        raise StepFailed("no", "it was told so")
    if fault == "unavailable" or (fault == "flaky" and calls[place] == 1):
        raise unavailable(step)
    return {"item": item}


class Failing(Exception):
    """What the model ends with."""


@st.composite
def workflows(draw: Any) -> Workflow:
    count = 0

    def name(kind: str) -> str:
        nonlocal count
        count += 1
        return f"{kind}{count}"

    def task(in_map: bool) -> Task:
        own = name("task")
        args: dict[str, Any] = {"step": own, "fault": draw(st.sampled_from(FAULTS))}
        if in_map:
            args["item"] = Ref("item")
        caught = draw(st.sampled_from([(), ("no",), ("unavailable",), ("no", "unavailable")]))
        body = {code: (Task(name("caught"), act, {"step": f"caught{count}", "fault": ""}),) for code in caught}
        return Task(own, act, args, Retry(attempts=draw(st.integers(1, 3)), wait_s=1), catch=body)

    def row(depth: int, in_map: bool) -> tuple[Any, ...]:
        return tuple(step(depth, in_map) for _ in range(draw(st.integers(1, 3))))

    def step(depth: int, in_map: bool) -> Any:
        kinds = ["task", "task", "choice"] + (["map", "parallel"] if depth < 2 else [])
        match draw(st.sampled_from(kinds)):
            case "choice":
                ended = (Fail(name("fail"), "ended", "as declared"),)
                otherwise = draw(st.sampled_from(["none", "row", "fail"]))
                return Choice(
                    name("choice"),
                    Ref("input.number"),
                    draw(st.sampled_from("=<>")).replace("=", "=="),
                    draw(st.integers(0, 2)),
                    row(2, in_map),
                    () if otherwise == "none" else ended if otherwise == "fail" else row(2, in_map),
                )
            case "map":
                return Map(name("map"), Ref("input.list"), row(depth + 1, True))
            case "parallel":
                return Parallel(name("parallel"), {"left": row(depth + 1, in_map), "right": row(depth + 1, in_map)})
        return task(in_map)

    return Workflow(row(0, False))


def model(steps: Any, given: Mapping[str, Any], at: tuple[int, ...], found: Counter[str]) -> None:
    """What is called, and how often. Raises `Failing`."""
    for step in steps:
        match step:
            case Task():
                _task(step, given, at, found)
            case Choice():
                number, other = given["number"], step.other
                way = {"==": number == other, "<": number < other, ">": number > other}[step.operator]
                model(step.then if way else step.otherwise, given, at, found)
            case Map():
                _all([(step.do, (*at, place)) for place in range(len(given["list"]))], given, found)
            case Parallel():
                _all([(body, at) for body in step.branches.values()], given, found)
            case Fail():
                raise Failing(step.code)


def _task(step: Task, given: Mapping[str, Any], at: tuple[int, ...], found: Counter[str]) -> None:
    fault, attempts = step.args["fault"], step.retry.attempts
    made = {"": 1, "no": 1, "unavailable": attempts, "flaky": min(2, attempts)}[fault]
    code = {"": None, "no": "no", "unavailable": "unavailable", "flaky": None if attempts > 1 else "unavailable"}[fault]
    found[f"{step.name}@{at}"] += made
    if code is None:
        return
    if code not in step.catch:
        raise Failing(code)
    model(step.catch[code], given, at, found)


def _all(bodies: Any, given: Mapping[str, Any], found: Counter[str]) -> None:
    """All of them run, and then the first failure counts."""
    codes = []
    for steps, at in bodies:
        try:
            model(steps, given, at, found)
        except Failing as failing:
            codes.append(str(failing))
    if codes:
        raise Failing(codes[0])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # each run has its own id
@given(workflows(), st.integers(0, 2), st.lists(st.integers(0, 9), max_size=3))
def test_a_run_is_what_the_model_says(services: Services, workflow: Workflow, number: int, items: list[int]) -> None:
    given_ = {"number": number, "list": items}
    expected: Counter[str] = Counter()
    code = None
    try:
        model(workflow.steps, given_, (), expected)
    except Failing as failing:
        code = str(failing)
    calls.clear()
    run = f"Case/{uuid4().hex}"
    engine = Engine(services, workflow)
    assert engine.run(run, **given_) == code
    assert calls == expected
    # Done again, as after a crash of the engine: what was done is not done again.
    calls.clear()
    assert Engine(services, workflow).run(run, **given_) == code
    done = {place for place in expected if services.documents.get(_path(run, place)) is not None}
    assert not done & set(calls)


def _path(run: str, place: str) -> str:
    step, _, at = place.partition("@")
    places = [part.strip() for part in at.strip("()").split(",") if part.strip()]
    return "/".join([f"steps/trial/{run}", step, *places]) + ".json"
