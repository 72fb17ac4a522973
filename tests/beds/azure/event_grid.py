"""Event Grid for tests: a subscription to created blobs whose endpoint is a storage queue."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from azure.core.exceptions import AzureError, ResourceExistsError
from azure.storage.blob import BlobProperties, ContainerClient
from azure.storage.queue import QueueClient

LOOK_EVERY = 0.1
TOPIC = "/subscriptions/{0}/resourceGroups/tests/providers/Microsoft.Storage/storageAccounts/{1}"


class EventGrid:
    """Puts an event on `queue` for each blob under `prefix` created or replaced from now on, at least once.

    It looks every 0.1 s, so of two replacements within that time only the last is seen. Container and queue are
    created when they are missing.
    """

    def __init__(self, connection_string: str, container: str, prefix: str, queue: str) -> None:
        self._container = ContainerClient.from_connection_string(connection_string, container)
        self._queue = QueueClient.from_connection_string(connection_string, queue)
        self._prefix = prefix
        for create in (self._container.create_container, self._queue.create_queue):
            with suppress(ResourceExistsError):
                create()
        self._numbers = count(1)
        self._seen = {blob.name: blob.etag for blob in self._blobs()}
        self._stop = Event()
        self._thread = Thread(target=self._run, name="event-grid", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking; safe to call twice."""
        self._stop.set()
        self._thread.join()
        self._container.close()
        self._queue.close()

    def _blobs(self) -> list[BlobProperties]:
        return list(self._container.list_blobs(name_starts_with=self._prefix))

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            # What was not sent is still unseen, and due at the next look.
            with suppress(AzureError):
                self._look()

    def _look(self) -> None:
        for blob in self._blobs():
            if self._seen.get(blob.name) != blob.etag:
                self._queue.send_message(b64encode(json.dumps(self._event(blob)).encode()).decode())
                self._seen[blob.name] = blob.etag

    def _event(self, blob: BlobProperties) -> dict[str, Any]:
        data = {
            "api": "PutBlob",
            "clientRequestId": str(uuid4()),
            "requestId": str(uuid4()),
            "eTag": blob.etag,
            "contentType": blob.content_settings.content_type,
            "contentLength": blob.size,
            "blobType": "BlockBlob",
            "url": self._container.get_blob_client(blob.name).url,
            "sequencer": f"{next(self._numbers):048x}",
            "storageDiagnostics": {"batchId": str(uuid4())},
        }
        return {
            "topic": TOPIC.format(uuid4(), self._container.account_name),
            "subject": f"/blobServices/default/containers/{self._container.container_name}/blobs/{blob.name}",
            "eventType": "Microsoft.Storage.BlobCreated",
            "id": str(uuid4()),
            "data": data,
            "dataVersion": "",
            "metadataVersion": "1",
            "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z",
        }
