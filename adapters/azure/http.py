"""HTTP trigger: one catch-all route; core does the routing.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger
"""

from __future__ import annotations

import re
from functools import cache

import azure.functions as func

from adapters.azure.bootstrap import invocation, services
from core.kernel.api.app import App
from core.kernel.functions import Function, FunctionSet
from core.kernel.http import Request, Response


@cache
def _app() -> App:
    return App(services())


def register(app: func.FunctionApp, _: FunctionSet, function: Function) -> None:
    """Answers one request."""

    def answer(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        with invocation(function.name, context):
            return _reply(_app().handle(_request(req, context.invocation_id)))

    app.function_name(function.name)(app.route(route="{*path}", auth_level=func.AuthLevel.ANONYMOUS)(answer))


def _request(req: func.HttpRequest, invocation: str) -> Request:
    # `params` keeps one value of a repeated key, and `route_params` is decoded: the URL has both as they were sent.
    path, _, query = re.sub(r"^https?://[^/?]*", "", req.url).partition("?")
    headers = tuple((name.lower(), value) for name, value in req.headers.items())
    return Request(req.method.upper(), path, query, headers, req.get_body(), invocation)


def _reply(response: Response) -> func.HttpResponse:
    headers, cookies = response.joined_headers()
    reply = func.HttpResponse(response.body, status_code=response.status, headers=headers)
    for cookie in cookies:
        reply.headers.add_header("Set-Cookie", cookie)
    return reply
