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
from core.kernel.triggers import Object

DELIVERIES = "CloudPubSubDeadLetterSourceDeliveryCount"


def target(function: Function) -> Target:
    """Buries one message. What it makes raises `UnknownEvent`, or `TrefoilError(UNAVAILABLE)`: it is pushed again."""
    name = function.trigger.source

    def take(services: Services, kind: str, data: Any) -> None:
        message = published(kind, data)
        attempts = _deliveries(message)
        if isinstance(services.functions.named(name).trigger, Object):
            native = {"attributes": message.attributes, "data": message.content().decode(errors="replace")}
            dead_letters.bury_objects(
                services, name, lambda: [notified(services.store, message)], native=native, attempts=attempts
            )
        else:
            dead_letters.bury_message(services, name, message.content(), attempts=attempts)

    return events.target(function, take)


def _deliveries(message: Message) -> int | None:
    given = message.attributes.get(DELIVERIES, "")
    return int(given) if given.isdecimal() else None
