"""Each package in its cloud's own runtime, with nothing installed beside it but that runtime."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests import asking

EVENTS = Path(__file__).parents[1] / "events"
HELLO = {"message": "Hello Tim"}
JOB = b'{"job":"maintain","account":"Account17"}'
Python = Callable[..., str]


@pytest.fixture
def provider(pytestconfig: pytest.Config) -> str:
    return str(pytestconfig.getoption("--provider"))


def test_the_package_answers_and_does_a_job(
    provider: str, unpacked: Path, empty_python: Python, settings: dict[str, str], tmp_path: Path
) -> None:
    {"aws": aws, "gcp": gcp, "azure": azure}[provider](unpacked, empty_python, settings, tmp_path)


def aws(unpacked: Path, empty_python: Python, settings: dict[str, str], _: Path) -> None:
    """In awslambdaric. The test event makes `ingest` load the table engine with its native code."""
    from bench.lambda_runtime import LambdaSandbox

    python = empty_python("-r", "requirements/runtime-aws.txt")
    own = {"PYTHONPATH": str(unpacked), "TREFOIL_JOBS_QUEUE": "https://sqs.eu-west-2.amazonaws.com/1/jobs"}

    def invoke(handler: str, event: str) -> Any:
        with closing(LambdaSandbox(handler, {**settings, **own}, python=python)) as sandbox:
            return sandbox.invoke(json.loads((EVENTS / "aws" / event).read_text()))[0]

    assert json.loads(invoke("adapters.aws.http.api", "api/http-api-get.json")["body"]) == HELLO
    assert invoke("adapters.aws.objects.ingest", "ingest/s3-test-event.json") == {"batchItemFailures": []}
    assert invoke("adapters.aws.queue.jobs", "jobs/sqs.json") == {"batchItemFailures": []}


def gcp(unpacked: Path, empty_python: Python, settings: dict[str, str], tmp_path: Path) -> None:
    """In functions-framework, installed from the wheels in the package alone, as Google's builder does."""
    from tests.beds.processes import Server, free_port

    python = empty_python("--no-index", "--find-links", "wheels", "-r", "requirements.txt", folder=unpacked)
    environment = {**os.environ, **settings, "PYTHONPATH": "", "TREFOIL_JOBS_QUEUE": "projects/p/topics/jobs"}

    def serve(function: str, kind: str) -> Server:
        port = free_port()
        command = [python, "-m", "functions_framework", "--target", function, "--signature-type", kind]
        command += ["--source", "main.py", "--host", "127.0.0.1", "--port", str(port)]
        return Server(command, port, tmp_path / f"{function}.log", environment, unpacked)

    with closing(serve("api", "http")) as server:
        assert asking.request("GET", f"http://127.0.0.1:{server.port}/api/hello?name=Tim").json() == HELLO
    event = json.loads((EVENTS / "gcp/jobs/pubsub-push.json").read_text())
    with closing(serve("jobs", "cloudevent")) as server:
        pushed = asking.request("POST", f"http://127.0.0.1:{server.port}{event['path']}", json=event["body"])
    assert pushed.status_code == 200, server.log.read_text()


def azure(unpacked: Path, empty_python: Python, settings: dict[str, str], _: Path) -> None:
    """In azure-functions-runtime, behind the stand-in for the host."""
    from tests.beds.azure.azurite import Azurite
    from tests.beds.azure.functions_host import FunctionsHost

    python = empty_python("-r", "requirements/runtime-azure.txt")
    libraries = unpacked / ".python_packages" / "lib" / "site-packages"
    with closing(Azurite(Path(os.environ["AZURITE"]))) as azurite:
        own = {"AzureWebJobsStorage": azurite.connection_string, "PYTHONPATH": str(libraries)}
        with closing(FunctionsHost(unpacked, {**settings, **own}, python=python)) as host:
            assert asking.request("GET", f"{host.url}/api/hello?name=Tim").json() == HELLO
            outcome = host.invoke("jobs", JOB.decode())
    assert outcome.ok, outcome
