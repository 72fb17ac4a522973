"""A workflow for Google Cloud's Workflows, as the object that its YAML or JSON is read to.

A step that fails answers 422 with its code, or 503 when it may succeed in a while; the declared end of a run is raised
in the same form. A branch or item that fails notes its code and lets the others run on, which is all that the platform
offers; after them the code is raised. https://cloud.google.com/workflows/docs/reference/syntax
"""

from __future__ import annotations

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
from core.kernel.workflow.plan import Plan, plan

URL = '${sys.get_env("TREFOIL_STEP_URL")}'
"""Where the function answers: a variable of the deployed workflow."""
FAILED = 422
_PASSES = (429, 500, 502, 503, 504, 408)
_LATE = (408, 504)
END = {"initial_delay": 2, "max_delay": 30, "multiplier": 2}


def compiled(workflow: Workflow) -> dict[str, Any]:
    steps = _Steps(plan(workflow.steps)).row(workflow.steps, ())
    given = [{"run": "${args.run}"}, {"input": "${args.input}"}]
    noted = {"call": "run__code_of", "args": {"e": "${run__error}"}, "result": "run__failure"}
    failed = [
        {"failure__code": noted},
        {"note__failed": _end("${run__failure}")},
        {"failed__run": {"raise": "${run__error}"}},
    ]
    return {
        "main": {
            "params": ["args"],
            "steps": [
                {"begin__run": {"assign": given}},
                {"all__steps": {"try": {"steps": steps}, "except": {"as": "run__error", "steps": failed}}},
                {"note__done": _end("")},
            ],
        },
        "run__passes": {"params": ["e"], "steps": _predicate()},
        "run__code_of": {"params": ["e"], "steps": _code_of()},
    }


class _Steps:
    def __init__(self, planned: Plan) -> None:
        self._plan = planned

    def row(self, steps: tuple[Step, ...], maps: tuple[str, ...]) -> list[dict[str, Any]]:
        return [made for step in steps for made in self._step(step, maps)]

    def _step(self, step: Step, maps: tuple[str, ...]) -> list[dict[str, Any]]:
        match step:
            case Task():
                return [{step.name: self._task(step, maps)}]
            case Choice():
                other = f'"{step.other}"' if isinstance(step.other, str) else str(step.other).lower()
                condition = f"${{{self._expression(step.value, maps)} {step.operator} {other}}}"
                ways = [{"condition": condition, "steps": self.row(step.then, maps)}]
                if step.otherwise:
                    ways.append({"condition": "${true}", "steps": self.row(step.otherwise, maps)})
                return [{step.name: {"switch": ways}}]
            case Map():
                inner = (*maps, step.name)
                loop = {
                    "value": f"{step.name}__item",
                    "index": f"{step.name}__at",
                    "in": f"${{{self._expression(step.over, maps)}}}",
                    "steps": [_noting(step.name, f"{step.name}__each", self.row(step.do, inner))],
                }
                return _side_by_side(step.name, {"concurrency_limit": step.at_most, "for": loop})
            case Parallel():
                branches = [
                    {
                        f"{step.name}__{name}": {
                            "steps": [_noting(step.name, f"{step.name}__{name}__all", self.row(body, maps))]
                        }
                    }
                    for name, body in step.branches.items()
                ]
                return _side_by_side(step.name, {"branches": branches})
            case Fail():
                return [{step.name: {"raise": {"code": FAILED, "message": step.detail, "body": {"code": step.code}}}}]

    def _task(self, task: Task, maps: tuple[str, ...]) -> dict[str, Any]:
        event = {
            "run": "${run}",
            "step": task.name,
            "at": [f"${{{name}__at}}" for name in maps],
            "args": self._arguments(task, maps),
            **constants(self._plan, task),
        }
        call = _post(event, task.timeout_s)
        if task.name in self._plan.carried:
            call["result"] = task.name
        retry = task.retry
        backoff = {"initial_delay": retry.wait_s, "max_delay": retry.longest_s, "multiplier": retry.factor}
        made: dict[str, Any] = {"try": call}
        if retry.attempts > 1:
            made["retry"] = {"predicate": "${run__passes}", "max_retries": retry.attempts - 1, "backoff": backoff}
        if task.catch:
            made["except"] = {"as": f"{task.name}__error", "steps": self._catch(task, maps)}
        return made if len(made) > 1 else call

    def _catch(self, task: Task, maps: tuple[str, ...]) -> list[dict[str, Any]]:
        code = f"{task.name}__code"
        ways: list[dict[str, Any]] = [
            {"condition": f'${{{code} == "{caught}"}}', "steps": self.row(body, maps)}
            for caught, body in task.catch.items()
        ]
        ways.append({"condition": "${true}", "steps": [{f"{task.name}__again": {"raise": f"${{{task.name}__error}}"}}]})
        read = {"call": "run__code_of", "args": {"e": f"${{{task.name}__error}}"}, "result": code}
        return [{f"{task.name}__read": read}, {f"{task.name}__caught": {"switch": ways}}]

    def _arguments(self, task: Task, maps: tuple[str, ...]) -> dict[str, Any]:
        return {
            name: f"${{{self._expression(value, maps)}}}" if isinstance(value, Ref) else value
            for name, value in task.args.items()
            if not isinstance(value, Ref) or self._plan.inline(value)
        }

    def _expression(self, ref: Ref, maps: tuple[str, ...]) -> str:
        head = f"{maps[-1]}__item" if ref.head == ITEM else ref.head
        body = ["body"] if ref.head in self._plan.maps else []
        return ".".join([head, *body, *([ref.rest] if ref.rest else [])])


