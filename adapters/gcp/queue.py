"""Queue trigger: the dead-letter topic of `ingest`, pushed; its messages become letters that can be read and replayed.

https://cloud.google.com/pubsub/docs/handling-failures
"""

from __future__ import annotations

import base64

import functions_framework
from cloudevents.http import CloudEvent

from adapters.gcp.bootstrap import invocation
from adapters.gcp.objects import Message, notified, published
from core.dead_letters import DeadLetters
from core.events import GivenUp, UnknownEvent, attempt
from core.functions import BY_NAME
from core.store import Store

DELIVERIES = "CloudPubSubDeadLetterSourceDeliveryCount"
UNTOLD = "Pub/Sub does not say why; see the log lines of ingest"


@functions_framework.cloud_event
def bury(event: CloudEvent) -> None:
    """Bury one message. Raises `UnknownEvent`, or `TrefoilError(UNAVAILABLE)`: it is pushed again."""
    with invocation("bury") as services, attempt(event_id=event["id"]):
        message = published(event["type"], event.get_data())
        DeadLetters(services.documents, services.clock).bury(_given_up(services.store, message))


def _given_up(store: Store, message: Message) -> GivenUp:
    attempts = int(message.attributes.get(DELIVERIES, BY_NAME["ingest"].attempts))
    try:
        return GivenUp("ingest", {"key": notified(store, message).key}, attempts, UNTOLD)
    except UnknownEvent as error:
        native = {"attributes": message.attributes, "data": base64.b64decode(message.data).decode(errors="replace")}
        return GivenUp("ingest", {"native": native}, attempts, str(error))
