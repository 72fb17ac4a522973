"""Object trigger: Cloud Storage's finalize events, as Eventarc's CloudEvent or (as deployed) through Pub/Sub push.

Only the latter has dead letters. A function that raises is answered with 500, so that the sender delivers again.
https://googleapis.github.io/google-cloudevents/examples/binary/storage/StorageObjectData-simple.json
https://cloud.google.com/storage/docs/pubsub-notifications
"""

from __future__ import annotations

from typing import Any, Literal

import functions_framework
import msgspec
from cloudevents.http import CloudEvent

from adapters.gcp.bootstrap import invocation
from core.energy.ingest.handler import ingest as handle
from core.kernel.events import ObjectCreated, UnknownEvent, attempt, read
from core.kernel.store import Store

FINALIZED = "google.cloud.storage.object.v1.finalized"
PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"


class StorageObject(msgspec.Struct):
    bucket: str
    name: str


class Attributes(msgspec.Struct, rename="camel"):
    event_type: Literal["OBJECT_FINALIZE"]
    bucket_id: str
    object_id: str


class Message(msgspec.Struct, rename="camel"):
    message_id: str
    attributes: dict[str, str] = {}
    data: str = ""


class Published(msgspec.Struct):
    message: Message


@functions_framework.cloud_event
def ingest(event: CloudEvent) -> None:
    """Ingest the object named. Raises `UnknownEvent` for an event of another form, and what core's `ingest` raises."""
    with invocation("ingest") as services, attempt(event_id=event["id"]):
        handle(services.store, created(services.store, event["type"], event.get_data()))


def created(store: Store, kind: str, data: Any) -> ObjectCreated:
    """The core event. Raises `UnknownEvent`."""
    if kind == FINALIZED:
        native = read(data, StorageObject)
        return _of(store, native.bucket, native.name)
    if kind == PUBLISHED:
        return notified(store, published(kind, data))
    raise UnknownEvent(f"{kind} is no event of ingest's; it takes {FINALIZED} and {PUBLISHED}")


def notified(store: Store, message: Message) -> ObjectCreated:
    """The core event of a bucket's notification. Raises `UnknownEvent`."""
    named = read(dict(message.attributes), Attributes)
    return _of(store, named.bucket_id, named.object_id)


def published(kind: str, data: Any) -> Message:
    """The message of a Pub/Sub event. Raises `UnknownEvent`."""
    if kind != PUBLISHED:
        raise UnknownEvent(f"{kind} is no event of a topic; this function takes {PUBLISHED}")
    return read(data, Published).message


def _of(store: Store, bucket: str, name: str) -> ObjectCreated:
    key = store.key_of(bucket, name)
    if key is None:
        raise UnknownEvent(f"gs://{bucket}/{name} lies outside of the store {store.url}")
    return ObjectCreated(key)
