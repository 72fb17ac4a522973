"""Sending to storage queues."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.kernel.errors import unavailable
from core.kernel.events import MAX_BYTES
from core.kernel.telemetry import PARENT

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

PREFIX = "trefoil-"
"""Before the name of each queue of the function set, and of the poison queue beside it."""
TIMEOUT = 5


# These queues have nothing beside a message's text, so the trace is its first line. JSON begins otherwise.
_PARENT = re.compile(rb"traceparent: (" + PARENT.pattern.encode() + rb")\n\n")


def _with(parent: str, message: bytes) -> bytes:
    """What is sent. A message that would be too long so goes without: that it arrives matters more."""
    whole = f"traceparent: {parent}\n\n".encode() + message
    return whole if parent and len(whole) <= MAX_BYTES else message


def parted(sent: bytes) -> tuple[str, bytes]:
    """The trace that was sent along, empty for none, and the message."""
    found = _PARENT.match(sent)
    return (found[1].decode(), sent[found.end() :]) if found else ("", sent)


class StorageQueues:
    """Sends to the queues of the store's account, base64 as the trigger reads it. See `core.kernel.services.Queues`.

    https://learn.microsoft.com/rest/api/storageservices/put-message
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._clients: dict[str, QueueClient] = {}

    def send(self, queue: str, message: bytes, parent: str = "") -> None:
        from azure.core.exceptions import AzureError

        try:
            self._client(queue).send_message(_with(parent, message).decode(), timeout=TIMEOUT)
        except AzureError as error:
            raise unavailable(f"the queue {queue} did not take the message") from error

    def _client(self, queue: str) -> QueueClient:
        if queue not in self._clients:
            self._clients[queue] = self._connect(queue)
        return self._clients[queue]

    def _connect(self, queue: str) -> QueueClient:
        from azure.storage.queue import LinearRetry, QueueClient, TextBase64EncodePolicy  # 300 ms, only for what sends

        endpoint = self._environment.get("AZURE_STORAGE_QUEUE_ENDPOINT")
        return QueueClient(
            (endpoint or f"https://{self._account}.queue.core.windows.net").rstrip("/"),
            PREFIX + queue,
            credential=self._credential,
            message_encode_policy=TextBase64EncodePolicy(),
            # Its own defaults would wait for minutes; a request has 29 seconds.
            retry_policy=LinearRetry(backoff=1, retry_total=2),
            connection_timeout=TIMEOUT,
            read_timeout=TIMEOUT,
        )

    @property
    def _account(self) -> str:
        return self._environment.get("AZURE_STORAGE_ACCOUNT_NAME", "")

    @cached_property
    def _credential(self) -> Any:
        """The account's key where there is one (the emulator), else the app's own identity."""
        if shared := self._environment.get("AZURE_STORAGE_ACCOUNT_KEY"):
            return {"account_name": self._account, "account_key": shared}
        from azure.identity import DefaultAzureCredential

        return DefaultAzureCredential()
