"""Schedule trigger: a Cloud Scheduler job that publishes to a topic of its own.

https://cloud.google.com/scheduler/docs/creating#pubsub
"""

from __future__ import annotations

from typing import Any

from adapters.gcp import events
from adapters.gcp.events import Target, published
from core.kernel import delivery
from core.kernel.functions import Function
from core.kernel.services import Services


def target(function: Function) -> Target:
    """Hands over what is due. What it makes raises `UnknownEvent`, and what the function raises: it is pushed again."""

    def take(services: Services, kind: str, data: Any) -> None:
        delivery.fire(services, function, published(kind, data).publish_time)

    return events.target(function, take)
