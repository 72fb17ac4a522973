"""What every function but http is: one that functions-framework hands a CloudEvent to.

A function that raises is answered with 500, so that the sender delivers again.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import functions_framework
import msgspec
from cloudevents.http import CloudEvent

from adapters.gcp.bootstrap import invocation
from adapters.gcp.publisher import PARENT
from core.kernel import telemetry
from core.kernel.events import UnknownEvent, attempt, read
from core.kernel.functions import Function
from core.kernel.services import Services
from core.kernel.telemetry import Carried

PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"
Target = Callable[..., Any]
"""What functions-framework calls."""


class Message(msgspec.Struct, rename="camel"):
    message_id: str
    publish_time: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    attributes: dict[str, str] = {}
    data: str = ""

    @property
    def carried(self) -> Carried:
        """The trace that it belongs to, and when it was published."""
        return Carried(telemetry.read(self.attributes.get(PARENT)), self.publish_time)

    def content(self) -> bytes:
        """Raises `UnknownEvent`."""
        try:
            return base64.b64decode(self.data)
        except ValueError as error:
            raise UnknownEvent(f"the message's data are not base64: {error}; the event has: data") from None


class _Published(msgspec.Struct):
    message: Message


def target(function: Function, take: Callable[[Services, str, Any], object]) -> Target:
    """A function that hands the type and data of a CloudEvent to `take`, and fails when that does."""

    def called(event: CloudEvent) -> None:
        with invocation(function.name) as services, attempt(event_id=event["id"]):
            take(services, event["type"], event.get_data())

    called.__name__ = function.name  # by which functions-framework keeps how it is called
    decorated: Target = functions_framework.cloud_event(called)
    return decorated


def published(kind: str, data: Any) -> Message:
    """The message of a Pub/Sub event. Raises `UnknownEvent`."""
    if kind != PUBLISHED:
        raise UnknownEvent(f"{kind} is no event of a topic; this function takes {PUBLISHED}")
    return read(data, _Published).message
