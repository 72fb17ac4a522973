"""Dead-letter topics, pushed: what another function was given too often becomes letters.

https://cloud.google.com/pubsub/docs/handling-failures
"""

from __future__ import annotations

from typing import Any

from adapters.gcp import events
from adapters.gcp.events import Message, Target, published
from adapters.gcp.objects import notified
from core.kernel import dead_letters
from core.kernel.functions import Function
from core.kernel.services import Services

DELIVERIES = "CloudPubSubDeadLetterSourceDeliveryCount"


def target(function: Function) -> Target:
    """Buries one message. What it makes raises `UnknownEvent`, or `TrefoilError(UNAVAILABLE)`: it is pushed again."""

    def take(services: Services, kind: str, data: Any) -> None:
        message = published(kind, data)
        dead_letters.bury(
            services,
            function,
            objects=lambda: [notified(services.store, message)],
            message=message.content,
            native={"attributes": message.attributes, "data": message.content().decode(errors="replace")},
            attempts=_deliveries(message),
        )

    return events.target(function, take)


def _deliveries(message: Message) -> int | None:
    given = message.attributes.get(DELIVERIES, "")
    return int(given) if given.isdecimal() else None
