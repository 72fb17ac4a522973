"""Queue trigger: the dead-letter queue of `ingest`, whose messages become letters that can be read and replayed.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec

from adapters.aws.bootstrap import LambdaContext, invocation
from adapters.aws.objects import SqsRecord, events
from core.dead_letters import DeadLetters
from core.events import GivenUp, UnknownEvent, attempt, read
from core.functions import BY_NAME
from core.services import Services

UNTOLD = "SQS does not say why; see the log lines of ingest"


class Records(msgspec.Struct):
    records: list[SqsRecord] = msgspec.field(name="Records")


def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Bury every message; those that could not be written stay in the dead-letter queue and come again.

    Raises `UnknownEvent` for an event of another form.
    """
    with invocation("bury", context) as services:
        failed = [
            {"itemIdentifier": record.message_id}
            for record in read(event, Records).records
            if not _buried(services, record)
        ]
        return {"batchItemFailures": failed}


def _buried(services: Services, record: SqsRecord) -> bool:
    letters = DeadLetters(services.documents, services.clock)
    with suppress(Exception), attempt(message_id=record.message_id):  # what failed stays in the queue
        for given_up in _given_up(services, record.body):
            letters.bury(given_up)
        return True
    return False


def _given_up(services: Services, body: str) -> list[GivenUp]:
    attempts = BY_NAME["ingest"].attempts
    try:
        named = events(services.store, body)
    except UnknownEvent as error:
        return [GivenUp("ingest", {"native": body}, attempts, str(error))]
    return [GivenUp("ingest", {"key": event.key}, attempts, UNTOLD) for event in named]
