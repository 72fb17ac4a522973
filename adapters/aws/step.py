"""Step trigger: a state of Step Functions that invokes the function, and reads its result or the name of its error.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

from __future__ import annotations

import re
from typing import Any

from adapters.aws.bootstrap import Handler, LambdaContext, invocation
from core.kernel.functions import Function
from core.kernel.workflow import steps
from core.kernel.workflow.declared import INTERNAL, TIMEOUT, UNAVAILABLE
from core.kernel.workflow.steps import StepFailed

_CODE = re.compile(r"[a-z][a-z0-9_]*")
_LATE = ("States.Timeout", "Sandbox.Timedout")
_DIED = ("Lambda.", "Sandbox.", "Runtime.")
"""How the names of errors begin that are not the handler's. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""


def handler(function: Function) -> Handler:
    """Does one step. What it makes raises `UnknownEvent`, or an error whose class is named by the code."""

    def take(event: Any, context: LambdaContext) -> Any:
        with invocation(function.name, context) as services:
            try:
                return steps.take(services, function, _event(event))
            except StepFailed as failed:
                # Lambda logs its text, and the machine keeps it: what may name a meter is in the step's document alone.
                said = failed.detail if failed.code in steps.BROKEN else "see the document of the step that failed"
                raise type(failed.code, (Exception,), {})(said) from None

    return take


def _event(native: Any) -> Any:
    """The event, with a code of core's for an error that ended the run."""
    error = native.get("end") if isinstance(native, dict) else None
    return {**native, "end": _code(error)} if isinstance(error, str) and error else native


def _code(error: str) -> str:
    if _CODE.fullmatch(error):
        return error
    if error in _LATE:
        return TIMEOUT
    return UNAVAILABLE if error.startswith(_DIED) else INTERNAL
