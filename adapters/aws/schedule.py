"""Schedule trigger: EventBridge Scheduler, with its default input.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from adapters.aws.bootstrap import LambdaContext, invocation
from core.dead_letters import DeadLetters
from core.events import read


class ScheduledEvent(msgspec.Struct):
    """`source` is `aws.scheduler`, or `aws.events` for a rule with a schedule."""

    source: Literal["aws.scheduler", "aws.events"]
    detail_type: Literal["Scheduled Event"] = msgspec.field(name="detail-type")


def handler(event: Any, context: LambdaContext) -> dict[str, int]:
    """Remove expired dead letters. Raises `UnknownEvent`, or `TrefoilError(UNAVAILABLE)`: Lambda tries again."""
    read(event, ScheduledEvent)
    with invocation("expire", context) as services:
        return {"expired": DeadLetters(services.documents, services.clock).expire()}
