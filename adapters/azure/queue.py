"""Queue trigger: messages of a storage queue.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger
"""

from __future__ import annotations

import azure.functions as func

from adapters.azure import messages
from core.kernel import delivery
from core.kernel.functions import Function, FunctionSet
from core.kernel.triggers import Step


def register(app: func.FunctionApp, functions: FunctionSet, function: Function) -> None:
    """Hands over one message."""
    messages.register(
        app,
        function,
        function.queue,
        lambda services, body, carried: delivery.message(services, function, body, carried),
        starts=bool(functions.of(Step)),
    )
