"""Schedule trigger: the timer, in UTC.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer
"""

from __future__ import annotations

import os

import azure.functions as func

from adapters.azure.bootstrap import invocation
from core.kernel import delivery
from core.kernel.config import schedules
from core.kernel.events import attempt
from core.kernel.functions import Function, FunctionSet


def register(app: func.FunctionApp, _: FunctionSet, function: Function) -> None:
    """Hands over what is due. When the function raises, the host tries again."""

    def fire(timer: func.TimerRequest, context: func.Context) -> None:
        with invocation(function.name, context) as services, attempt(past_due=timer.past_due):
            delivery.fire(services, function)

    cron = schedules(os.environ).get(function.name, function.trigger.source)
    # A timer's cron has a field for seconds before the usual five.
    trigger = app.timer_trigger(arg_name="timer", schedule=f"0 {cron}", run_on_startup=False)
    retries = str(function.attempts - 1)
    retry = app.retry(strategy="fixed_delay", max_retry_count=retries, delay_interval="00:01:00")
    app.function_name(function.name)(trigger(retry(fire)))
