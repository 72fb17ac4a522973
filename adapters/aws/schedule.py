"""Schedule trigger: EventBridge Scheduler, with its default input.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from adapters.aws.bootstrap import LambdaContext, invocation
from core.energy import schedules
from core.kernel.events import attempt, read


class ScheduledEvent(msgspec.Struct):
    """`source` is `aws.scheduler`, or `aws.events` for a rule with a schedule."""

    source: Literal["aws.scheduler", "aws.events"]
    detail_type: Literal["Scheduled Event"] = msgspec.field(name="detail-type")


def forecast(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Ask for the day's forecasts. Raises `UnknownEvent`, or `TrefoilError(UNAVAILABLE)`: Lambda tries again."""
    read(event, ScheduledEvent)
    with invocation("forecast", context) as services, attempt():
        return schedules.forecast(services)


def maintain(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Ask for the daily maintenance. Raises as `forecast` does."""
    read(event, ScheduledEvent)
    with invocation("maintain", context) as services, attempt():
        return schedules.maintain(services)
