"""Queue trigger: messages of an SQS queue.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

from typing import Any

from adapters.aws.bootstrap import Handler, LambdaContext, invocation
from adapters.aws.sqs import handled, messages
from core.kernel import delivery
from core.kernel.events import utf8
from core.kernel.functions import Function


def handler(function: Function) -> Handler:
    """Hands over every message. What it makes raises `UnknownEvent` for an event of another form."""

    def take(event: Any, context: LambdaContext) -> dict[str, Any]:
        batch = messages(event)
        with invocation(function.name, context) as services:
            return handled(batch, lambda one: delivery.message(services, function, utf8(one.body), one.carried))

    return take
