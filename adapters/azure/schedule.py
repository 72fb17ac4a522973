"""Schedule trigger: the timer, in UTC.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer
"""

from __future__ import annotations

import os

import azure.functions as func

from adapters.azure.bootstrap import invocation
from core.energy import schedules
from core.kernel.events import attempt
from core.kernel.functions import BY_NAME

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


def _cron(function: str) -> str:
    """The declared time, or that of the app's setting; a timer's cron has a field for seconds before the usual five."""
    return f"0 {os.environ.get('TREFOIL_SCHEDULE') or BY_NAME[function].source}"


@blueprint.timer_trigger(arg_name="timer", schedule=_cron("forecast"), run_on_startup=False)
@blueprint.retry(strategy="fixed_delay", max_retry_count="4", delay_interval="00:01:00")
def forecast(timer: func.TimerRequest, context: func.Context) -> None:
    """Ask for the day's forecasts. Raises `TrefoilError(UNAVAILABLE)`: the host tries again."""
    with invocation("forecast", context) as services, attempt(past_due=timer.past_due):
        schedules.forecast(services)


@blueprint.timer_trigger(arg_name="timer", schedule=_cron("maintain"), run_on_startup=False)
@blueprint.retry(strategy="fixed_delay", max_retry_count="4", delay_interval="00:01:00")
def maintain(timer: func.TimerRequest, context: func.Context) -> None:
    """Ask for the daily maintenance. Raises as `forecast` does."""
    with invocation("maintain", context) as services, attempt(past_due=timer.past_due):
        schedules.maintain(services)
