"""Queue triggers: the queue `jobs`, and the dead-letter queues, whose messages become letters.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

from typing import Any

from adapters.aws.bootstrap import LambdaContext, invocation
from adapters.aws.objects import created
from adapters.aws.sqs import handled, messages
from core.energy.jobs import run
from core.kernel import dead_letters
from core.kernel.services import Services


def jobs(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Do the job in every message. Raises `UnknownEvent` for an event of another form."""
    batch = messages(event)
    with invocation("jobs", context) as services:
        return handled(batch, lambda body: run(services, body.encode()))


def bury_jobs(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Bury every message; those that could not be written stay in the dead-letter queue and come again."""
    batch = messages(event)
    with invocation("bury_jobs", context) as services:
        return handled(batch, lambda body: dead_letters.bury_job(services, body.encode()))


def bury_ingest(event: Any, context: LambdaContext) -> dict[str, Any]:
    """As `bury_jobs`, for the queue of `ingest`."""
    batch = messages(event)
    with invocation("bury_ingest", context) as services:
        return handled(batch, lambda body: _bury(services, body))


def _bury(services: Services, body: str) -> None:
    def read() -> list[dict[str, str]]:
        return [{"key": one.key} for one in created(services.store, body)]

    dead_letters.bury(services, "ingest", read, native=body)
