"""Queue triggers: the queue `jobs` and the poison queues, whose messages become letters.

A function that raises leaves its message in the queue; after `maxDequeueCount` (host.json) it is moved to the poison
queue. https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#poison-messages
"""

from __future__ import annotations

import azure.functions as func

from adapters.azure.bootstrap import invocation
from adapters.azure.objects import CONNECTION, QUEUE, created
from adapters.azure.sender import JOBS
from core.energy.jobs import run
from core.kernel import dead_letters
from core.kernel.events import attempt

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.queue_trigger(arg_name="message", queue_name=JOBS, connection=CONNECTION)
def jobs(message: func.QueueMessage, context: func.Context) -> None:
    """Do the job in a message. Raises what core's `run` raises."""
    with invocation("jobs", context) as services, attempt(message_id=message.id, attempt=message.dequeue_count):
        run(services, message.get_body())


@blueprint.queue_trigger(arg_name="message", queue_name=f"{JOBS}-poison", connection=CONNECTION)
def bury_jobs(message: func.QueueMessage, context: func.Context) -> None:
    """Bury one message. Raises `TrefoilError(UNAVAILABLE)`: it stays for another attempt."""
    with invocation("bury_jobs", context) as services, attempt(message_id=message.id):
        dead_letters.bury_job(services, message.get_body())


@blueprint.queue_trigger(arg_name="message", queue_name=f"{QUEUE}-poison", connection=CONNECTION)
def bury_ingest(message: func.QueueMessage, context: func.Context) -> None:
    """As `bury_jobs`, for the queue of `ingest`."""
    body = message.get_body()
    with invocation("bury_ingest", context) as services, attempt(message_id=message.id):

        def read() -> list[dict[str, str]]:
            return [{"key": created(services.store, body).key}]

        dead_letters.bury(services, "ingest", read, native=body.decode(errors="replace"))
