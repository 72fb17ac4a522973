"""Each package in its cloud's own runtime, with nothing installed beside it but that runtime."""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests import asking
from tests.beds.processes import Server, free_port
from tools.package import ROOT, build

EVENTS = ROOT / "tests" / "events"
OWN_EVENTS = ROOT / "examples" / "hello" / "tests" / "events"
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
    own = {"PYTHONPATH": "", "TREFOIL_QUEUES": "https://sqs.eu-west-2.amazonaws.com/1/trefoil-"}

    def invoke(handler: str, event: str) -> Any:
        with closing(LambdaSandbox(handler, {**settings, **own}, python=python, folder=unpacked)) as sandbox:
            return sandbox.invoke(json.loads((EVENTS / "aws" / event).read_text()))[0]

    assert json.loads(invoke("adapters.aws.main.api", "api/http-api-get.json")["body"]) == HELLO
    assert invoke("adapters.aws.main.ingest", "ingest/s3-test-event.json") == {"batchItemFailures": []}
    assert invoke("adapters.aws.main.jobs", "jobs/sqs.json") == {"batchItemFailures": []}


def gcp(unpacked: Path, empty_python: Python, settings: dict[str, str], tmp_path: Path) -> None:
    """In functions-framework, installed from the wheels in the package alone, as Google's builder does."""
    python = empty_python("--no-index", "--find-links", "wheels", "-r", "requirements.txt", folder=unpacked)
    environment = {**os.environ, **settings, "PYTHONPATH": "", "TREFOIL_QUEUES": "projects/p/topics/trefoil-"}

    with closing(serve(python, "api", "http", environment, unpacked, tmp_path)) as server:
        assert asking.request("GET", f"http://127.0.0.1:{server.port}/api/hello?name=Tim").json() == HELLO
    event = json.loads((EVENTS / "gcp/jobs/pubsub-push.json").read_text())
    with closing(serve(python, "jobs", "cloudevent", environment, unpacked, tmp_path)) as server:
        pushed = asking.request("POST", f"http://127.0.0.1:{server.port}{event['path']}", json=event["body"])
    assert pushed.status_code == 200, server.log.read_text()


def serve(python: str, function: str, kind: str, environment: dict[str, str], unpacked: Path, logs: Path) -> Server:
    port = free_port()
    command = [python, "-m", "functions_framework", "--target", function, "--signature-type", kind]
    command += ["--source", "main.py", "--host", "127.0.0.1", "--port", str(port)]
    return Server(command, port, logs / f"{function}.log", environment, unpacked)


def azure(unpacked: Path, empty_python: Python, settings: dict[str, str], _: Path) -> None:
    hosted(unpacked, empty_python, settings, "jobs", JOB.decode())


def hosted(unpacked: Path, empty_python: Python, settings: dict[str, str], function: str, message: str) -> None:
    """In azure-functions-runtime, behind the stand-in for the host."""
    from tests.beds.azure.azurite import Azurite
    from tests.beds.azure.functions_host import FunctionsHost

    python = empty_python("-r", "requirements/runtime-azure.txt")
    libraries = unpacked / ".python_packages" / "lib" / "site-packages"
    with closing(Azurite(Path(os.environ["AZURITE"]))) as azurite:
        own = {"AzureWebJobsStorage": azurite.connection_string, "PYTHONPATH": str(libraries)}
        with closing(FunctionsHost(unpacked, {**settings, **own}, python=python)) as host:
            assert asking.request("GET", f"{host.url}/api/hello?name=Tim").json() == HELLO
            outcome = host.invoke(function, message)
    assert outcome.ok, outcome


IMPORT = """
import sys

compiled = []
sys.addaudithook(lambda event, given: compiled.append(str(given[1])) if event == "compile" else None)
import ENTRY
import jwt, cryptography.hazmat.primitives.asymmetric.rsa
print(*(name for name in compiled if name.endswith(".py")))
"""


