"""An engine for tests: the interpreter, driven by hand in one thread, with faults where a test wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.kernel.functions import Function
from core.kernel.services import Services
from core.kernel.triggers import Step
from core.kernel.workflow import steps
from core.kernel.workflow.declared import Workflow
from core.kernel.workflow.interpreter import Body, Do, Failed, Sleep, interpret, row
from core.kernel.workflow.plan import plan


def function(workflow: Workflow) -> Function:
    return Function("trial", Step(workflow), timeout_s=540)


class Engine:
    """Runs a workflow; `before` is called before each event, and may raise as a process that dies would."""

    def __init__(self, services: Services, workflow: Workflow, before: Callable[[Any], None] = lambda _: None) -> None:
        self.services, self.workflow, self.before = services, workflow, before
        self.function = function(workflow)
        self.plan = plan(workflow.steps)
        self.events: list[Any] = []
        self.slept: list[int] = []

    def run(self, run: str, **given: Any) -> str | None:
        """The code that it failed with, or None."""
        return self.body(Body((), {"run": run, "input": given}, ()))

    def body(self, body: Body) -> str | None:
        effects = interpret(self.plan, row(self.workflow.steps, body.row), body)
        answer: Any = None
        try:
            while True:
                effect = effects.send(answer)
                if isinstance(effect, Do):
                    self.events.append(effect.event)
                    self.before(effect.event)
                    answer = self.take(effect.event)
                elif isinstance(effect, Sleep):
                    self.slept.append(effect.seconds)
                    answer = None
                else:
                    answer = [self.body(one) for one in effect.bodies]
        except StopIteration:
            return None
        except Failed as failed:
            return failed.code

    def take(self, event: Any) -> Any:
        try:
            return {"value": steps.take(self.services, self.function, event)}
        except steps.StepFailed as failed:
            return {"error": failed.code}
