"""Answering one HTTP request: route, authenticate, check access, validate, handle; problems become documents here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import parse_qsl, quote, unquote_to_bytes
from uuid import uuid4

import msgspec
from msgspec.structs import fields, replace

from core.kernel import logs
from core.kernel.api.context import Call, Route
from core.kernel.api.measured import Measured
from core.kernel.api.router import Router
from core.kernel.auth.access import EVERY, Held, allows, held_beside
from core.kernel.auth.authorizer import Principal, Refused, unauthenticated
from core.kernel.config import ConfigError
from core.kernel.documents import Document
from core.kernel.errors import Code, TrefoilError, invalid, unavailable
from core.kernel.http import MAX_REQUEST_BODY, MAX_RESPONSE_BODY, NO_SNIFF, NO_STORE, Request, Response, json_bytes
from core.kernel.identifiers import ACCOUNT
from core.kernel.services import Services
from core.kernel.triggers import Http

log = logs.logger("api")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:=@/+-]{1,128}")
_ALLOWED = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id"
_EXPOSED = "ETag, Link, Location, Retry-After, X-Request-Id"
_FIELD = re.compile(r" - at `\$(.*)`")
_PARAMETER = re.compile(r" - at `\$([^\[]*).*`")
"""As `_FIELD`, of a query: which of those that are given by one name is told by its value."""


class App:
    """The http function. Stateless but for the caches of its services; safe to call from several threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._router = Router(services.functions)
        (self._name,) = (one.name for one in services.functions.of(Http))

    def handle(self, request: Request) -> Response:
        """Answer a request. Never raises: an unexpected failure is logged with its cause and answered with 500."""
        request = replace(request, request_id=_request_id(request))
        with (
            logs.context(function=self._name, request_id=request.request_id),
            Measured(request) as measured,
        ):
            try:
                response = self._answer(request, measured)
            except TrefoilError as error:
                if error.code is Code.UNAVAILABLE:
                    logs.error(log, "unavailable", exception=error.__cause__ or error)
                response = problem(error, request)
            except ConfigError as error:
                # A secret store that does not answer, mostly: what it says is for the operator.
                logs.error(log, "unavailable", exception=error)
                response = problem(unavailable("the service is not ready"), request)
            except Exception as error:  # noqa: BLE001  the edge: nothing may escape to the platform
                logs.error(log, "unexpected failure", exception=error)
                failure = TrefoilError(Code.INTERNAL, f"an unexpected failure; report it with id {request.request_id}")
                response = problem(failure, request)
            measured.status = response.status
        response = response.with_headers(
            ("X-Request-Id", request.request_id), NO_SNIFF, *cors(self._services.config.cors_origins, request)
        )
        return replace(response, body=b"") if request.method == "HEAD" else response

    def _answer(self, request: Request, measured: Measured) -> Response:
        if len(request.body) > MAX_REQUEST_BODY:
            raise TrefoilError(
                Code.TOO_LARGE, f"the body is longer than {MAX_REQUEST_BODY} bytes; use a signed upload for files"
            )
        found = self._router.find(request.path)
        if found is None:
            raise TrefoilError(Code.NOT_FOUND, "there is nothing at this path; see /api/openapi.json")
        here, segments = found
        measured.route = here.path
        if request.method == "OPTIONS":
            return Response(204, (("Allow", here.allowed),))
        operation = here.operations.get(request.method)
        if operation is None:
            raise TrefoilError(
                Code.METHOD_NOT_ALLOWED, f"{request.method} is not possible here", headers={"Allow": here.allowed}
            )
        route, params = operation.route, operation.params(segments)
        principal, known, document = self._admit(route, params, request)
        query = _query(route, request.query)
        body = _body(operation.body, request)
        call = Call(self._services, self._router.every, request, params, principal, known, query, body, document)
        response = route.handler(call)
        if len(response.body) > MAX_RESPONSE_BODY:
            raise AssertionError(f"{route.path} answered with {len(response.body)} bytes")
        return response.with_headers(NO_STORE) if route.needs.token else response

    def _admit(
        self, route: Route, params: Mapping[str, str], request: Request
    ) -> tuple[Principal, Held, Document | None] | tuple[None, None, None]:
        if not route.needs.token:
            return None, None, None
        principal = self.authenticate(request)
        resource = params[route.needs.resource] if route.needs.resource else EVERY
        of = route.needs.document
        beside = [of.format(resource)] if of and ACCOUNT.fullmatch(resource) else []
        known, documents = held_beside(self._services.documents, principal.user, beside)
        if principal.issued < known.tokens_from:
            logs.debug(logs.logger("auth"), "token refused", reason="issued before the password changed, or the user")
            raise unauthenticated()
        action = route.needs.action
        if action is not None and not allows(known.grants, action, resource):
            raise TrefoilError(Code.DENIED, f"{principal.user} may not {action} {resource}")
        return principal, known, documents[0] if documents else None

    def authenticate(self, request: Request) -> Principal:
        """The caller of a request. Raises `TrefoilError(UNAUTHENTICATED)`, always the same one."""
        judged = request.caller or self._services.judge(request.header_values("authorization"))
        if isinstance(judged, Refused):
            logs.debug(logs.logger("auth"), "token refused", reason=judged.reason)
            raise unauthenticated()
        return judged


