"""Dead-letter queues: what another function was given too often becomes letters.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

from functools import partial
from typing import Any

from adapters.aws.bootstrap import Handler, LambdaContext, invocation
from adapters.aws.objects import created
from adapters.aws.sqs import handled, messages
from core.kernel import dead_letters
from core.kernel.functions import Function
from core.kernel.services import Services


def handler(function: Function) -> Handler:
    """Buries every message; those that could not be written stay in the dead-letter queue and come again."""

    def bury(event: Any, context: LambdaContext) -> dict[str, Any]:
        batch = messages(event)
        with invocation(function.name, context) as services:
            return handled(batch, lambda one: _bury(services, function, one.body))

    return bury


def _bury(services: Services, function: Function, body: str) -> None:
    kept = body.encode(errors="backslashreplace")  # also what can't be read is kept, so that somebody sees it
    objects = partial(created, services.store, body)
    dead_letters.bury(services, function, objects=objects, message=lambda: kept, native=kept.decode())
