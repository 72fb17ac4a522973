"""Cold and warm hello in a provider's genuine runtime, against a handler written by hand for it.

`nox -s aws -- bench` (also gcp, azure). Cold is from starting the process to its first answer; warm are the following
requests, one after the other. Every answer is checked. These figures are this machine's, not cloud latency.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from bench.measure import OUT, machine
from core.kernel.auth import keys

ROOT = Path(__file__).parents[1]
EXPECTED = {"message": "Hello Tim"}
WARM = 200
Ask = Callable[[], Any]


QUEUES = {"aws": "https://sqs.eu-west-2.amazonaws.com/1/", "gcp": "projects/p/topics/", "azure": ""}


def settings(provider: str) -> dict[str, str]:
    return {
        "TREFOIL_QUEUES": QUEUES[provider],
        "PYTHONPATH": str(ROOT),
        "TREFOIL_STORE": "memory:///",
        "TREFOIL_ISSUER": "https://trefoil.example",
        "TREFOIL_AUDIENCE": "trefoil",
        "TREFOIL_SIGNING_KEY": keys.generate(),
    }


@contextmanager
def aws(trefoil: bool, environment: Mapping[str, str]) -> Iterator[Ask]:
    from bench.lambda_runtime import LambdaSandbox

    event = json.loads((ROOT / "tests/events/aws/api/http-api-get.json").read_text())
    sandbox = LambdaSandbox("adapters.aws.main.api" if trefoil else "bench.peers.aws_native.handler", environment)
    try:
        yield lambda: json.loads(sandbox.invoke(event)[0]["body"])
    finally:
        sandbox.close()


@contextmanager
def gcp(trefoil: bool, environment: Mapping[str, str]) -> Iterator[Ask]:
    from tests.beds.processes import begin, end, free_port

    source, port = "adapters/gcp/main.py" if trefoil else "bench/peers/gcp_native.py", free_port()
    command = [sys.executable, "-m", "functions_framework", "--target", "api", "--source", str(ROOT / source)]
    process = begin(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield asking(f"http://127.0.0.1:{port}")
    finally:
        end(process)


@contextmanager
def azure(trefoil: bool, environment: Mapping[str, str]) -> Iterator[Ask]:
    from tests.beds.azure.functions_host import FunctionsHost

    with tempfile.TemporaryDirectory() as name:
        app = Path(name)
        (app / "function_app.py").write_text(
            "from adapters.azure.app import app\n" if trefoil else "from bench.peers.azure_native import app\n"
        )
        (app / "host.json").write_text('{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}')
        host = FunctionsHost(app, environment)
        try:
            yield asking(host.url)
        finally:
            host.close()


def asking(url: str) -> Ask:
    """Asks over one connection; until the server listens, again and again."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port or 0)

    def ask() -> Any:
        while True:
            try:
                connection.request("GET", "/api/hello?name=Tim")
                return json.loads(connection.getresponse().read())
            except ConnectionRefusedError:
                connection.close()
                time.sleep(0.002)

    return ask


RUNTIMES: dict[str, Any] = {"aws": aws, "gcp": gcp, "azure": azure}


def measure(provider: str, trefoil: bool, environment: Mapping[str, str]) -> tuple[float, list[float]]:
    """Seconds from the start of the process to the first answer, and of each warm one."""
    begun = time.perf_counter()
    with RUNTIMES[provider](trefoil, environment) as ask:
        assert ask() == EXPECTED
        cold = time.perf_counter() - begun
        warm = []
        for _ in range(WARM):
            asked = time.perf_counter()
            answer = ask()
            warm.append(time.perf_counter() - asked)
            assert answer == EXPECTED
    return cold, warm


def imports(statement: str) -> float:
    """Seconds that a new interpreter takes for it, more than for nothing."""

    def seconds(code: str) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
        return time.perf_counter() - begun

    return statistics.median(seconds(statement) - seconds("pass") for _ in range(15))


def aws_peers(environment: Mapping[str, str]) -> None:
    """Import and adapter overhead against FastAPI with Mangum, and against Powertools' resolver."""
    ours, theirs = (
        imports("from adapters.aws.main import api"),
        imports("import bench.peers.aws_fastapi, boto3; boto3.client('s3', 'eu-west-2')"),
    )
    print(
        f"\nimport: adapters.aws.main.api {ours * 1e3:.0f} ms, FastAPI + Mangum + boto3 client {theirs * 1e3:.0f} ms: {ours / theirs:.2f} x"
    )
    os.environ.update(environment)
    from adapters.aws import main as trefoil
    from bench.peers import aws_fastapi, aws_powertools

    event = json.loads((ROOT / "tests/events/aws/api/http-api-get.json").read_text())
    context = SimpleNamespace(aws_request_id="1", function_name="x", memory_limit_in_mb=1, invoked_function_arn="x")
    handlers = {
        "Trefoil": trefoil.api,
        "FastAPI + Mangum": aws_fastapi.handler,
        "Powertools": aws_powertools.handler,
    }
    taken: dict[str, list[float]] = {who: [] for who in handlers}
    with Path(os.devnull).open("w") as silence, redirect_stderr(silence):  # the log lines are written, but not here
        for _ in range(2000):
            for who, handler in handlers.items():
                begun = time.perf_counter()
                reply = handler(event, context)
                taken[who].append(time.perf_counter() - begun)
                assert json.loads(reply["body"]) == EXPECTED
    medians = {who: statistics.median(times) * 1e6 for who, times in taken.items()}
    for who, median in medians.items():
        print(f"hello in process, {who}: {median:.0f} us; Trefoil is {medians['Trefoil'] / median:.2f} x")


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cold")
    parser.add_argument("provider", choices=list(RUNTIMES))
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    environment = settings(options.provider)
    colds: dict[bool, list[float]] = {True: [], False: []}
    warms: dict[bool, list[float]] = {True: [], False: []}
    for number in range(options.rounds + 1):
        for trefoil in (True, False):
            cold, warm = measure(options.provider, trefoil, environment)
            if number:  # the first round fills the disk's cache and compiles
                colds[trefoil].append(cold)
                warms[trefoil] += warm
    print(f"{options.provider}: hello, {machine()}; {options.rounds} processes each, in turn; not cloud latency\n")
    print("| | cold ms (median) | warm p50 ms | warm p95 ms |\n|---|---|---|---|")
    rows = {
        who: (statistics.median(colds[who]) * 1000, percentile(warms[who], 0.5), percentile(warms[who], 0.95))
        for who in (True, False)
    }
    for who, name in ((True, "Trefoil"), (False, "written by hand")):
        print(f"| {name} | {rows[who][0]:.0f} | {rows[who][1]:.2f} | {rows[who][2]:.2f} |")
    print("| ratio | " + " | ".join(f"{ours / theirs:.2f}" for ours, theirs in zip(*rows.values(), strict=True)) + " |")
    OUT.mkdir(exist_ok=True)
    raw = {"machine": machine(), "cold": colds, "warm": warms}
    (OUT / f"cold-{options.provider}.json").write_text(json.dumps(raw) + "\n")
    if options.provider == "aws":
        aws_peers(environment)


if __name__ == "__main__":
    main()
