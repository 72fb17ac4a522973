"""SQS: batches of messages as Lambda delivers them, with partial batch failures.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from core.kernel import telemetry
from core.kernel.events import attempt, failure_of, read
from core.kernel.telemetry import Carried

T = TypeVar("T")


PARENT = "traceparent"


class MessageAttribute(msgspec.Struct, rename="camel"):
    string_value: str | None = None


class SqsRecord(msgspec.Struct, rename="camel", tag_field="eventSource", tag="aws:sqs"):
    message_id: str
    body: str
    attributes: dict[str, str] = {}
    message_attributes: dict[str, MessageAttribute] = {}

    @property
    def carried(self) -> Carried:
        """The trace that it belongs to, as `SqsQueues.send` put it, and when SQS took it."""
        parent, sent = self.message_attributes.get(PARENT), self.attributes.get("SentTimestamp", "")
        at = datetime.fromtimestamp(int(sent) / 1000, UTC) if sent.isdecimal() else None
        return Carried(telemetry.read(parent.string_value if parent else ""), at)


class SqsEvent(msgspec.Struct):
    records: list[SqsRecord] = msgspec.field(name="Records")


def messages(event: Any) -> list[SqsRecord]:
    """The messages of a batch. Raises `UnknownEvent` for an event of another form."""
    return read(event, SqsEvent).records


def handled(batch: Iterable[SqsRecord], handle: Callable[[SqsRecord], object]) -> dict[str, Any]:
    """Handle each message. Those that failed are named in the answer, so that only they come again."""

    def one_by_one(messages: list[SqsRecord]) -> list[Exception | None]:
        return [failure_of(handle, message) for message in messages]

    return handled_together(batch, lambda message: [message], one_by_one)


def handled_together(
    batch: Iterable[SqsRecord],
    named: Callable[[SqsRecord], list[T]],
    handle: Callable[[list[T]], list[Exception | None]],
) -> dict[str, Any]:
    """As `handled`, of messages that name things, which are handled all at once: None or what failed each."""
    things: list[tuple[SqsRecord, T]] = []
    failures: dict[str, Exception] = {}
    for message in batch:
        try:
            things += [(message, one) for one in named(message)]
        except Exception as error:  # noqa: BLE001  the queue delivers it again
            failures[message.message_id] = error
    for (message, _), failure in zip(things, handle([one for _, one in things]), strict=True):
        if failure is not None:
            failures.setdefault(message.message_id, failure)
    for identifier, failure in failures.items():
        with suppress(Exception), attempt(message_id=identifier):
            raise failure
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failures]}
