"""The messages of the app's storage queues.

A function that raises leaves its message in the queue; after `maxDequeueCount` it is moved to the poison queue.
https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#poison-messages
"""

from __future__ import annotations

from collections.abc import Callable

import azure.functions as func

from adapters.azure.bootstrap import invocation
from adapters.azure.sender import PREFIX, parted
from adapters.azure.workflows import CLIENT, client
from core.kernel.events import attempt
from core.kernel.functions import Function
from core.kernel.services import Services
from core.kernel.telemetry import Carried

CONNECTION = "AzureWebJobsStorage"


def register(
    app: func.FunctionApp,
    function: Function,
    queue: str,
    take: Callable[[Services, bytes, Carried], object],
    *,
    starts: bool = False,
) -> None:
    """A function that hands each message of a queue, and what came with it, to `take`, and fails when that does.

    With `starts` it can start runs of workflows.
    """

    def called(message: func.QueueMessage, context: func.Context, durable: str = "") -> None:
        with (
            client(durable),
            invocation(function.name, context) as services,
            attempt(message_id=message.id, attempt=message.dequeue_count),
        ):
            parent, body = parted(message.get_body())
            take(services, body, Carried(parent, message.insertion_time))

    trigger = app.queue_trigger(arg_name="message", queue_name=PREFIX + queue, connection=CONNECTION)
    if starts:
        bound = app.generic_input_binding(arg_name="durable", type=CLIENT)
        app.function_name(function.name)(trigger(bound(called)))
        return

    def without(message: func.QueueMessage, context: func.Context) -> None:
        called(message, context)

    app.function_name(function.name)(trigger(without))