def problem(error: TrefoilError, request: Request) -> Response:
    """An error as `application/problem+json` (RFC 9457)."""
    headers = (("Content-Type", "application/problem+json"), NO_STORE, *error.headers.items())
    return Response(error.code.status, headers, json_bytes(error.problem(_instance(request.path))))


def _instance(path: str) -> str:
    """The path in one spelling: gateways encode the same path in ways of their own (RFC 3986, section 6.2.2)."""
    return "/".join(quote(unquote_to_bytes(segment), safe="!$&'()*+,;=:@") for segment in path.split("/"))


def _query(route: Route, text: str) -> Any:
    if route.query is None:
        return None
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except (UnicodeDecodeError, ValueError):
        raise TrefoilError(Code.MALFORMED, "the query string is not percent-encoded UTF-8") from None
    lists = _lists(route.query)
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in lists:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise invalid(name, "is given twice")
        else:
            values[name] = value
    try:
        return msgspec.convert(values, route.query, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error, _PARAMETER) from None


@cache
def _lists(form: type[msgspec.Struct]) -> frozenset[str]:
    """Which names of a query may be repeated: those that are lists."""
    kinds = {field.encode_name: field.type for field in fields(form)}
    bare = {name: get_args(kind)[0] if get_origin(kind) is Annotated else kind for name, kind in kinds.items()}
    return frozenset(name for name, kind in bare.items() if get_origin(kind) is list)


def _body(decoder: msgspec.json.Decoder[Any] | None, request: Request) -> Any:
    if decoder is None:
        return None
    # Some gateways join repeated headers, others leave them as they are.
    codings = ",".join(request.header_values("content-encoding")).lower().split(",")
    if any(coding.strip() not in ("", "identity") for coding in codings):
        raise TrefoilError(
            Code.UNSUPPORTED,
            "a Content-Encoding is not read here; send the body as it is",
            headers={"Accept-Encoding": "identity"},
        )
    try:
        return decoder.decode(request.body)
    except msgspec.ValidationError as error:
        raise _invalid(error) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise TrefoilError(Code.MALFORMED, f"the body is not JSON: {error}") from None


def _invalid(error: msgspec.ValidationError, field: re.Pattern[str] = _FIELD) -> TrefoilError:
    """msgspec says "<what> - at `$.field`"; the field gets a place of its own."""
    message = str(error)
    where = field.search(message)
    reason = message[: where.start()] if where else message
    missing = re.search(r"(?:missing required field|unknown field) `(.+?)`", reason)
    name = (where[1].lstrip(".") if where else "") or (missing[1] if missing else "body")
    return invalid(name, reason)


def _request_id(request: Request) -> str:
    """The client's id, else the platform's, else a new one."""
    sent = request.header_values("x-request-id")
    for given in (sent[0] if len(sent) == 1 else "", request.request_id):
        if _REQUEST_ID.fullmatch(given):
            return given
    return str(uuid4())


def cors(origins: tuple[str, ...], request: Request) -> tuple[tuple[str, str], ...]:
    """The CORS headers (fetch.spec.whatwg.org): only for an allowed origin, and never with credentials."""
    if not origins:
        return ()
    vary = (("Vary", "Origin"),)
    sent = request.header_values("origin")
    origin = sent[0] if len(sent) == 1 else None
    if origin is None or not ("*" in origins or origin in origins):
        return vary
    headers = (("Access-Control-Allow-Origin", "*" if "*" in origins else origin), *vary)
    if request.method == "OPTIONS" and request.header("access-control-request-method"):
        return (
            *headers,
            ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS"),
            ("Access-Control-Allow-Headers", _ALLOWED),
            ("Access-Control-Max-Age", "600"),
        )
    return (*headers, ("Access-Control-Expose-Headers", _EXPOSED))
