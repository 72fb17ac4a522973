"""`python -m tests.beds.azure.judge FOLDER`: runs judged by Microsoft's own in-memory backend of Durable Task.

The adapter's own orchestrator and activity, under the library that is to come (azure-functions-durable 2.0, preview),
with the histories kept by `durabletask`'s test backend: so what our stand-in for the extension makes of them is not the
only word. What the Functions host does there is this bridge: the backend's work items go to the triggers as base64
protobuf, and the answers back. For each kind of run a line of JSON says how it ended. Runs in an environment of its own
(requirements/durable-judge.txt).
"""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
import logging
import os
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import grpc
from durabletask.client import TaskHubGrpcClient
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.internal import orchestrator_service_pb2_grpc as stubs
from durabletask.testing import create_test_backend

from tests.beds.processes import free_port

KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("order", {"text": "x"}),
    ("branch", {"number": 11}),
    ("parallel", {}),
    ("torn", {}),
    ("map", {"numbers": []}),
    ("map", {"numbers": [3]}),
    ("map", {"numbers": list(range(20))}),
    ("map", {"numbers": [1, -2]}),
    ("nested", {"numbers": [7, 8]}),
    ("retry", {}),
    ("exhausted", {}),
    ("final", {}),
    ("catch", {}),
    ("timeout", {}),
    ("late", {}),
    ("fail", {}),
    ("payload", {"number": 100_000}),
)
BASE: dict[str, Any] = {"text": "", "number": 0, "right": False, "numbers": []}
PATIENCE = 60
ORCHESTRATOR = "run_trial"


def called(function: Any, *given: Any) -> Any:
    result = function(*given)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


class Bridge:
    """Hands the backend's work items to the functions of the app."""

    def __init__(self, port: int, functions: dict[str, Any]) -> None:
        self._functions = functions
        self._stub = stubs.TaskHubSidecarServiceStub(grpc.insecure_channel(f"127.0.0.1:{port}"))
        self._threads = ThreadPoolExecutor(32)
        Thread(target=self._pump, daemon=True).start()

    def _pump(self) -> None:
        wanted = pb.GetWorkItemsRequest(maxConcurrentOrchestrationWorkItems=10, maxConcurrentActivityWorkItems=20)
        for item in self._stub.GetWorkItems(wanted):
            kind = item.WhichOneof("request")
            if kind == "orchestratorRequest":
                self._threads.submit(self._orchestrate, item.orchestratorRequest, item.completionToken)
            elif kind == "activityRequest":
                self._threads.submit(self._act, item.activityRequest, item.completionToken)

    def _orchestrate(self, asked: Any, token: str) -> None:
        answer = called(self._functions[ORCHESTRATOR], base64.b64encode(asked.SerializeToString()).decode())
        response = pb.OrchestratorResponse()
        response.ParseFromString(base64.b64decode(answer))
        response.completionToken = token
        self._stub.CompleteOrchestratorTask(response)

    def _act(self, asked: Any, token: str) -> None:
        instance = asked.orchestrationInstance.instanceId
        done = pb.ActivityResponse(instanceId=instance, taskId=asked.taskId, completionToken=token)
        context = SimpleNamespace(invocation_id="1", trace_context=SimpleNamespace(Traceparent=""))
        try:
            given = json.loads(asked.input.value)
            done.result.value = json.dumps(called(self._functions[asked.name], given, context))
        except Exception as error:  # noqa: BLE001  as the host tells the extension
            failure = pb.TaskFailureDetails(errorType=type(error).__name__, errorMessage=str(error))
            done.failureDetails.CopyFrom(failure)
        self._stub.CompleteActivityTask(done)


def main(folder: Path) -> None:
    warnings.simplefilter("ignore")
    os.environ.update(
        {
            "TREFOIL_FUNCTIONS": "tests.trial",
            "TREFOIL_STORE": folder.as_uri(),
            "TREFOIL_ISSUER": "https://trefoil.example",
            "TREFOIL_AUDIENCE": "trefoil",
            "TREFOIL_SIGNING_KEY": "none is used",
            "TREFOIL_LOG_LEVEL": "ERROR",
        }
    )
    from adapters.azure.app import app
    from adapters.azure.bootstrap import services
    from core.kernel.workflow import runs
    from core.kernel.workflow.steps import Run

    made = services()
    logging.disable(logging.CRITICAL)
    functions = {one.get_function_name(): one.get_user_function() for one in app.get_functions()}
    port = free_port()
    create_test_backend(port=port)
    Bridge(port, functions)
    time.sleep(0.5)
    client = TaskHubGrpcClient(host_address=f"127.0.0.1:{port}")
    for number, (kind, given) in enumerate(KINDS):
        run = Run("trial", "Case", f"judged-{number}")
        document = runs.create(made, run, {**BASE, "kind": kind, **given})
        state = {"run": run.name, "input": document["input"]}
        asked = {"definition": document["definition"], "bodies": [{"row": [], "at": [], "state": state}]}
        client.schedule_new_orchestration(ORCHESTRATOR, input=asked, instance_id=run.id)
        ended = client.wait_for_orchestration_completion(run.id, timeout=PATIENCE)
        noted = runs.get(made.documents, run) or {}
        folder_of = f"calls/{run.id}"
        calls = sorted(path.removeprefix(f"{folder_of}/").split("/")[0] for path in made.documents.list(folder_of))
        status = ended.runtime_status.name if ended else "NONE"
        said = {
            "kind": kind,
            "given": given,
            "status": status,
            "state": noted.get("state"),
            "error": noted.get("error"),
        }
        print(json.dumps({**said, "calls": calls}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
