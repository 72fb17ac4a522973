"""Sending jobs to a storage queue."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.kernel.errors import unavailable

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

JOBS = "trefoil-jobs"
TIMEOUT = 5


class StorageQueue:
    """Sends to the queue `JOBS` of the store's account, base64 as the trigger reads it.

    See `core.kernel.services.JobQueue`.

    https://learn.microsoft.com/rest/api/storageservices/put-message
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def send(self, message: bytes) -> None:
        from azure.core.exceptions import AzureError

        try:
            self._client.send_message(message.decode(), timeout=TIMEOUT)
        except AzureError as error:
            raise unavailable("the queue did not take the job") from error

    @cached_property
    def _client(self) -> QueueClient:
        from azure.storage.queue import LinearRetry, QueueClient, TextBase64EncodePolicy  # 300 ms, only for what sends

        account = self._environment.get("AZURE_STORAGE_ACCOUNT_NAME", "")
        endpoint = self._environment.get("AZURE_STORAGE_QUEUE_ENDPOINT") or f"https://{account}.queue.core.windows.net"
        return QueueClient(
            endpoint.rstrip("/"),
            JOBS,
            credential=self._credential(account),
            message_encode_policy=TextBase64EncodePolicy(),
            # Its own defaults would wait for minutes; a request has 29 seconds.
            retry_policy=LinearRetry(backoff=1, retry_total=2),
            connection_timeout=TIMEOUT,
            read_timeout=TIMEOUT,
        )

    def _credential(self, account: str) -> Any:
        """The account's key where there is one (the emulator), else the app's own identity."""
        if shared := self._environment.get("AZURE_STORAGE_ACCOUNT_KEY"):
            return {"account_name": account, "account_key": shared}
        from azure.identity import DefaultAzureCredential

        return DefaultAzureCredential()
