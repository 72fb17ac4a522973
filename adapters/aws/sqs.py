"""SQS: batches of messages as Lambda delivers them, with partial batch failures.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import msgspec

from core.kernel.events import attempt, read


class SqsRecord(msgspec.Struct, rename="camel", tag_field="eventSource", tag="aws:sqs"):
    message_id: str
    body: str


class SqsEvent(msgspec.Struct):
    records: list[SqsRecord] = msgspec.field(name="Records")


def messages(event: Any) -> list[SqsRecord]:
    """The messages of a batch. Raises `UnknownEvent` for an event of another form."""
    return read(event, SqsEvent).records


def handled(batch: Iterable[SqsRecord], handle: Callable[[str], object]) -> dict[str, Any]:
    """Handle the body of each message. Those that failed are named in the answer, so that only they come again."""
    return {"batchItemFailures": [{"itemIdentifier": one.message_id} for one in batch if not _succeeds(one, handle)]}


def _succeeds(message: SqsRecord, handle: Callable[[str], object]) -> bool:
    with suppress(Exception), attempt(message_id=message.message_id):  # the queue delivers what failed again
        handle(message.body)
        return True
    return False
