"""Publishing to Pub/Sub topics."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from adapters.gcp.calls import Caller
from core.kernel.config import ConfigError
from core.kernel.errors import unavailable

SCOPE = "https://www.googleapis.com/auth/pubsub"
PARENT = "traceparent"
"""The attribute by which a message names the trace that it belongs to."""
_TOPICS = re.compile(r"projects/[^/]+/topics/([A-Za-z][A-Za-z0-9._~+%-]{0,100})?")


class PubSubQueues:
    """Publishes to the topics whose names begin so: with `projects/PROJECT/topics/PREFIX-`.

    See `core.kernel.services.Queues` for the contract.

    https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish
    """

    def __init__(self, topics: str, environment: Mapping[str, str]) -> None:
        if not _TOPICS.fullmatch(topics):
            raise ConfigError(
                "TREFOIL_QUEUES",
                f"{topics!r} is not the beginning of a topic, such as projects/mine/topics/trefoil-",
            )
        emulator = environment.get("PUBSUB_EMULATOR_HOST")
        self._url = f"{f'http://{emulator}' if emulator else 'https://pubsub.googleapis.com'}/v1/{topics}"
        self._caller = Caller(SCOPE, emulated=bool(emulator))

    def send(self, queue: str, message: bytes, parent: str = "") -> None:
        attributes = {"attributes": {PARENT: parent}} if parent else {}
        body = {"messages": [{"data": base64.b64encode(message).decode(), **attributes}]}
        try:
            self._caller.post(f"{self._url}{queue}:publish", body)
        except OSError as error:
            raise unavailable(f"the queue {queue} did not take the message") from error