def _side_by_side(name: str, how: dict[str, Any]) -> list[dict[str, Any]]:
    failed = f"{name}__failed"
    raised = {"raise": {"code": FAILED, "message": f"a part of {name} failed", "body": {"code": f"${{{failed}}}"}}}
    return [
        {f"{name}__begin": {"assign": [{failed: ""}]}},
        {name: {"parallel": {"shared": [failed], **how}}},
        {f"{name}__join": {"switch": [{"condition": f'${{{failed} != ""}}', "steps": [{f"{name}__fail": raised}]}]}},
    ]


def _noting(name: str, called: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
    """These steps, of which a failure is noted and not raised."""
    code = f"{called}__code"
    read = {"call": "run__code_of", "args": {"e": f"${{{called}__error}}"}, "result": code}
    noted = [{f"{called}__read": read}, {f"{called}__note": {"assign": [{f"{name}__failed": f"${{{code}}}"}]}}]
    return {called: {"try": {"steps": steps}, "except": {"as": f"{called}__error", "steps": noted}}}


def _post(event: dict[str, Any], seconds: int) -> dict[str, Any]:
    how = {"url": URL, "timeout": seconds, "auth": {"type": "OIDC"}, "body": event}
    return {"call": "http.post", "args": how}


def _end(code: str) -> dict[str, Any]:
    call = _post({"run": "${run}", "end": code}, 60)
    return {"try": call, "retry": {"predicate": "${run__passes}", "max_retries": 5, "backoff": END}}


def _predicate() -> list[dict[str, Any]]:
    """Whether a call that failed so may succeed in a while.

    https://cloud.google.com/workflows/docs/reference/syntax/error-types
    """
    codes = " or ".join(f"e.code == {code}" for code in _PASSES)
    tags = " or ".join(f'"{tag}" in e.tags' for tag in ("ConnectionError", "ConnectionFailedError", "TimeoutError"))
    return [
        {"by_code": {"switch": [{"condition": f'${{"code" in e and ({codes})}}', "return": True}]}},
        {"by_tag": {"switch": [{"condition": f'${{"tags" in e and ({tags})}}', "return": True}]}},
        {"for_good": {"return": False}},
    ]


def _code_of() -> list[dict[str, Any]]:
    """The code of an error. Only the function itself answers 422, so only then is the body looked into."""
    late = " or ".join(f"e.code == {code}" for code in _LATE)
    return [
        {"said": {"switch": [{"condition": f'${{"code" in e and e.code == {FAILED}}}', "return": "${e.body.code}"}]}},
        {"late_code": {"switch": [{"condition": f'${{"code" in e and ({late})}}', "return": TIMEOUT}]}},
        {"late_tag": {"switch": [{"condition": '${"tags" in e and "TimeoutError" in e.tags}', "return": TIMEOUT}]}},
        {"ask": {"call": "run__passes", "args": {"e": "${e}"}, "result": "in_a_while"}},
        {"down": {"switch": [{"condition": "${in_a_while}", "return": UNAVAILABLE}]}},
        {"broke": {"return": "internal"}},
    ]
