"""Step trigger: a step of Workflows, which calls the function by HTTP, and reads its answer's status and body.

Who may call is settled before it: Cloud Run asks for an identity that may invoke the service.
https://cloud.google.com/workflows/docs/authenticate-from-workflow
"""

from __future__ import annotations

from typing import Any

import flask
import functions_framework

from adapters.gcp.bootstrap import invocation
from adapters.gcp.events import Target
from core.kernel.functions import Function
from core.kernel.http import json_bytes
from core.kernel.workflow import steps
from core.kernel.workflow.declared import TIMEOUT
from core.kernel.workflow.steps import StepFailed

FAILED, PASSES, LATE = 422, 503, 504
"""What the compiled workflow takes for a step that failed, for good, for a while, or by taking too long."""


def target(function: Function) -> Target:
    """Does one step. What it makes raises `UnknownEvent`: that is answered with 500."""

    def take(request: flask.Request) -> flask.Response:
        with invocation(function.name) as services:
            try:
                return _reply(200, steps.take(services, function, request.get_json()))
            except StepFailed as failed:
                status = LATE if failed.code == TIMEOUT else PASSES if failed.passes else FAILED
                return _reply(status, {"code": failed.code})

    take.__name__ = function.name  # by which functions-framework keeps how it is called
    decorated: Target = functions_framework.http(take)
    return decorated


def _reply(status: int, body: Any) -> flask.Response:
    return flask.Response(json_bytes(body), status, content_type="application/json")
