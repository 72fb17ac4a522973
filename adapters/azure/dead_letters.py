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
from core.kernel.triggers import Object


def register(app: func.FunctionApp, functions: FunctionSet, function: Function) -> None:
    """Buries one message; one whose letter could not be written stays for another attempt."""
    source = functions.named(function.trigger.source)

    def bury(services: Services, body: bytes) -> None:
        if isinstance(source.trigger, Object):
            native = body.decode(errors="replace")
            dead_letters.bury_objects(services, source.name, lambda: [created(services.store, body)], native=native)
        else:
            dead_letters.bury_message(services, source.name, body)

    messages.register(app, function, f"{source.queue}-poison", bury)
