"""Queue triggers: the topic `jobs` and the dead-letter topics, all pushed; dead messages become letters.

https://cloud.google.com/pubsub/docs/push
https://cloud.google.com/pubsub/docs/handling-failures
"""

from __future__ import annotations

import base64

import functions_framework
from cloudevents.http import CloudEvent

from adapters.gcp.bootstrap import invocation
from adapters.gcp.objects import Message, notified, published
from core.energy.jobs import run
from core.kernel import dead_letters
from core.kernel.events import UnknownEvent, attempt

DELIVERIES = "CloudPubSubDeadLetterSourceDeliveryCount"


@functions_framework.cloud_event
def jobs(event: CloudEvent) -> None:
    """Do the job in a message. Raises `UnknownEvent` for an event of another form, and what core's `run` raises."""
    with invocation("jobs") as services, attempt(event_id=event["id"]):
        run(services, _data(published(event["type"], event.get_data())))


@functions_framework.cloud_event
def bury_jobs(event: CloudEvent) -> None:
    """Bury one message. Raises `UnknownEvent`, or `TrefoilError(UNAVAILABLE)`: it is pushed again."""
    with invocation("bury_jobs") as services, attempt(event_id=event["id"]):
        message = published(event["type"], event.get_data())
        dead_letters.bury_job(services, _data(message), attempts=_deliveries(message))


@functions_framework.cloud_event
def bury_ingest(event: CloudEvent) -> None:
    """As `bury_jobs`, for the topic of `ingest`."""
    with invocation("bury_ingest") as services, attempt(event_id=event["id"]):
        message = published(event["type"], event.get_data())

        def read() -> list[dict[str, str]]:
            return [{"key": notified(services.store, message).key}]

        native = {"attributes": message.attributes, "data": _data(message).decode(errors="replace")}
        dead_letters.bury(services, "ingest", read, native=native, attempts=_deliveries(message))


def _deliveries(message: Message) -> int | None:
    given = message.attributes.get(DELIVERIES, "")
    return int(given) if given.isdecimal() else None


def _data(message: Message) -> bytes:
    try:
        return base64.b64decode(message.data)
    except ValueError as error:
        raise UnknownEvent(f"the message's data are not base64: {error}; the event has: data") from None
