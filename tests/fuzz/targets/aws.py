"""AWS's native events: API Gateway, its authorizer, SQS, S3, EventBridge, Step Functions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

from adapters.aws import authorizer, dead_letters, http, objects, schedule, sqs, step
from core.kernel import delivery
from core.kernel.auth.authorizer import Principal
from core.kernel.dead_letters import DeadLetters
from core.kernel.events import UnknownEvent, read, utf8
from core.kernel.workflow import steps
from tests.fuzz.target import Target, text_of
from tests.fuzz.targets.clouds import events, lies_within, native, refusable, store
from tests.fuzz.targets.requests import System, _quiet


def a_request(data: bytes) -> None:
    """A request is answered, and its caller is only who the gateway's authorizer says."""
    _quiet()
    event = native(data)
    with refusable():
        found = read(event, http.HttpEvent)
        request = http._request(found, "1")
        assert request.path.isascii()
        assert all(name == name.lower() for name, _ in request.headers)
        said = ((event["requestContext"].get("authorizer") or {}).get("lambda") or {}).get("trefoil_user")
        assert not isinstance(request.caller, Principal) or request.caller.user == said
        reply = http._reply(System().ask(request))
        assert isinstance(reply["body"], str)


def a_verdict(data: bytes) -> None:
    """No header lets anybody in, for none of them is signed; the answer is the one that the gateway takes."""
    _quiet()
    with refusable():
        found = authorizer._verdict(System().services, read(native(data), authorizer.AuthorizerEvent).headers or {})
        assert found in ({authorizer.REFUSED: True}, {})


def some_objects(data: bytes) -> None:
    """Objects are those that are named, in this store; another bucket's, or another form, is unknown."""
    event = native(data)
    with refusable():
        for record in objects._records(event):
            if isinstance(record, objects.S3Record):
                try:
                    created = objects._created(store("s3"), record)
                except UnknownEvent:
                    continue
                lies_within(created, record.s3.bucket.name, unquote_plus(record.s3.object.key))
    for body in (text_of(data), *_bodies(event)):
        with refusable():
            assert isinstance(objects.created(store("s3"), body), list)


def _bodies(event: Any) -> list[str]:
    records = event.get("Records") if isinstance(event, dict) else None
    found = [one.get("body") for one in records if isinstance(one, dict)] if isinstance(records, list) else []
    return [one for one in found if isinstance(one, str)]


def some_messages(data: bytes) -> None:
    """Of a batch only messages of it come again, each named once; none is lost."""
    _quiet()
    with refusable():
        batch = sqs.messages(native(data))
        seen: list[bytes] = []
        found = sqs.handled(batch, lambda body: seen.append(utf8(body)))
        failed = [one["itemIdentifier"] for one in found["batchItemFailures"]]
        assert len(failed) == len(set(failed))
        assert set(failed) <= {one.message_id for one in batch}
        assert len(seen) >= len(batch) - sum(one.message_id in failed for one in batch)


def a_fire(data: bytes) -> None:
    """A schedule's event fires, or it is unknown."""
    _quiet()
    services = System().services
    with refusable():
        at = read(native(data), schedule.ScheduledEvent).time
        assert at.tzinfo is not None, "a time without a zone would be read in the machine's"
        delivery.fire(services, services.functions.named("settle_monthly"), at)


def a_step(data: bytes) -> None:
    """A step is done, fails by a code, or is unknown."""
    _quiet()
    services = System().services
    with refusable():
        steps.take(services, services.functions.named("settle"), step._event(native(data)))


def a_dead_letter(function: str, data: bytes) -> None:
    """Whatever was given up becomes a letter that can be read."""
    _quiet()
    services = System().services
    for body in (text_of(data), *_bodies(native(data))):
        dead_letters._bury(services, services.functions.named(function), body)
        assert body == "" or DeadLetters(services.documents, services.clock).every() or function == "bury_ingest"


def _seeds(*folders: str) -> partial[Sequence[bytes]]:
    return partial(events, "aws", *folders)


KNOWN = "an event is understood, or refused by `UnknownEvent`"
TARGETS = (
    Target("aws-api", "an answer; the caller is only who the authorizer says", _seeds("api"), a_request),
    Target("aws-authorizer", "nobody is let in by what is not signed", _seeds("authorizer"), a_verdict),
    Target("aws-objects", "an object of this store, or `UnknownEvent`", _seeds("ingest"), some_objects),
    Target("aws-queue", "no message is lost, and none of another batch comes again", _seeds("jobs"), some_messages),
    Target("aws-schedule", KNOWN, _seeds("forecast", "maintain", "alert"), a_fire),
    Target("aws-step", KNOWN, _seeds("settle"), a_step),
    Target(
        "aws-bury-ingest", "a letter that can be read", _seeds("bury_ingest"), partial(a_dead_letter, "bury_ingest")
    ),
    Target("aws-bury-jobs", "a letter that can be read", _seeds("bury_jobs"), partial(a_dead_letter, "bury_jobs")),
)
