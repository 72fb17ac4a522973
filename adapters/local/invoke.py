"""Running one function on a native event, as the local provider would."""

from __future__ import annotations

from typing import Any

import msgspec

from core.energy import schedules
from core.energy.jobs import run
from core.kernel import dead_letters
from core.kernel.api.app import App
from core.kernel.auth.authorizer import Refused
from core.kernel.events import ObjectCreated, UnknownEvent, read
from core.kernel.functions import BY_NAME, Trigger
from core.kernel.http import Request, Response
from core.kernel.services import Services


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
    """A message of the queue `jobs`, as text."""

    body: str


class GivenUpEvent(msgspec.Struct, forbid_unknown_fields=True):
    """An event of another function that was given up."""

    event: dict[str, Any]
    attempts: int
    error: str = ""


class ScheduleEvent(msgspec.Struct, forbid_unknown_fields=True):
    """The schedule has struck: nothing more."""


def invoke(services: Services, function: str, event: Any) -> Any:
    """The function's result as JSON values.

    Raises `UnknownEvent` naming what is wrong with the event, or the functions that there are.
    """
    declared = BY_NAME.get(function)
    if declared is None:
        raise UnknownEvent(f"there is no function {function!r}; there are {', '.join(BY_NAME)}")
    if declared.trigger is Trigger.HTTP:
        return _reply(App(services).handle(_request(read(event, HttpEvent))))
    if declared.trigger is Trigger.AUTHORIZER:
        values = read(event, AuthorizerEvent).authorization
        judged = services.judge(values)
        return {"authorized": False} if isinstance(judged, Refused) else {"authorized": True, "user": judged.user}
    if declared.trigger is Trigger.SCHEDULE:
        read(event, ScheduleEvent)
        return getattr(schedules, function)(services)
    if function == "jobs":
        return run(services, read(event, QueueEvent).body.encode())
    if declared.trigger is Trigger.QUEUE:
        given = read(event, GivenUpEvent)
        source = function.removeprefix("bury_")
        letters = dead_letters.bury(
            services, source, lambda: [given.event], native=given.event, attempts=given.attempts, reason=given.error
        )
        return {"letters": letters}
    from core.energy.ingest.handler import ingest  # the table engine, only where it is needed

    return ingest(services.store, ObjectCreated(read(event, ObjectEvent).key))


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
