"""Running one function on a native event, as the local provider would."""

from __future__ import annotations

import base64
from typing import Any

from core.api.app import App
from core.auth.authorizer import Refused, verdict
from core.events import ObjectCreated
from core.functions import BY_NAME, Trigger
from core.http import Request, Response
from core.services import Services


class UnknownEvent(Exception):
    """The event has not the form that the function's trigger sends."""


def invoke(services: Services, function: str, event: Any) -> Any:
    """The function's result as JSON values.

    Events: http `{"method", "path", "query"?, "headers"?: {name: value}, "body"?}`; authorizer
    `{"authorization": [values]}`; object `{"key"}`. Raises `UnknownEvent` naming what it saw.
    """
    declared = BY_NAME.get(function)
    if declared is None:
        raise UnknownEvent(f"there is no function {function!r}; there are {', '.join(BY_NAME)}")
    if declared.trigger is Trigger.HTTP:
        return _reply(App(services).handle(_request(_fields(event, {"method", "path"}, {"query", "headers", "body"}))))
    if declared.trigger is Trigger.AUTHORIZER:
        values = _fields(event, {"authorization"})["authorization"]
        config = services.config
        judged = verdict(values, services.keyring, issuer=config.issuer, audience=config.audience, now=services.clock())
        return {"authorized": False} if isinstance(judged, Refused) else {"authorized": True, "user": judged.user}
    from core.ingest.handler import ingest  # the table engine, only where it is needed

    return ingest(services.store, ObjectCreated(_fields(event, {"key"})["key"]))


def _fields(event: Any, required: set[str], optional: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(event, dict):
        raise UnknownEvent(f"an event is a JSON object, not {type(event).__name__}")
    seen = set(event)
    if not required <= seen <= required | (optional or set()):
        raise UnknownEvent(f"the event has the keys {sorted(seen)}; needed: {sorted(required)}")
    return event


def _request(event: dict[str, Any]) -> Request:
    headers = tuple((name.lower(), value) for name, value in event.get("headers", {}).items())
    return Request(event["method"], event["path"], event.get("query", ""), headers, event.get("body", "").encode())


def _reply(response: Response) -> dict[str, Any]:
    reply: dict[str, Any] = {"status": response.status, "headers": [list(header) for header in response.headers]}
    try:
        return {**reply, "body": response.body.decode()}
    except UnicodeDecodeError:
        return {**reply, "body_base64": base64.b64encode(response.body).decode()}
