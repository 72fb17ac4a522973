"""The interpreter: goes through a workflow's steps where no engine of the platform takes them (Azure, one machine).

It is a generator of effects, which its driver carries out and answers: so it can be replayed from their outcomes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Generator, Mapping
from typing import Any

from msgspec import Struct

from core.kernel.workflow.declared import (
    ITEM,
    TIMEOUT,
    UNAVAILABLE,
    Choice,
    Fail,
    Map,
    Parallel,
    Ref,
    Step,
    Task,
    bodies,
)
from core.kernel.workflow.plan import Plan, read_inside

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {"==": operator.eq, "<": operator.lt, ">": operator.gt}
TRANSIENT = (UNAVAILABLE, TIMEOUT)


class Do(Struct, frozen=True):
    """Call the function of the workflow with `event`; the answer is `{"value": ...}` or `{"error": code}`.

    One that does not come within `timeout_s` is `{"error": "timeout"}`, and a function that died `unavailable`.
    """

    key: str
    event: dict[str, Any]
    timeout_s: int


class Sleep(Struct, frozen=True):
    """Let so many seconds pass; the answer is None."""

    key: str
    seconds: int


class Body(Struct, frozen=True):
    """A row of steps to be done from a state of its own, as `row` names it within the whole definition."""

    row: tuple[str, ...]
    state: dict[str, Any]
    at: tuple[int, ...]


class All(Struct, frozen=True):
    """Do the bodies, `at_most` at once; the answers are the code that each failed with, or None, in their order."""

    key: str
    bodies: list[Body]
    at_most: int


Effect = Do | Sleep | All
Effects = Generator[Effect, Any, None]


class Failed(Exception):
    """The run, or a body, has failed with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def row(steps: tuple[Step, ...], names: tuple[str, ...]) -> tuple[Step, ...]:
    """The steps of a body: `("points",)` of a Map, `("publish", "csv")` of a Parallel's branch, and so on inwards."""
    if not names:
        return steps
    found = _find(steps, names[0])
    if isinstance(found, Map):
        return row(found.do, names[1:])
    if isinstance(found, Parallel):
        return row(found.branches[names[1]], names[2:])
    raise LookupError(f"the definition has no body {'/'.join(names)}")


def _find(steps: tuple[Step, ...], name: str) -> Step | None:
    for step in steps:
        if step.name == name:
            return step
        if isinstance(step, Choice | Task):
            for body in bodies(step):
                if found := _find(body, name):
                    return found
    return None


def interpret(plan: Plan, steps: tuple[Step, ...], body: Body) -> Effects:
    """Do a row of steps. Raises `Failed`. The keys of its effects differ within a body, and are the same each time."""
    yield from _row(plan, steps, dict(body.state), body)


def _row(plan: Plan, steps: tuple[Step, ...], state: dict[str, Any], body: Body) -> Effects:
    for step in steps:
        match step:
            case Task():
                yield from _task(plan, step, state, body)
            case Choice():
                way = step.then if chosen(step, look(state, step.value)) else step.otherwise
                yield from _row(plan, way, state, body)
            case Map():
                kept = _kept(state, step.do)
                items = look(state, step.over)
                each = [
                    Body((*body.row, step.name), {**kept, ITEM: item}, (*body.at, place))
                    for place, item in enumerate(items)
                ]
                _first_failure((yield All(step.name, each, step.at_most)))
            case Parallel():
                each = [
                    Body((*body.row, step.name, name), _kept(state, do), body.at) for name, do in step.branches.items()
                ]
                _first_failure((yield All(step.name, each, len(each))))
            case Fail():
                raise Failed(step.code)


def chosen(choice: Choice, value: Any) -> bool:
    """Whether a run goes the way of `then`."""
    return _OPERATORS[choice.operator](value, choice.other)


def _task(plan: Plan, task: Task, state: dict[str, Any], body: Body) -> Effects:
    waits = task.retry.waits()
    for attempt in range(task.retry.attempts):
        outcome = yield Do(f"{task.name}#{attempt}", event(plan, task, state, body.at), task.timeout_s)
        code = outcome.get("error")
        if code is None:
            state[task.name] = outcome["value"]
            return
        if code not in TRANSIENT or attempt == len(waits):
            break
        yield Sleep(f"{task.name}~{attempt}", waits[attempt])
    if code not in task.catch:
        raise Failed(code)
    yield from _row(plan, task.catch[code], state, body)


def event(plan: Plan, task: Task, state: Mapping[str, Any], at: tuple[int, ...]) -> dict[str, Any]:
    """What the function of the workflow is called with."""
    args = {
        name: look(state, value) if isinstance(value, Ref) else value
        for name, value in task.args.items()
        if not isinstance(value, Ref) or plan.inline(value)
    }
    return {"run": state["run"], "step": task.name, "at": list(at), "args": args, **constants(plan, task)}


def constants(plan: Plan, task: Task) -> dict[str, Any]:
    """The part of a task's event that is the same in every run."""
    carry = dict(plan.carried.get(task.name, {}))
    return {"stored": plan.stored(task), "carry": carry, "most": plan.most(task.name)}


def look(state: Mapping[str, Any], ref: Ref) -> Any:
    value: Any = state
    for name in ref.path.split("."):
        value = value[name]
    return value


def _kept(state: Mapping[str, Any], steps: tuple[Step, ...]) -> dict[str, Any]:
    return {name: state[name] for name in ("run", *read_inside(steps)) if name in state}


def _first_failure(codes: list[str | None]) -> None:
    for code in codes:
        if code is not None:
            raise Failed(code)
