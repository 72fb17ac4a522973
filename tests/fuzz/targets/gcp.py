"""Google Cloud's native events: requests, objects, what Pub/Sub pushes, and steps. Needs functions-framework."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from core.kernel import delivery, jobs
from core.kernel.workflow import steps
from tests.fuzz.target import Target
from tests.fuzz.targets.clouds import events, lies_within, native, refusable, store
from tests.fuzz.targets.requests import System, _quiet, functions

LIBRARY = "functions_framework"


def _given(data: bytes) -> tuple[Any, Any]:
    """Type and data of the CloudEvent that functions-framework makes of a push, or of Eventarc's request."""
    event = native(data)
    event = event if isinstance(event, dict) else {"body": event}
    headers = event.get("headers")
    kind = headers.get("ce-type") if isinstance(headers, dict) else None
    from adapters.gcp.events import PUBLISHED

    return kind or PUBLISHED, event.get("body")


def an_object(data: bytes) -> None:
    """An object is the one that is named, in this store; another bucket's, or another form, is unknown."""
    from adapters.gcp import objects
    from adapters.gcp.events import published

    kind, body = _given(data)
    for one in {str(kind), objects.FINALIZED, objects.PUBLISHED}:
        with refusable():
            found = objects.created(store("gs"), one, body)
            if one == objects.FINALIZED:
                lies_within(found, body["bucket"], body["name"])
            else:
                named = published(one, body).attributes
                lies_within(found, named["bucketId"], named["objectId"])


def a_message(data: bytes) -> None:
    """A message is a job of its queue, or unknown."""
    from adapters.gcp.events import published

    kind, body = _given(data)
    (queue,) = {job.queue for job in functions().jobs}
    with refusable():
        jobs.decode(functions(), queue, published(kind, body).content())


def a_fire(data: bytes) -> None:
    """A schedule's message fires, or it is unknown."""
    from adapters.gcp.events import published

    _quiet()
    services = System().services
    with refusable():
        at = published(*_given(data)).publish_time
        delivery.fire(services, services.functions.named("settle_monthly"), at)


def a_step(data: bytes) -> None:
    """A step is done, fails by a code, or is unknown."""
    _quiet()
    services = System().services
    with refusable():
        steps.take(services, services.functions.named("settle"), _given(data)[1])


def a_dead_letter(data: bytes) -> None:
    """Of a message that was given up it is known how often it was delivered, or not."""
    from adapters.gcp.dead_letters import _deliveries
    from adapters.gcp.events import published

    with refusable():
        found = _deliveries(published(*_given(data)))
        assert found is None or found >= 0


def a_request(data: bytes) -> None:
    """A request is answered, by its path as it was sent."""
    import flask
    from werkzeug.test import EnvironBuilder

    from adapters.gcp import http

    _quiet()
    event = native(data)
    given = event if isinstance(event, dict) else {}
    path, method = str(given.get("path") or "/"), str(given.get("method") or "GET")
    headers = given.get("headers") if isinstance(given.get("headers"), dict) else {}
    body = given.get("body")
    try:
        made = EnvironBuilder(
            method=method,
            headers={str(name): str(value) for name, value in headers.items()},
            data=body if isinstance(body, str) else json.dumps(body),
        ).get_environ()
        made["RAW_URI"] = path.encode("latin-1").decode("latin-1")
    except (ValueError, UnicodeError):
        return  # no server takes such a request
    if not path.isascii():
        return
    request = http._request(flask.Request(made))
    assert f"{request.path}?{request.query}".startswith(request.path)
    assert request.caller is None, "no header says who somebody is"
    reply = System().ask(request)
    assert http._reply(reply).status_code == reply.status


def _seeds(*folders: str) -> partial[Sequence[bytes]]:
    return partial(events, "gcp", *folders)


KNOWN = "an event is understood, or refused by `UnknownEvent`"
TARGETS = (
    Target("gcp-api", "an answer; no header says who somebody is", _seeds("api"), a_request, LIBRARY),
    Target("gcp-objects", "an object of this store, or `UnknownEvent`", _seeds("ingest"), an_object, LIBRARY),
    Target("gcp-queue", KNOWN, _seeds("jobs"), a_message, LIBRARY),
    Target("gcp-schedule", KNOWN, _seeds("forecast", "maintain", "alert"), a_fire, LIBRARY),
    Target("gcp-step", KNOWN, _seeds("settle"), a_step, LIBRARY),
    Target("gcp-bury", "a count, or none", _seeds("bury_ingest", "bury_jobs"), a_dead_letter, LIBRARY),
)
