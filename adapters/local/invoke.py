"""Running one function on a native event, as the local provider would."""

from __future__ import annotations

from typing import Any

import msgspec

from core.kernel import dead_letters, delivery
from core.kernel.api.app import App
from core.kernel.auth.authorizer import Refused
from core.kernel.events import ObjectCreated, UnknownEvent, read, utf8
from core.kernel.http import Request, Response, json_bytes
from core.kernel.services import Services
from core.kernel.triggers import Authorizer, Dead, Http, Object, Queue, Schedule, Step
from core.kernel.workflow import steps


class HttpEvent(msgspec.Struct, forbid_unknown_fields=True):
    """An HTTP request: raw path and query, and headers by name."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = {}
    body: str = ""


class AuthorizerEvent(msgspec.Struct, forbid_unknown_fields=True):
    """The values of a request's Authorization headers."""

    authorization: list[str]


class ObjectEvent(msgspec.Struct, forbid_unknown_fields=True):
    """The key of an object in the store."""

    key: str


class QueueEvent(msgspec.Struct, forbid_unknown_fields=True):
    """A message of the queue, as text."""

    body: str


class GivenUpEvent(msgspec.Struct, forbid_unknown_fields=True):
    """An event of another function that was given up."""

    event: dict[str, Any]
    attempts: int
    error: str = ""


class ScheduleEvent(msgspec.Struct, forbid_unknown_fields=True):
    """The schedule has fired: nothing more."""


def invoke(services: Services, name: str, event: Any) -> Any:
    """The function's result as JSON values.

    Raises `UnknownEvent` naming what is wrong with the event, or `NoSuchFunction` naming those that there are.
    """
    function = services.functions.named(name)
    match function.trigger:
        case Http():
            return _reply(App(services).handle(_request(read(event, HttpEvent))))
        case Authorizer():
            judged = services.judge(read(event, AuthorizerEvent).authorization)
            return {"authorized": False} if isinstance(judged, Refused) else {"authorized": True, "user": judged.user}
        case Object():
            return delivery.created(services, function, _created(event))
        case Queue():
            return delivery.message(services, function, read(event, QueueEvent).body.encode())
        case Step():
            return steps.take(services, function, event)
        case Schedule():
            read(event, ScheduleEvent)
            return delivery.fire(services, function)
        case Dead(source):
            return {"letters": _bury(services, source, read(event, GivenUpEvent))}


def _bury(services: Services, name: str, given: GivenUpEvent) -> list[str]:
    if isinstance(services.functions.named(name).trigger, Object):
        created = [_created(given.event)]
        return dead_letters.bury_objects(
            services, name, lambda: created, native=given.event, attempts=given.attempts, reason=given.error
        )
    return [
        dead_letters.bury_message(services, name, json_bytes(given.event), attempts=given.attempts, reason=given.error)
    ]


def _created(event: Any) -> ObjectCreated:
    key = read(event, ObjectEvent).key
    utf8(key)
    return ObjectCreated(key)


def _request(event: HttpEvent) -> Request:
    try:
        event.query.encode("ascii")
        event.path.encode("ascii")
        body = event.body.encode()
    except UnicodeEncodeError:
        raise UnknownEvent("path and query are percent-encoded ASCII, and the body is UTF-8") from None
    headers = tuple((name.lower(), value) for name, value in event.headers.items())
    return Request(event.method, event.path, event.query, headers, body)


def _reply(response: Response) -> dict[str, Any]:
    body, encoded = response.text()
    headers = [list(header) for header in response.headers]
    return {"status": response.status, "headers": headers, "body_base64" if encoded else "body": body}
