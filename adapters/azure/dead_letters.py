"""Poison queues: what another function was given too often becomes letters.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#poison-messages
"""

from __future__ import annotations

import azure.functions as func

from adapters.azure import messages
from adapters.azure.objects import created
from core.kernel import dead_letters
from core.kernel.functions import Function, FunctionSet
from core.kernel.services import Services
from core.kernel.telemetry import Carried


def register(app: func.FunctionApp, functions: FunctionSet, function: Function) -> None:
    """Buries one message; one whose letter could not be written stays for another attempt."""

    def bury(services: Services, body: bytes, _: Carried) -> None:
        dead_letters.bury(
            services,
            function,
            objects=lambda: [created(services.store, body)],
            message=lambda: body,
            native=body.decode(errors="replace"),
        )

    messages.register(app, function, f"{functions.named(function.trigger.source).queue}-poison", bury)
