"""The stand-in for Workflows: `workflows_service.py` in the emulator's own environment, which WORKFLOWS_EMULATOR names."""

from __future__ import annotations

import json
import os
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.beds.processes import Server, free_port

SERVICE = Path(__file__).with_name("workflows_service.py")


class Workflows:
    """Serves on a free port; ready when the constructor returns."""

    def __init__(self, folder: Path) -> None:
        python, port = os.environ["WORKFLOWS_EMULATOR"], free_port()
        self._server = Server([python, str(SERVICE), str(port)], port, folder / "workflows.log", os.environ)
        self.host = f"127.0.0.1:{port}"

    def define(self, name: str, source: Any, step_url: str) -> None:
        """As a deployment does; executions that run go on as they were."""
        connection = HTTPConnection(self.host)
        connection.request("PUT", f"/{name}", json.dumps({"source": source, "step_url": step_url}))
        with connection.getresponse() as answer:
            assert answer.status == 200, answer.read()
            answer.read()
        connection.close()

    def close(self) -> None:
        self._server.close()
