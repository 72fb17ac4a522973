"""The function app: what `function_app.py` at the root of a deployed package imports."""

import azure.functions as func

from adapters.azure import http, objects, queue, schedule

app = func.FunctionApp()
for module in (http, objects, queue, schedule):
    app.register_functions(module.blueprint)
