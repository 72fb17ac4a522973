"""Object trigger: Event Grid's blob events, delivered through a storage queue.

A function that raises leaves its message in the queue; after `maxDequeueCount` (host.json) it is moved to the poison
queue. https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage
"""

from __future__ import annotations

import re
from typing import Literal

import azure.functions as func
import msgspec

from adapters.azure.bootstrap import invocation
from core.energy.ingest.handler import ingest as handle
from core.kernel.events import ObjectCreated, UnknownEvent, attempt, read
from core.kernel.store import Store

QUEUE = "trefoil-ingest"
CONNECTION = "AzureWebJobsStorage"
_SUBJECT = re.compile(r"/blobServices/default/containers/([^/]+)/blobs/(.+)", re.DOTALL)

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


class BlobEvent(msgspec.Struct, rename="camel"):
    event_type: Literal["Microsoft.Storage.BlobCreated"]
    subject: str


@blueprint.queue_trigger(arg_name="message", queue_name=QUEUE, connection=CONNECTION)
def ingest(message: func.QueueMessage, context: func.Context) -> None:
    """Ingest the object named. Raises `UnknownEvent` for an event of another form, and what core's `ingest` raises."""
    with invocation("ingest", context) as services, attempt(message_id=message.id, attempt=message.dequeue_count):
        handle(services.store, created(services.store, message.get_body()))


def created(store: Store, body: bytes) -> ObjectCreated:
    """The core event in a message's body. Raises `UnknownEvent`."""
    try:
        native = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UnknownEvent(f"the message is not JSON: {error}") from None
    subject = read(native, BlobEvent).subject
    named = _SUBJECT.fullmatch(subject)
    if named is None:
        raise UnknownEvent(f"the subject {subject!r} names no blob")
    key = store.key_of(named[1], named[2])
    if key is None:
        raise UnknownEvent(f"az://{named[1]}/{named[2]} lies outside of the store {store.url}")
    return ObjectCreated(key)
