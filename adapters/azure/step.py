"""Step trigger: an activity of Durable Functions, and beside it the orchestrator that asks for each.

An activity answers `{"value": ...}` or `{"error": code}`: one that raises tells the orchestrator no code.
https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-bindings
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from adapters.azure.bootstrap import invocation
from adapters.azure.workflows import orchestrator
from core.kernel.functions import Function
from core.kernel.workflow import declared, steps
from core.kernel.workflow.declared import INTERNAL, TIMEOUT, UNAVAILABLE
from core.kernel.workflow.interpreter import All, Body, Do, Failed, Sleep, interpret, row
from core.kernel.workflow.plan import plan
from core.kernel.workflow.steps import StepFailed

END_ATTEMPTS, END_WAIT, END_TIMEOUT = 6, 5, 120
"""How often, and after how many seconds, it is tried to note the end of a run."""

Yields = Generator[Any, Any, Any]


def blueprint(functions: Iterable[Function]) -> df.Blueprint:
    """The activities and orchestrators of these functions. There is one of it in an app."""
    made = df.Blueprint()
    for function in functions:
        _register(made, function)
    return made


def _register(app: df.Blueprint, function: Function) -> None:
    """Does one step; and interprets runs, each by the definition that it was started with."""

    def take(event: Any, context: func.Context) -> Any:
        asked = json.loads(event) if isinstance(event, str) else event
        with invocation(function.name, context) as services:
            try:
                return {"value": steps.take(services, function, asked)}
            except StepFailed as failed:
                return {"error": failed.code}

    def run(context: df.DurableOrchestrationContext) -> Yields:
        given = context.get_input()
        codes = []
        for one in given["bodies"]:
            body = Body(tuple(one["row"]), one["state"], tuple(one["at"]))
            code = yield from _body(context, function, given["definition"], body)
            codes.append(code)
        if not body.row:
            yield from _end(context, function, body.state["run"], code or "")
            if code:
                raise RuntimeError(f"the run failed: {code}")
        return codes

    activity = app.activity_trigger(input_name="event", activity=function.name)
    app.function_name(function.name)(activity(take))
    name = orchestrator(function.name)
    app.function_name(name)(app.orchestration_trigger(context_name="context", orchestration=name)(run))


def _body(context: df.DurableOrchestrationContext, function: Function, definition: Any, body: Body) -> Yields:
    """Do a row of steps; the code that it failed with, or None. It is replayed, so it asks nothing but its context."""
    whole = declared.decode(definition)
    effects = interpret(plan(whole), row(whole, body.row), body)
    answer: Any = None
    try:
        while True:
            effect = effects.send(answer)
            if isinstance(effect, Do):
                answer = yield from _do(context, function, effect)
            elif isinstance(effect, Sleep):
                answer = yield context.create_timer(context.current_utc_datetime + timedelta(seconds=effect.seconds))
            else:
                answer = yield from _all(context, function, definition, effect)
    except StopIteration:
        return None
    except Failed as failed:
        return failed.code
    except LookupError:  # what the definition asks for is not in the state
        return INTERNAL


def _do(context: df.DurableOrchestrationContext, function: Function, effect: Do) -> Yields:
    """The activity, or its time-out: it runs on, and what it does is kept, but nobody waits for it."""
    called = context.call_activity(function.name, effect.event)
    late = context.create_timer(context.current_utc_datetime + timedelta(seconds=effect.timeout_s))
    try:
        first = yield context.task_any([called, late])
        if first == late:
            return {"error": TIMEOUT}
        result = called.result
    except Exception as error:  # noqa: BLE001  an activity that died: the libraries raise it, or give it as the result
        result = error
    late.cancel()  # or the orchestration would not end before it
    return {"error": UNAVAILABLE} if isinstance(result, Exception) else result


def _all(context: df.DurableOrchestrationContext, function: Function, definition: Any, effect: All) -> Yields:
    """The code that each body failed with, or None, in their order.

    `at_most` sub-orchestrations share them, each doing its part one after the other: a history, and what is sent to the
    host at every turn, grow with the number of sub-orchestrations, and so would their square.
    """
    lanes = min(effect.at_most, len(effect.bodies))
    if not lanes:
        return []
    calls = [
        context.call_sub_orchestrator(
            orchestrator(function.name),
            {
                "definition": definition,
                "bodies": [
                    {"row": list(body.row), "at": list(body.at), "state": body.state}
                    for body in effect.bodies[lane::lanes]
                ],
            },
        )
        for lane in range(lanes)
    ]
    codes: list[str | None] = [None] * len(effect.bodies)
    for lane, found in enumerate((yield context.task_all(calls))):
        codes[lane::lanes] = found
    return codes


def _end(context: df.DurableOrchestrationContext, function: Function, run: str, code: str) -> Yields:
    for attempt in range(END_ATTEMPTS):
        noted = yield from _do(context, function, Do("end", {"run": run, "end": code}, END_TIMEOUT))
        if "value" in noted:
            return
        if attempt + 1 < END_ATTEMPTS:
            yield context.create_timer(context.current_utc_datetime + timedelta(seconds=END_WAIT))
