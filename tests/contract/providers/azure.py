"""Azure: the genuine library worker behind a stand-in for the host, blobs and queues of Azurite, Event Grid's events."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueClient

from core.kernel.auth import keys
from core.kernel.store import open_store
from core.kernel.triggers import Object
from core.kernel.workflow.declared import Workflow
from demo.weather import WeatherStandIn
from tests.beds.azure.azurite import Azurite
from tests.beds.azure.event_grid import EventGrid
from tests.beds.azure.functions_host import FunctionsHost
from tests.beds.collector import Collector
from tests.beds.deployment import Deployment
from tests.beds.inbox import Inbox
from tests.beds.processes import NOBODY
from tests.contract.system import AUDIENCE, ISSUER, ORIGIN, PASSWORD

ROOT = Path(__file__).parents[3]
CONTAINER, PREFIX = "trefoil-state", "prod"
QUEUES = "trefoil-"
"""Before the name of each queue."""


def app_folder(folder: Path) -> Path:
    """A function app as it is deployed, but with a second between two attempts."""
    app = folder / "app"
    app.mkdir()
    (app / "function_app.py").write_text("from adapters.azure.app import app\n\n__all__ = ['app']\n")
    host = json.loads((ROOT / "adapters/azure/host.json").read_text())
    host["extensions"]["queues"]["visibilityTimeout"] = "00:00:01"
    (app / "host.json").write_text(json.dumps(host))
    return app


def store_environment(azurite: Azurite) -> dict[str, str]:
    return {
        "AZURE_STORAGE_ACCOUNT_NAME": azurite.account,
        "AZURE_STORAGE_ACCOUNT_KEY": azurite.key,
        "AZURE_STORAGE_ENDPOINT": azurite.blob_url,
        "AZURE_ALLOW_HTTP": "true",
    }


class AzureHarness:
    provider = "azure"
    issuer = ISSUER
    headers: Mapping[str, str] = {}
    unreachable: Mapping[str, str] = {"AZURE_STORAGE_ENDPOINT": f"{NOBODY}/devstoreaccount1"}
    strangers: Mapping[str, str] = {"AZURE_STORAGE_ACCOUNT_KEY": "c3RyYW5nZXI="}

    weather: WeatherStandIn
    inbox: Inbox
    collector: Collector

    def __init__(self, folder: Path, deployment: Deployment) -> None:
        self.deployment = deployment
        with ExitStack() as started:
            self.azurite = started.enter_context(closing(Azurite(Path(os.environ["AZURITE"]))))
            self._start(folder, started)
            self._started = started.pop_all()

    def _start(self, folder: Path, started: ExitStack) -> None:
        connection = self.azurite.connection_string
        self._container = started.enter_context(ContainerClient.from_connection_string(connection, CONTAINER))
        self._container.create_container()
        self._queues = {
            one.queue: started.enter_context(QueueClient.from_connection_string(connection, QUEUES + one.queue))
            for one in self.deployment.consumers
        }
        storage = store_environment(self.azurite)
        os.environ.update(storage)
        self.signing_key = keys.generate()
        self.store = open_store(f"az://{CONTAINER}/{PREFIX}")
        self.deployment.fill(self.store)
        settings = {
            **storage,
            "AzureWebJobsStorage": connection,
            "PYTHONPATH": str(ROOT),
            "TREFOIL_STORE": self.store.url,
            "TREFOIL_ISSUER": ISSUER,
            "TREFOIL_AUDIENCE": AUDIENCE,
            "TREFOIL_SIGNING_KEY": self.signing_key,
            "TREFOIL_CORS_ORIGINS": ORIGIN,
            **self.deployment.environment,
            "AZURE_STORAGE_QUEUE_ENDPOINT": self.azurite.queue_url,
        }
        self.host = started.enter_context(closing(FunctionsHost(app_folder(folder), settings)))
        self.base_url = self.host.url
        for one in self.deployment.of(Object):
            prefix, queue = f"{PREFIX}/{one.trigger.source}", QUEUES + one.queue
            started.enter_context(closing(EventGrid(connection, CONTAINER, prefix, queue)))

    def credentials(self, user: str) -> tuple[str, str]:
        return user, PASSWORD

    def drop(self, key: str, content: bytes) -> None:
        self._container.upload_blob(f"{PREFIX}/{key}", content, overwrite=True)

    def fetch(self, key: str) -> bytes:
        return bytes(self._container.download_blob(f"{PREFIX}/{key}").readall())

    def remove(self, key: str) -> None:
        self._container.delete_blob(f"{PREFIX}/{key}")

    def announce(self, key: str) -> None:
        subject = f"/blobServices/default/containers/{CONTAINER}/blobs/{PREFIX}/{key}"
        event = {"eventType": "Microsoft.Storage.BlobCreated", "subject": subject}
        self.send(self.deployment.under(key).queue, json.dumps(event).encode())

    def send(self, queue: str, message: bytes) -> None:
        self._queues[queue].send_message(b64encode(message).decode())

    def fire(self, function: str) -> None:
        self.host.fire_timer(function)

    def step(self, function: str, event: Mapping[str, Any]) -> Any:
        answer = self.host.invoke(function, json.dumps(event))
        assert answer.ok, answer.error
        return answer.value["value"]

    def define(self, function: str, workflow: Workflow) -> None:
        """A run carries its own."""

    def logs(self) -> list[dict[str, Any]]:
        return [json.loads(line.message) for line in self.host.logs() if line.category == "function"]

    def close(self) -> None:
        self._started.close()


start = AzureHarness
