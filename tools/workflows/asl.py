"""A workflow in Amazon States Language, for Step Functions (standard) with JSONPath.

The state is one document: `run`, `input`, and of each task that the declaration looks into its `carried` fields. All
steps stand in a Parallel of one branch, so that one Catch sees whatever ends the run, and notes it.
https://states-language.net/spec.html, https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

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
    Workflow,
)
from core.kernel.workflow.interpreter import constants
from core.kernel.workflow.plan import Plan, plan, read_inside

FUNCTION = "${function}"
"""In place of the function's ARN: Terraform fills it in."""
LATE = ["States.Timeout", "Sandbox.Timedout"]
PLATFORM = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "Runtime.Unknown",
]
"""How it reads when not the handler failed, but what runs it."""
ERRORS: Mapping[str, list[str]] = {UNAVAILABLE: [UNAVAILABLE, *PLATFORM], TIMEOUT: [TIMEOUT, *LATE]}
END = {
    "ErrorEquals": [*ERRORS[UNAVAILABLE], *ERRORS[TIMEOUT]],
    "IntervalSeconds": 2,
    "MaxAttempts": 5,
    "BackoffRate": 2.0,
}
"""It is tried for a minute to note how a run ended."""
END_OF_MACHINE = {"End": True, "OutputPath": None}
"""What follows reads results from the store: else those of all items would count for the 256 KiB of a state."""


def compiled(name: str, workflow: Workflow) -> dict[str, Any]:
    planned = plan(workflow.steps)
    steps = {"StartAt": workflow.steps[0].name, "States": _States(planned, ()).row(workflow.steps, None)}
    ended = {"run.$": "$.run", "end": ""}
    failed = {"run.$": "$.run", "end.$": "$.failure.Error"}
    return {
        "Comment": f"Written from the declaration of {name}; not to be edited",
        "StartAt": "steps__all",
        "States": {
            "steps__all": {
                "Type": "Parallel",
                "Branches": [steps],
                "ResultPath": None,
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "note__failed"}],
                "Next": "note__done",
            },
            "note__done": _invoke(ended) | {"Retry": [END], "ResultPath": None, "End": True},
            "note__failed": _invoke(failed) | {"Retry": [END], "ResultPath": None, "Next": "failed__run"},
            "failed__run": {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"},
        },
    }


class _States:
    """The states of one machine: the whole one, or that of a Map's item or of a branch."""

    def __init__(self, planned: Plan, maps: tuple[str, ...]) -> None:
        self._plan = planned
        self._maps = maps
        self._states: dict[str, Any] = {}

    def row(self, steps: tuple[Step, ...], following: str | None) -> dict[str, Any]:
        """Add a row, whose last step is followed by that one, or ends the machine."""
        for step, after in zip(steps, [*(one.name for one in steps[1:]), following], strict=True):
            self._states[step.name] = self._state(step, {"Next": after} if after else END_OF_MACHINE, after)
        return self._states

    def _state(self, step: Step, then: dict[str, Any], after: str | None) -> dict[str, Any]:
        match step:
            case Task():
                return self._task(step, after) | then
            case Choice():
                return self._choice(step, after)
            case Map():
                return self._map(step) | then
            case Parallel():
                branches = [self._machine(body, self._maps) for body in step.branches.values()]
                return {"Type": "Parallel", "Branches": branches, "ResultPath": None} | then
            case Fail():
                return {"Type": "Fail", "Error": step.code, "Cause": step.detail}

    def _machine(self, steps: tuple[Step, ...], maps: tuple[str, ...]) -> dict[str, Any]:
        return {"StartAt": steps[0].name, "States": _States(self._plan, maps).row(steps, None)}

    def _task(self, task: Task, after: str | None) -> dict[str, Any]:
        places = ", ".join(f"$.at__{number}" for number in range(len(self._maps)))
        event: dict[str, Any] = {
            "run.$": "$.run",
            "step": task.name,
            "at.$" if self._maps else "at": f"States.Array({places})" if self._maps else [],
            "args": dict(self._arguments(task)),
            **constants(self._plan, task),
        }
        state = _invoke(event) | {"TimeoutSeconds": task.timeout_s, "ResultPath": None}
        if task.name in self._plan.carried:
            state |= {"ResultSelector": {"carried.$": "$.Payload"}, "ResultPath": f"$.{task.name}"}
        if task.retry.attempts > 1:
            state["Retry"] = [
                {
                    "ErrorEquals": [*ERRORS[UNAVAILABLE], *ERRORS[TIMEOUT]],
                    "IntervalSeconds": task.retry.wait_s,
                    "MaxAttempts": task.retry.attempts - 1,
                    "BackoffRate": float(task.retry.factor),
                    "MaxDelaySeconds": max(task.retry.longest_s, task.retry.wait_s + 1),
                }
            ]
        if task.catch:
            state["Catch"] = [
                {"ErrorEquals": ERRORS.get(code, [code]), "ResultPath": None, "Next": body[0].name}
                for code, body in task.catch.items()
            ]
            for body in task.catch.values():
                self.row(body, after)
        return state

    def _choice(self, choice: Choice, after: str | None) -> dict[str, Any]:
        kind = "Boolean" if isinstance(choice.other, bool) else "Numeric" if isinstance(choice.other, int) else "String"
        compared = kind + {"==": "Equals", "<": "LessThan", ">": "GreaterThan"}[choice.operator]
        self.row(choice.then, after)
        if choice.otherwise:
            self.row(choice.otherwise, after)
        default = choice.otherwise[0].name if choice.otherwise else after
        if default is None:  # a Choice can't be the end itself
            default = f"{choice.name}__past"
            self._states[default] = {"Type": "Succeed", "OutputPath": None}
        rule = {"Variable": self._path(choice.value), compared: choice.other, "Next": choice.then[0].name}
        return {"Type": "Choice", "Choices": [rule], "Default": default}

    def _map(self, step: Map) -> dict[str, Any]:
        inner = (*self._maps, step.name)
        kept = {
            f"{name}.$": f"$.{name}" for name in ("run", *read_inside(step.do)) if name not in (ITEM, *_inside(step.do))
        }
        places = {f"at__{number}.$": f"$.at__{number}" for number in range(len(self._maps))}
        places[f"at__{len(self._maps)}.$"] = "$$.Map.Item.Index"
        return {
            "Type": "Map",
            "ItemsPath": self._path(step.over),
            "MaxConcurrency": step.at_most,
            "ItemSelector": {**kept, **places, "item.$": "$$.Map.Item.Value"},
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **self._machine(step.do, inner)},
            "ResultPath": None,
        }

    def _arguments(self, task: Task) -> Iterator[tuple[str, Any]]:
        for name, value in task.args.items():
            if not isinstance(value, Ref):
                yield name, value
            elif self._plan.inline(value):
                yield f"{name}.$", self._path(value)

    def _path(self, ref: Ref) -> str:
        carried = ["carried"] if ref.head in self._plan.maps else []
        return ".".join(["$", ref.head, *carried, *([ref.rest] if ref.rest else [])])


def _inside(steps: tuple[Step, ...]) -> set[str]:
    """Tasks of a body, whose results are not there before it begins."""
    from core.kernel.workflow.declared import walk

    return {step.name for step in walk(steps)}


def _invoke(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": FUNCTION, "Payload": event},
    }
