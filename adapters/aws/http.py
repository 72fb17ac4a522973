"""HTTP trigger: API Gateway HTTP APIs and Lambda function URLs, payload format 2.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import cache
from itertools import chain
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from adapters.aws.authorizer import ISSUED, REFUSED, USER
from adapters.aws.bootstrap import Handler, LambdaContext, named, services
from core.kernel.api.app import App
from core.kernel.auth.authorizer import Principal, Refused
from core.kernel.events import UnknownEvent, read, utf8
from core.kernel.functions import Function
from core.kernel.http import Request, Response

LARGEST_TEXT = 1024 * 1024
_STRAY = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Http(msgspec.Struct):
    method: str


class Authorizer(msgspec.Struct, rename={"lambda_": "lambda"}):
    """`lambda` holds what a REQUEST authorizer put into its context; only the gateway can write it."""

    lambda_: dict[str, Any] | None = None


class RequestContext(msgspec.Struct):
    http: Http
    authorizer: Authorizer | None = None


class HttpEvent(msgspec.Struct, rename="camel"):
    version: Literal["2.0"]
    raw_path: str
    raw_query_string: str
    headers: dict[str, str]
    request_context: RequestContext
    cookies: list[str] | None = None
    body: str | None = None
    is_base64_encoded: bool = False


@cache
def _app() -> App:
    return App(services())


def handler(function: Function) -> Handler:
    """Answers one request. What it makes raises `UnknownEvent` for an event of another form.

    The app is made here, while Lambda starts the sandbox on a whole CPU. Raises `ConfigError` for a bad variable.
    """
    _app()

    def answer(event: Any, context: LambdaContext) -> dict[str, Any]:
        native = read(event, HttpEvent)
        app = _app()
        with named(function.name, context):
            return _reply(app.handle(_request(native, context.aws_request_id)))

    return answer


def _request(event: HttpEvent, request_id: str) -> Request:
    headers = [(name.lower(), value) for name, value in event.headers.items()]
    if event.cookies:
        headers.append(("cookie", "; ".join(event.cookies)))
    body = utf8(event.body or "")
    utf8("".join(chain((event.raw_path, event.raw_query_string), *headers)))
    if event.is_base64_encoded:
        try:
            body = base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise UnknownEvent(f"isBase64Encoded is true but the body is not base64: {error}") from None
    return Request(
        event.request_context.http.method,
        _path(event.raw_path),
        event.raw_query_string,
        tuple(headers),
        body,
        request_id,
        _caller(event.request_context.authorizer),
    )


def _path(raw_path: str) -> str:
    """The path percent-encoded: an HTTP API decodes `rawPath` (all but %25), a function URL leaves it as it was sent.

    Encoding what can't stand in a path serves both, whichever sent the event. `%2F` is lost on an HTTP API.
    """
    return _STRAY.sub("%25", quote(raw_path, safe="/%:@!$&'()*+,;=-._~"))


def _caller(authorizer: Authorizer | None) -> Principal | Refused | None:
    context = (authorizer and authorizer.lambda_) or {}
    if isinstance(user := context.get(USER), str) and user:
        return Principal(user, int(context.get(ISSUED, 0)))
    return Refused("by the gateway's authorizer") if REFUSED in context else None


def _reply(response: Response) -> dict[str, Any]:
    headers, cookies = response.joined_headers()
    # Lambda's answer of 6 MB is JSON, in which a text may double; base64 adds a third, whatever it holds.
    body, encoded = response.text() if len(response.body) <= LARGEST_TEXT else (response.base64(), True)
    reply = {"statusCode": response.status, "headers": headers, "cookies": cookies}
    return {**reply, "body": body, "isBase64Encoded": encoded}
