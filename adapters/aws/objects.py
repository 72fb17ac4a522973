"""Object trigger: S3 event notifications, direct or (as deployed) through SQS with partial batch failures.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import unquote_plus

import msgspec
from msgspec.structs import replace

from adapters.aws.bootstrap import Handler, LambdaContext, invocation
from adapters.aws.sqs import SqsRecord, handled_together
from core.kernel import delivery
from core.kernel.events import ObjectCreated, UnknownEvent, attempt, read
from core.kernel.functions import Function
from core.kernel.store import Store


class Bucket(msgspec.Struct):
    name: str


class Object(msgspec.Struct):
    key: str


class S3(msgspec.Struct):
    bucket: Bucket
    object: Object


class S3Record(msgspec.Struct, rename="camel", tag_field="eventSource", tag="aws:s3"):
    event_name: str
    s3: S3


class Records(msgspec.Struct):
    records: list[S3Record | SqsRecord] = msgspec.field(name="Records")


class TestEvent(msgspec.Struct):
    """What S3 sends once when a notification is configured."""

    event: Literal["s3:TestEvent"] = msgspec.field(name="Event")


def handler(function: Function) -> Handler:
    """Hands over every object named. Messages that failed are named in the answer, so that only they come again.

    What it makes raises `UnknownEvent` for an event of another form, and, for one that came directly, what the
    function raises.
    """

    def take(event: Any, context: LambdaContext) -> dict[str, Any]:
        batch = _records(event)
        with invocation(function.name, context) as services:
            for record in batch:
                if isinstance(record, S3Record):
                    with attempt():
                        delivery.created(services, function, _created(services.store, record))
            queued = (record for record in batch if isinstance(record, SqsRecord))
            return handled_together(
                queued,
                lambda one: [replace(event, sent=one.carried.sent) for event in created(services.store, one.body)],
                lambda events: delivery.created_together(services, function, events),
            )

    return take


def created(store: Store, body: str) -> list[ObjectCreated]:
    """The objects that the body of an SQS message names; none for S3's test event. Raises `UnknownEvent`."""
    try:
        native = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise UnknownEvent(f"the message is not JSON: {error}") from None
    records = _records(native)
    if not all(isinstance(record, S3Record) for record in records):
        raise UnknownEvent("the message holds SQS records, not those of S3")
    return [_created(store, record) for record in records if isinstance(record, S3Record)]


def _records(event: Any) -> list[S3Record | SqsRecord]:
    if isinstance(event, dict) and "Event" in event:
        read(event, TestEvent)
        return []
    return read(event, Records).records


def _created(store: Store, record: S3Record) -> ObjectCreated:
    bucket, name = record.s3.bucket.name, unquote_plus(record.s3.object.key)
    if not record.event_name.startswith("ObjectCreated:"):
        raise UnknownEvent(f"{record.event_name} is no event of this trigger's; subscribe to s3:ObjectCreated:* only")
    key = store.key_of(bucket, name)
    if key is None:
        raise UnknownEvent(f"s3://{bucket}/{name} lies outside of the store {store.url}")
    return ObjectCreated(key)
