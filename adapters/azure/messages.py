"""The messages of the app's storage queues.

A function that raises leaves its message in the queue; after `maxDequeueCount` it is moved to the poison queue.
https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#poison-messages
"""

from __future__ import annotations

from collections.abc import Callable

import azure.functions as func

from adapters.azure.bootstrap import invocation
from adapters.azure.sender import PREFIX
from core.kernel.events import attempt
from core.kernel.functions import Function
from core.kernel.services import Services

CONNECTION = "AzureWebJobsStorage"


def register(app: func.FunctionApp, function: Function, queue: str, take: Callable[[Services, bytes], object]) -> None:
    """A function that hands the body of each message in a queue to `take`, and fails when that does."""

    def called(message: func.QueueMessage, context: func.Context) -> None:
        with (
            invocation(function.name, context) as services,
            attempt(message_id=message.id, attempt=message.dequeue_count),
        ):
            take(services, message.get_body())

    trigger = app.queue_trigger(arg_name="message", queue_name=PREFIX + queue, connection=CONNECTION)
    app.function_name(function.name)(trigger(called))
