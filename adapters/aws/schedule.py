"""Schedule trigger: EventBridge Scheduler, with its default input.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from adapters.aws.bootstrap import Handler, LambdaContext, invocation
from core.kernel import delivery
from core.kernel.events import attempt, read
from core.kernel.functions import Function


class ScheduledEvent(msgspec.Struct):
    """`source` is `aws.scheduler`, or `aws.events` for a rule with a schedule; `time` is the one that it fired for."""

    source: Literal["aws.scheduler", "aws.events"]
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    detail_type: Literal["Scheduled Event"] = msgspec.field(name="detail-type")


def handler(function: Function) -> Handler:
    """Hands over what is due. What it makes raises `UnknownEvent`, and what the function raises: Lambda tries again."""

    def fire(event: Any, context: LambdaContext) -> Any:
        at = read(event, ScheduledEvent).time
        with invocation(function.name, context) as services, attempt():
            return delivery.fire(services, function, at)

    return fire
