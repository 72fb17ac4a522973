"""The function app: what `function_app.py` at the root of a deployed package imports.

It has all functions of the set. Of the two apps of a deployment each switches off those that are the other's.
"""

from __future__ import annotations

import os

import azure.functions as func

from adapters.azure import dead_letters, http, objects, queue, schedule
from core.kernel.functions import Function, chosen
from core.kernel.triggers import Step


def _on(function: Function) -> bool:
    """Whether this app has the function. A Linux app may have the setting with underscores.

    https://learn.microsoft.com/azure/azure-functions/disable-function
    """
    settings = (f"AzureWebJobs{mark}{function.name}{mark}Disabled" for mark in (".", "__", "_"))
    return not any(os.environ.get(setting, "").lower() == "true" for setting in settings)


REGISTER = {
    "http": http.register,
    "object": objects.register,
    "queue": queue.register,
    "schedule": schedule.register,
    "dead": dead_letters.register,
}

functions = chosen(os.environ)
app = func.FunctionApp()
for function in functions.every.values():
    if function.trigger.kind in REGISTER:  # Azure has no gateway that asks an authorizer
        REGISTER[function.trigger.kind](app, functions, function)
if steps := [one for one in functions.of(Step) if _on(one)]:
    from adapters.azure.step import blueprint  # azure-functions-durable takes half a second to import

    app.register_functions(blueprint(steps))
