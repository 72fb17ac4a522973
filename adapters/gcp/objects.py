"""Object trigger: Cloud Storage's finalize events, as Eventarc's CloudEvent or (as deployed) through Pub/Sub push.

Only the latter has dead letters.
https://googleapis.github.io/google-cloudevents/examples/binary/storage/StorageObjectData-simple.json
https://cloud.google.com/storage/docs/pubsub-notifications
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from adapters.gcp import events
from adapters.gcp.events import PUBLISHED, Message, Target, published
from core.kernel import delivery
from core.kernel.events import ObjectCreated, UnknownEvent, read
from core.kernel.functions import Function
from core.kernel.services import Services
from core.kernel.store import Store

FINALIZED = "google.cloud.storage.object.v1.finalized"


class StorageObject(msgspec.Struct):
    bucket: str
    name: str


class Attributes(msgspec.Struct, rename="camel"):
    event_type: Literal["OBJECT_FINALIZE"]
    bucket_id: str
    object_id: str


def target(function: Function) -> Target:
    """Hands over the object named. What it makes raises `UnknownEvent`, and what the function raises."""

    def take(services: Services, kind: str, data: Any) -> None:
        delivery.created(services, function, created(services.store, kind, data))

    return events.target(function, take)


def created(store: Store, kind: str, data: Any) -> ObjectCreated:
    """The core event. Raises `UnknownEvent`."""
    if kind == FINALIZED:
        native = read(data, StorageObject)
        return _of(store, native.bucket, native.name)
    if kind == PUBLISHED:
        return notified(store, published(kind, data))
    raise UnknownEvent(f"{kind} is no event of an object; this function takes {FINALIZED} and {PUBLISHED}")


def notified(store: Store, message: Message) -> ObjectCreated:
    """The core event of a bucket's notification. Raises `UnknownEvent`."""
    named = read(dict(message.attributes), Attributes)
    return replace(_of(store, named.bucket_id, named.object_id), sent=message.publish_time)


def _of(store: Store, bucket: str, name: str) -> ObjectCreated:
    key = store.key_of(bucket, name)
    if key is None:
        raise UnknownEvent(f"gs://{bucket}/{name} lies outside of the store {store.url}")
    return ObjectCreated(key)
