"""Object trigger: Event Grid's blob events, delivered through a storage queue.

https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage
"""

from __future__ import annotations

import re
from typing import Literal

import azure.functions as func
import msgspec
from msgspec.structs import replace

from adapters.azure import messages
from core.kernel import delivery
from core.kernel.events import ObjectCreated, UnknownEvent, read
from core.kernel.functions import Function, FunctionSet
from core.kernel.store import Store

_SUBJECT = re.compile(r"/blobServices/default/containers/([^/]+)/blobs/(.+)", re.DOTALL)


class BlobEvent(msgspec.Struct, rename="camel"):
    event_type: Literal["Microsoft.Storage.BlobCreated"]
    subject: str


def register(app: func.FunctionApp, _: FunctionSet, function: Function) -> None:
    """Hands over the object named. An event of another form is refused with `UnknownEvent`."""
    messages.register(
        app,
        function,
        function.queue,
        lambda services, body, carried: delivery.created(
            services, function, replace(created(services.store, body), sent=carried.sent)
        ),
    )


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
