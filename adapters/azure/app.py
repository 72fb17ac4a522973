"""The function app: what `function_app.py` at the root of a deployed package imports.

It has the functions of the set that are on: of the two apps of a deployment each switches off those that are the
other's, and loads nothing of theirs.
"""

from __future__ import annotations

import os
from importlib import import_module

import azure.functions as func

from core.kernel.functions import Function, chosen
from core.kernel.triggers import Step


def _on(function: Function) -> bool:
    """Whether this app has the function. A Linux app may have the setting with underscores.

    https://learn.microsoft.com/azure/azure-functions/disable-function
    """
    settings = (f"AzureWebJobs{mark}{function.name}{mark}Disabled" for mark in (".", "__", "_"))
    return not any(os.environ.get(setting, "").lower() == "true" for setting in settings)


_MODULES = {"http": "http", "object": "objects", "queue": "queue", "schedule": "schedule", "dead": "dead_letters"}

functions = chosen(os.environ)
app = func.FunctionApp()
for function in functions.every.values():
    if function.trigger.kind in _MODULES and _on(function):  # Azure has no gateway that asks an authorizer
        import_module(f"adapters.azure.{_MODULES[function.trigger.kind]}").register(app, functions, function)
if steps := [one for one in functions.of(Step) if _on(one)]:
    from adapters.azure.step import blueprint  # azure-functions-durable takes half a second to import

    app.register_functions(blueprint(steps))
