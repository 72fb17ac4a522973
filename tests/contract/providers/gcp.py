"""Google Cloud: functions-framework, a stand-in for Cloud Storage with true preconditions, and Pub/Sub push."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.cloud.storage import Client

from core.kernel.auth import keys
from core.kernel.functions import Function
from core.kernel.store import open_store
from core.kernel.triggers import Authorizer, Http, Object, Schedule, Step
from core.kernel.workflow.declared import Workflow
from core.kernel.workflow.steps import workflow_of
from demo.weather import WeatherStandIn
from tests.beds.collector import Collector
from tests.beds.deployment import Deployment
from tests.beds.gcp.gcs import GcsFront
from tests.beds.gcp.pubsub import PubSub
from tests.beds.gcp.pubsub_api import PubSubApi
from tests.beds.gcp.workflows import Workflows
from tests.beds.inbox import Inbox
from tests.beds.processes import NOBODY, Server, free_port
from tests.contract.system import AUDIENCE, ISSUER, ORIGIN, PASSWORD
from tools.workflows import google

ROOT = Path(__file__).parents[3]
PROJECT, BUCKET, PREFIX = "local", "trefoil-state", "prod"
ACCOUNT = "trefoil@local.iam.gserviceaccount.com"
NAMES = {"severity": "level", "logging.googleapis.com/trace": "trace"}
"""Cloud Logging's fields, and core's."""


def service_account(folder: Path) -> tuple[Path, str]:
    """A key file as Google issues it, and its public key."""
    (key,) = keys.parse(keys.generate())
    file = folder / "service-account.json"
    file.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": PROJECT,
                "private_key_id": "1",
                "private_key": key.pem(),
                "client_email": ACCOUNT,
                "client_id": "1",
                "token_uri": "https://oauth2.googleapis.com/token",
            }
        )
    )
    return file, key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class GcpHarness:
    provider = "gcp"
    issuer = ISSUER
    headers: Mapping[str, str] = {}
    unreachable: Mapping[str, str] = {"GOOGLE_BASE_URL": NOBODY}
    strangers: Mapping[str, str] = {}

    weather: WeatherStandIn
    inbox: Inbox
    collector: Collector

    def __init__(self, folder: Path, deployment: Deployment) -> None:
        self.deployment = deployment
        key_file, public = service_account(folder)
        self.pubsub = PubSub(PROJECT)
        with ExitStack() as started:
            self._pubsub_api = started.enter_context(closing(PubSubApi(self.pubsub)))
            self.gcs = started.enter_context(
                closing(GcsFront(service_accounts={ACCOUNT: public}, on_finalize=self._notify))
            )
            self._workflows = started.enter_context(closing(Workflows(folder)))
            self._start(folder, key_file, started)
            started.callback(self.pubsub.close)  # the first to be closed: no push may start when servers end
            self._started = started.pop_all()

    def _start(self, folder: Path, key_file: Path, started: ExitStack) -> None:
        self.gcs.create_bucket(BUCKET)
        storage = {
            "GOOGLE_APPLICATION_CREDENTIALS": str(key_file),
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "GOOGLE_BASE_URL": self.gcs.url,
            "GOOGLE_ALLOW_HTTP": "true",
            "STORAGE_EMULATOR_HOST": self.gcs.url,
        }
        os.environ.update(storage)
        self._bucket = Client(project=PROJECT).bucket(BUCKET)
        self.signing_key = keys.generate()
        secret = folder / "signing-keys.pem"
        secret.write_text(self.signing_key)
        self.store = open_store(f"gs://{BUCKET}/{PREFIX}")
        self.deployment.fill(self.store)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TREFOIL_STORE": self.store.url,
            "TREFOIL_ISSUER": ISSUER,
            "TREFOIL_AUDIENCE": AUDIENCE,
            "TREFOIL_SIGNING_KEY": secret.as_uri(),
            "TREFOIL_CORS_ORIGINS": ORIGIN,
            "TREFOIL_QUEUES": _topic(""),
            "TREFOIL_WORKFLOWS": f"projects/{PROJECT}/locations/{PROJECT}/workflows/",
            "PUBSUB_EMULATOR_HOST": self._pubsub_api.host,
            "WORKFLOWS_EMULATOR_HOST": self._workflows.host,
            **self.deployment.environment,
        }
        self._servers = {
            name: started.enter_context(closing(_serve(one, folder, environment)))
            for name, one in self.deployment.functions.every.items()
            if not isinstance(one.trigger, Authorizer)
        }
        (http,) = self.deployment.of(Http)
        self.base_url = self._url(http.name)
        for one in self.deployment.of(Step):
            self.define(one.name, workflow_of(one))
        for one in self.deployment.consumers:
            topic, dead = one.queue, f"{one.queue}-dead"
            self.pubsub.subscribe(
                topic, topic, self._push(one.name, topic), attempts=one.attempts, dead_letter_topic=dead
            )
            self.pubsub.subscribe(dead, dead, self._push(self.deployment.burying(one).name, dead))
        for one in self.deployment.of(Schedule):
            topic = f"schedule-{one.name}"
            self.pubsub.subscribe(topic, topic, self._push(one.name, topic))

    def define(self, function: str, workflow: Workflow) -> None:
        self._workflows.define(function, google.compiled(workflow), f"{self._url(function)}/")

    def step(self, function: str, event: Mapping[str, Any]) -> Any:
        connection = HTTPConnection(self._url(function).removeprefix("http://"))
        connection.request("POST", "/", json.dumps(event), {"Content-Type": "application/json"})
        with closing(connection), connection.getresponse() as answer:
            content = answer.read()
            assert answer.status == 200, content
            return json.loads(content)

    def _url(self, function: str) -> str:
        return f"http://127.0.0.1:{self._servers[function].port}"

    def _push(self, function: str, topic: str) -> str:
        # functions-framework reads the topic of a push from the path.
        return f"{self._url(function)}/{_topic(topic)}"

    def _notify(self, resource: dict[str, Any]) -> None:
        """A bucket's notification with the prefix of the store, as `google_storage_notification` sets one up."""
        for one in self.deployment.of(Object):
            if resource["name"].startswith(f"{PREFIX}/{one.trigger.source}"):
                self._publish(one, resource["bucket"], resource["name"], str(resource["generation"]), resource)

    def _publish(
        self, function: Function, bucket: str, name: str, generation: str, resource: Mapping[str, Any]
    ) -> None:
        attributes = {
            "notificationConfig": f"projects/_/buckets/{bucket}/notificationConfigs/1",
            "eventType": "OBJECT_FINALIZE",
            "payloadFormat": "JSON_API_V1",
            "bucketId": bucket,
            "objectId": name,
            "objectGeneration": generation,
        }
        self.pubsub.publish(function.queue, json.dumps(resource).encode(), attributes)

    def credentials(self, user: str) -> tuple[str, str]:
        return user, PASSWORD

    def drop(self, key: str, content: bytes) -> None:
        self._bucket.blob(f"{PREFIX}/{key}").upload_from_string(content)

    def fetch(self, key: str) -> bytes:
        return bytes(self._bucket.blob(f"{PREFIX}/{key}").download_as_bytes())

    def remove(self, key: str) -> None:
        self._bucket.blob(f"{PREFIX}/{key}").delete()

    def announce(self, key: str) -> None:
        self._publish(self.deployment.under(key), BUCKET, f"{PREFIX}/{key}", "1", {})

    def send(self, queue: str, message: bytes) -> None:
        self.pubsub.publish(queue, message)

    def fire(self, function: str) -> None:
        self.pubsub.publish(f"schedule-{function}", function.encode())

    def logs(self) -> list[dict[str, Any]]:
        text = "".join(server.log.read_text() for server in self._servers.values())
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return [{NAMES.get(name, name): value for name, value in line.items()} for line in lines]

    def close(self) -> None:
        self._started.close()


def _topic(name: str) -> str:
    return f"projects/{PROJECT}/topics/{name}"


def _serve(function: Function, folder: Path, environment: Mapping[str, str]) -> Server:
    name, port = function.name, free_port()
    kind = "http" if isinstance(function.trigger, Http | Step) else "cloudevent"
    source = str(ROOT / "adapters/gcp/main.py")
    command = [sys.executable, "-m", "functions_framework", "--target", name, "--signature-type", kind]
    command += ["--source", source, "--host", "127.0.0.1", "--port", str(port)]
    return Server(command, port, folder / f"{name}.log", environment)


start = GcpHarness
