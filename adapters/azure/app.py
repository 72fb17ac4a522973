"""The function app: what `function_app.py` at the root of a deployed package imports.

It has all functions of the set. Of the two apps of a deployment each switches off those that are the other's.
"""

from __future__ import annotations

import os

import azure.functions as func

from adapters.azure import dead_letters, http, objects, queue, schedule
from core.kernel.functions import Function, FunctionSet, chosen


def _step(app: func.FunctionApp, functions: FunctionSet, function: Function) -> None:
    """Only where it is switched on: azure-functions-durable takes half a second to import."""
    # A Linux app may have the setting with underscores: https://learn.microsoft.com/azure/azure-functions/disable-function
    if not any(
        os.environ.get(f"AzureWebJobs{mark}{function.name}{mark}Disabled") == "true" for mark in (".", "__", "_")
    ):
        from adapters.azure import step

        step.register(app, functions, function)


REGISTER = {
    "http": http.register,
    "object": objects.register,
    "queue": queue.register,
    "schedule": schedule.register,
    "step": _step,
    "dead": dead_letters.register,
}

app = func.FunctionApp()
functions = chosen(os.environ)
for function in functions.every.values():
    if function.trigger.kind in REGISTER:  # Azure has no gateway that asks an authorizer
        REGISTER[function.trigger.kind](app, functions, function)
