"""Azure's native events: requests, and the messages of storage queues. Needs azure-functions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

from core.kernel import dead_letters
from core.kernel.workflow import steps
from tests.fuzz.target import Target
from tests.fuzz.targets.clouds import BUCKET, PREFIX, events, native, refusable, store
from tests.fuzz.targets.requests import System, _quiet

LIBRARY = "azure.functions"


def an_object(data: bytes) -> None:
    """An object is the one that the event's subject names, in this store; another container's is unknown."""
    from adapters.azure.objects import created

    for body in _bodies(data):
        with refusable():
            found = created(store("az"), body)
            subject = json.loads(body)["subject"]
            assert subject == f"/blobServices/default/containers/{BUCKET}/blobs/{PREFIX}/{found.key}"


def a_dead_letter(function: str, data: bytes) -> None:
    """Whatever was given up becomes a letter that can be read."""
    from adapters.azure.objects import created

    _quiet()
    services = System().services
    for body in _bodies(data):
        dead_letters.bury(
            services,
            services.functions.named(function),
            objects=partial(lambda body: [created(services.store, body)], body),
            message=partial(bytes, body),
            native=body.decode(errors="replace"),
        )
        assert dead_letters.DeadLetters(services.documents, services.clock).every()


def a_step(data: bytes) -> None:
    """A step is done, fails by a code, or is unknown."""
    _quiet()
    services = System().services
    with refusable():
        steps.take(services, services.functions.named("settle"), native(data))


def a_request(data: bytes) -> None:
    """A request is answered, by its path as it was sent; no header says who somebody is."""
    import azure.functions as func

    from adapters.azure import http

    _quiet()
    event = native(data)
    given = event if isinstance(event, dict) else {}
    url, headers = str(given.get("url") or "http://localhost/"), given.get("headers")
    if not url.isascii():
        return  # the host encodes what it hands over
    sent = {str(name): str(value) for name, value in (headers if isinstance(headers, dict) else {}).items()}
    body = json.dumps(given.get("body")).encode()
    native_request = func.HttpRequest(
        str(given.get("method") or "GET"), url, headers=sent, params={}, route_params={}, body=body
    )
    request = http._request(native_request, "1")
    assert request.caller is None
    if url.startswith("http://localhost/"):
        assert request.path == urlsplit(url.replace("#", "%23")).path.replace("%23", "#") or "\t" in url or "\n" in url
    reply = System().ask(request)
    assert http._reply(reply).status_code == reply.status


def _bodies(data: bytes) -> list[bytes]:
    """The message, and the body of the event that it is."""
    event = native(data)
    body = event.get("body") if isinstance(event, dict) else None
    return [data, body.encode(errors="replace") if isinstance(body, str) else json.dumps(body).encode()]


def _seeds(*folders: str) -> partial[Sequence[bytes]]:
    return partial(events, "azure", *folders)


KNOWN = "an event is understood, or refused by `UnknownEvent`"
TARGETS = (
    Target("azure-api", "an answer; no header says who somebody is", _seeds("api"), a_request, LIBRARY),
    Target("azure-objects", "an object of this store, or `UnknownEvent`", _seeds("ingest"), an_object, LIBRARY),
    Target("azure-step", KNOWN, _seeds("settle"), a_step, LIBRARY),
    Target("azure-bury-ingest", "a letter", _seeds("bury_ingest"), partial(a_dead_letter, "bury_ingest"), LIBRARY),
    Target("azure-bury-jobs", "a letter", _seeds("bury_jobs"), partial(a_dead_letter, "bury_jobs"), LIBRARY),
)
