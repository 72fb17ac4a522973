"""Schedule trigger: a Cloud Scheduler job that publishes to a topic of its own.

https://cloud.google.com/scheduler/docs/creating#pubsub
"""

from __future__ import annotations

import functions_framework
from cloudevents.http import CloudEvent

from adapters.gcp.bootstrap import invocation
from adapters.gcp.objects import published
from core.dead_letters import DeadLetters
from core.events import attempt


@functions_framework.cloud_event
def expire(event: CloudEvent) -> None:
    """Remove expired dead letters. Raises `UnknownEvent`, or `TrefoilError(UNAVAILABLE)`: it is pushed again."""
    with invocation("expire") as services, attempt(event_id=event["id"]):
        published(event["type"], event.get_data())
        DeadLetters(services.documents, services.clock).expire()
