"""The local provider: `trefoil serve` as a user would start it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.local import bootstrap
from adapters.local.invoke import invoke
from core.kernel.services import Services
from core.kernel.store import open_store
from core.kernel.workflow.declared import Workflow
from demo.weather import WeatherStandIn
from tests.beds.collector import Collector
from tests.beds.deployment import Deployment
from tests.beds.inbox import Inbox
from tests.beds.processes import begin, end
from tests.contract.system import ORIGIN, PASSWORD


class LocalHarness:
    provider = "local"
    headers: Mapping[str, str] = {}
    unreachable: Mapping[str, str] = {}
    strangers: Mapping[str, str] = {}

    weather: WeatherStandIn
    inbox: Inbox
    collector: Collector

    def __init__(self, folder: Path, deployment: Deployment) -> None:
        self.folder = folder
        self.deployment = deployment
        self.store = open_store((folder / "store").as_uri())
        environment = {**os.environ, "TREFOIL_CORS_ORIGINS": ORIGIN, **deployment.environment}
        command = [sys.executable, "-m", "adapters.local", "--folder", str(folder), "serve", "--port", "0"]
        with (folder / "server.log").open("w") as log:
            self._process = begin(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if not found:
            self.close()
            raise RuntimeError(f"the server said {line!r}: {(folder / 'server.log').read_text()}")
        self.base_url = self.issuer = found[0]

    @property
    def signing_key(self) -> str:
        return (self.folder / "signing-keys.pem").read_text()

    def credentials(self, user: str) -> tuple[str, str]:
        return user, PASSWORD

    def drop(self, key: str, content: bytes) -> None:
        path = self.folder / "store" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def fetch(self, key: str) -> bytes:
        return (self.folder / "store" / key).read_bytes()

    def remove(self, key: str) -> None:
        (self.folder / "store" / key).unlink()

    def announce(self, key: str) -> None:
        invoke(self.services(), self.deployment.under(key).name, {"key": key})

    def send(self, queue: str, message: bytes) -> None:
        self.services().queues.send(queue, message)

    def fire(self, function: str) -> None:
        invoke(self.services(), function, {})

    def step(self, function: str, event: Mapping[str, Any]) -> Any:
        return invoke(self.services(), function, event)

    def define(self, function: str, workflow: Workflow) -> None:
        """A run carries its own."""

    def services(self) -> Services:
        """Those of another process on the same store."""
        given = {**os.environ, **self.deployment.environment}
        return bootstrap.services(bootstrap.environment(self.folder, self.base_url, given), base_url=self.base_url)

    def logs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "server.log").read_text().splitlines()]

    def kill(self) -> None:
        """As a power cut would: at once, with nothing tidied up."""
        self._process.send_signal(signal.SIGKILL)
        self.close()

    def close(self) -> None:
        end(self._process)
        assert self._process.stdout is not None
        self._process.stdout.close()


def start(folder: Path, deployment: Deployment) -> LocalHarness:
    """A server on a new folder."""
    deployment.fill(open_store((folder / "store").as_uri()))
    return LocalHarness(folder, deployment)
