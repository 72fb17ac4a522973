"""Starting runs in Workflows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from adapters.gcp.calls import Caller
from core.kernel.config import ConfigError
from core.kernel.errors import unavailable

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_WORKFLOWS = re.compile(r"projects/[^/]+/locations/[^/]+/workflows/([a-z][a-z0-9_-]{0,40})?")


class CloudWorkflows:
    """Starts the workflows whose names begin so: `projects/PROJECT/locations/REGION/workflows/PREFIX-`.

    See `core.kernel.services.Workflows` for the contract. Google names executions itself, so a run that is started
    twice has two, which ask for the same steps: each is done once, whoever asks first.
    https://cloud.google.com/workflows/docs/reference/executions/rest/v1/projects.locations.workflows.executions/create
    """

    def __init__(self, workflows: str, environment: Mapping[str, str]) -> None:
        if workflows and not _WORKFLOWS.fullmatch(workflows):
            raise ConfigError("TREFOIL_WORKFLOWS", f"{workflows!r} is not the beginning of a workflow's name")
        emulator = environment.get("WORKFLOWS_EMULATOR_HOST")
        host = f"http://{emulator}" if emulator else "https://workflowexecutions.googleapis.com"
        self._url = f"{host}/v1/{workflows}" if workflows else ""
        self._caller = Caller(SCOPE, emulated=bool(emulator))

    def start(self, workflow: str, run: str, document: Mapping[str, Any]) -> None:
        if not self._url:
            raise ConfigError("TREFOIL_WORKFLOWS", f"is not set; name where the workflow {workflow} is")
        argument = json.dumps({"run": run, "input": document["input"]})
        try:
            self._caller.post(f"{self._url}{workflow}/executions", {"argument": argument})
        except OSError as error:
            raise unavailable(f"{workflow} could not be started") from error
