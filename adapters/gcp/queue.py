"""Queue trigger: the messages of a topic, pushed.

https://cloud.google.com/pubsub/docs/push
"""

from __future__ import annotations

from typing import Any

from adapters.gcp import events
from adapters.gcp.events import Target, published
from core.kernel import delivery
from core.kernel.functions import Function
from core.kernel.services import Services


def target(function: Function) -> Target:
    """Hands over one message. What it makes raises `UnknownEvent`, and what the function raises: it is pushed again."""

    def take(services: Services, kind: str, data: Any) -> None:
        message = published(kind, data)
        delivery.message(services, function, message.content(), message.carried)

    return events.target(function, take)
