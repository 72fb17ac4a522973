"""Schedule trigger: a Cloud Scheduler job that publishes to a topic of its own.

https://cloud.google.com/scheduler/docs/creating#pubsub
"""

from __future__ import annotations

import functions_framework
from cloudevents.http import CloudEvent

from adapters.gcp.bootstrap import invocation
from adapters.gcp.objects import published
from core.energy import schedules
from core.kernel.events import attempt


@functions_framework.cloud_event
def forecast(event: CloudEvent) -> None:
    """Ask for the day's forecasts. Raises `UnknownEvent`, or `TrefoilError(UNAVAILABLE)`: it is pushed again."""
    with invocation("forecast") as services, attempt(event_id=event["id"]):
        published(event["type"], event.get_data())
        schedules.forecast(services)


@functions_framework.cloud_event
def maintain(event: CloudEvent) -> None:
    """Ask for the daily maintenance. Raises as `forecast` does."""
    with invocation("maintain") as services, attempt(event_id=event["id"]):
        published(event["type"], event.get_data())
        schedules.maintain(services)
