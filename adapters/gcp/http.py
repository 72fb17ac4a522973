"""HTTP trigger: functions-framework hands over a Flask request.

https://github.com/GoogleCloudPlatform/functions-framework-python
"""

from __future__ import annotations

import re
from functools import cache

import flask
import functions_framework

from adapters.gcp.bootstrap import invocation, services
from adapters.gcp.events import Target
from core.kernel.api.app import App
from core.kernel.functions import Function
from core.kernel.http import MAX_REQUEST_BODY, Request, Response


@cache
def _app() -> App:
    return App(services())


def target(function: Function) -> Target:
    """Answers one request."""

    def answer(request: flask.Request) -> flask.Response:
        with invocation(function.name, _trace(request)):
            return _reply(_app().handle(_request(request)))

    answer.__name__ = function.name  # by which functions-framework keeps how it is called
    decorated: Target = functions_framework.http(answer)
    return decorated


def _request(request: flask.Request) -> Request:
    # PATH_INFO is decoded already; the servers keep what was sent under these names.
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.full_path
    path, _, query = re.sub(r"^https?://[^/?]*", "", raw).partition("?")
    headers = tuple((name.lower(), value) for name, value in request.headers.items())
    body = request.stream.read(MAX_REQUEST_BODY + 1)
    return Request(request.method, path, query, headers, body)


def _reply(response: Response) -> flask.Response:
    reply = flask.Response(response.body, response.status)
    reply.headers.clear()  # Flask's default type
    for name, value in response.headers:
        reply.headers.add(name, value)
    return reply


def _trace(request: flask.Request) -> str:
    """The trace id of W3C's `traceparent`, which Google's front end sets on every request."""
    parts = request.headers.get("traceparent", "").split("-")
    return parts[1] if len(parts) == 4 else ""