def test_nothing_is_compiled_when_a_function_starts(
    provider: str, unpacked: Path, empty_python: Python, settings: dict[str, str]
) -> None:
    """Where the image has other times than the builder's folder had, and nothing can be written."""
    if provider == "gcp":
        python = empty_python("--no-index", "--find-links", "wheels", "-r", "requirements.txt", folder=unpacked)
        # What Google's builder does with the function's own sources, and with the variables that infra/gcp gives it:
        # https://github.com/GoogleCloudPlatform/buildpacks/blob/main/cmd/python/functions_framework/lib/lib.go
        declared = re.search(r"SOURCE_DATE_EPOCH\s*=\s*\"(\d+)\"", (ROOT / "infra/gcp/functions.tf").read_text())
        assert declared
        builders = {**os.environ, "SOURCE_DATE_EPOCH": declared[1]}
        subprocess.run([python, "-m", "compileall", "-f", "-q", "."], cwd=unpacked, env=builders, check=True)
        entry, libraries = "main; main.api", ""
    elif provider == "azure":
        python = empty_python("-r", "requirements/runtime-azure.txt")
        entry, libraries = "function_app", str(unpacked / ".python_packages" / "lib" / "site-packages")
    else:
        python = empty_python("-r", "requirements/runtime-aws.txt")
        entry, libraries = "adapters.aws.main; adapters.aws.main.api", ""
    for source in unpacked.rglob("*.py"):
        os.utime(source, (1, 1))
    own = {"TREFOIL_QUEUES": "https://sqs.eu-west-2.amazonaws.com/1/trefoil-"} if provider == "aws" else {}
    environment = {**os.environ, **settings, **own, "PYTHONPATH": libraries, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-c", IMPORT.replace("ENTRY", entry)]
    done = subprocess.run(command, cwd=unpacked, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_bytecode_is_what_the_clouds_python_would_make(provider: str, unpacked: Path, empty_python: Python) -> None:
    """Its instructions may be those of another release of 3.13, which all of them run; all else is equal."""
    if provider == "gcp":
        pytest.skip("Google's builder compiles itself")
    command = [empty_python("-r", "requirements/runtime-aws.txt"), str(Path(__file__).parent / "bytecode.py"), unpacked]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_the_package_of_a_set_of_ones_own_answers_and_takes_a_message(
    provider: str, empty_python: Python, settings: dict[str, str], tmp_path: Path
) -> None:
    """`examples/hello`: its package holds no other set, and its functions are called by their own names."""
    built = build(provider, tmp_path, "examples.hello")
    unpacked = tmp_path / "deployed"
    with zipfile.ZipFile(built.path) as archive:
        names = archive.namelist()
        archive.extractall(unpacked)
    assert "examples/hello/functions.py" in names
    assert not [name for name in names if name.startswith(("core/energy/", "examples/hello/tests/"))]
    own = {**settings, "TREFOIL_FUNCTIONS": "examples.hello"}
    {"aws": aws_hello, "gcp": gcp_hello, "azure": azure_hello}[provider](unpacked, empty_python, own, tmp_path)


def aws_hello(unpacked: Path, empty_python: Python, settings: dict[str, str], _: Path) -> None:
    from bench.lambda_runtime import LambdaSandbox

    python = empty_python("-r", "requirements/runtime-aws.txt")
    own = {"PYTHONPATH": "", "TREFOIL_QUEUES": "https://sqs.eu-west-2.amazonaws.com/1/trefoil-"}

    def invoke(function: str) -> Any:
        name = f"adapters.aws.main.{function}"
        with closing(LambdaSandbox(name, {**settings, **own}, python=python, folder=unpacked)) as sandbox:
            return sandbox.invoke(json.loads((OWN_EVENTS / "aws" / f"{function}.json").read_text()))[0]

    assert json.loads(invoke("web")["body"]) == HELLO
    assert invoke("keep") == {"batchItemFailures": []}


def gcp_hello(unpacked: Path, empty_python: Python, settings: dict[str, str], tmp_path: Path) -> None:
    python = empty_python("--no-index", "--find-links", "wheels", "-r", "requirements.txt", folder=unpacked)
    environment = {**os.environ, **settings, "PYTHONPATH": "", "TREFOIL_QUEUES": "projects/p/topics/trefoil-"}
    with closing(serve(python, "web", "http", environment, unpacked, tmp_path)) as server:
        assert asking.request("GET", f"http://127.0.0.1:{server.port}/api/hello?name=Tim").json() == HELLO
    event = json.loads((OWN_EVENTS / "gcp/keep.json").read_text())
    with closing(serve(python, "keep", "cloudevent", environment, unpacked, tmp_path)) as server:
        pushed = asking.request("POST", f"http://127.0.0.1:{server.port}{event['path']}", json=event["body"])
    assert pushed.status_code == 200, server.log.read_text()


def azure_hello(unpacked: Path, empty_python: Python, settings: dict[str, str], _: Path) -> None:
    event = json.loads((OWN_EVENTS / "azure/keep.json").read_text())
    hosted(unpacked, empty_python, settings, "keep", json.dumps(event["body"]))
