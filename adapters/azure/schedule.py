"""Schedule trigger: the timer, in UTC.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer
"""

from __future__ import annotations

import azure.functions as func

from adapters.azure.bootstrap import invocation
from core.dead_letters import DeadLetters
from core.events import attempt
from core.functions import BY_NAME

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


# The timer's cron has a field for seconds before the usual five.
@blueprint.timer_trigger(arg_name="timer", schedule=f"0 {BY_NAME['expire'].source}", run_on_startup=False)
def expire(timer: func.TimerRequest, context: func.Context) -> None:
    """Remove expired dead letters. Raises `TrefoilError(UNAVAILABLE)`: the next day tries again."""
    with invocation("expire", context) as services, attempt(past_due=timer.past_due):
        DeadLetters(services.documents, services.clock).expire()
