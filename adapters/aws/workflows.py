"""Starting runs in Step Functions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from adapters.aws.calls import call
from adapters.aws.signer import region
from core.kernel.config import ConfigError
from core.kernel.errors import unavailable

_MACHINES = re.compile(r"arn:[a-z-]+:states:[a-z0-9-]+:[0-9]+:stateMachine:[A-Za-z0-9_-]{0,40}")


class StepFunctions:
    """Starts the state machines whose ARNs begin so: `arn:aws:states:REGION:ACCOUNT:stateMachine:PREFIX-`.

    See `core.kernel.services.Workflows` for the contract. An execution has the id of its run as its name, which AWS
    takes once in 90 days. https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """

    def __init__(self, machines: str, environment: Mapping[str, str]) -> None:
        if machines and not _MACHINES.fullmatch(machines):
            raise ConfigError("TREFOIL_WORKFLOWS", f"{machines!r} is not the beginning of a state machine's ARN")
        self._machines = machines
        self._environment = environment

    def start(self, workflow: str, run: str, document: Mapping[str, Any]) -> None:
        if not self._machines:
            raise ConfigError("TREFOIL_WORKFLOWS", f"is not set; name where the state machine of {workflow} is")
        environment = self._environment
        where = environment.get("AWS_ENDPOINT_URL") or f"https://states.{region(environment)}.amazonaws.com"
        asked = {
            "stateMachineArn": self._machines + workflow,
            "name": run.partition("/")[2],
            "input": json.dumps({"run": run, "input": document["input"]}),
        }
        try:
            call(where, environment, "states", "AWSStepFunctions.StartExecution", "1.0", asked)
        except OSError as error:
            if "ExecutionAlreadyExists" not in str(error):
                raise unavailable(f"{workflow} could not be started") from error
