"""Queue trigger: the poison queue of `ingest`, whose messages become letters that can be read and replayed.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#poison-messages
"""

from __future__ import annotations

import azure.functions as func

from adapters.azure.bootstrap import invocation
from adapters.azure.objects import CONNECTION, QUEUE, created
from core.dead_letters import DeadLetters
from core.events import GivenUp, UnknownEvent, attempt
from core.functions import BY_NAME
from core.store import Store

UNTOLD = "the host does not say why; see the log lines of ingest"

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.queue_trigger(arg_name="message", queue_name=f"{QUEUE}-poison", connection=CONNECTION)
def bury(message: func.QueueMessage, context: func.Context) -> None:
    """Bury one message. Raises `TrefoilError(UNAVAILABLE)`: it stays for another attempt."""
    with invocation("bury", context) as services, attempt(message_id=message.id):
        DeadLetters(services.documents, services.clock).bury(_given_up(services.store, message.get_body()))


def _given_up(store: Store, body: bytes) -> GivenUp:
    attempts = BY_NAME["ingest"].attempts
    try:
        return GivenUp("ingest", {"key": created(store, body).key}, attempts, UNTOLD)
    except UnknownEvent as error:
        return GivenUp("ingest", {"native": body.decode(errors="replace")}, attempts, str(error))
