"""One process of a cloud's genuine runtime on code as it is deployed: its cold start, its warm requests, its imports.

The runtimes are awslambdaric, functions-framework and azure-functions-runtime. What is in front of them is our own and
the same for every contender: Lambda's Runtime API, a client over one connection, a stand-in for Azure's host. These
figures are of local runtimes, not cloud latency.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from core import DEFAULT_FUNCTIONS
from core.kernel.auth import keys
from core.kernel.functions import load
from tests.beds.processes import begin, end, free_port
from tools.package import ROOT
from tools.waiting import PATIENCE

LIBRARIES = ".python_packages/lib/site-packages"
"""Where Azure has an app's libraries."""
QUEUES = {"aws": "https://sqs.eu-west-2.amazonaws.com/1/", "gcp": "projects/p/topics/", "azure": ""}
PEERS = ROOT / "bench" / "peers"
WARMED = 20
"""Requests after the first until a process is warm: what it still does for its start is done, and its caches are filled."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Code in a folder, as a cloud unpacks it, the Python that runs it, and where the runtime finds the function."""

    name: str
    code: Path
    python: str
    environment: Mapping[str, str]
    entry: str
    """`module.name`."""

    @property
    def path(self) -> str:
        return os.pathsep.join((str(self.code), str(self.code / LIBRARIES)))


@dataclass(frozen=True, slots=True)
class Question:
    """A GET, and the JSON that answers it. `token`: of the caller, empty for none."""

    path: str
    query: str
    token: str
    expected: Any

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}


HELLO = Question("/api/hello", "name=Tim", "", {"message": "Hello Tim"})


class Reply(NamedTuple):
    status: int
    body: bytes | str

    def wrong(self, question: Question) -> str:
        """What is wrong with it; empty: nothing."""
        try:
            right = self.status == 200 and json.loads(self.body) == question.expected
        except ValueError:
            right = False
        return "" if right else f"{self.status} {self.body[:200]!r}"


Ask = Callable[[], Reply]


@dataclass(frozen=True, slots=True)
class Process:
    """What one process took, in seconds and MiB."""

    cold: float
    """From starting it to its first answer."""
    cold_cpu: float
    warm: list[float]
    """Each of the requests when it is warm, one after the other."""
    warm_cpu: float
    """Of the process, for one of these, in the mean."""
    peak: float
    """Of resident memory: the sum of its processes' peaks (VmHWM), in which what they share counts for each."""
    wrong: str
    """The first answer that was not the expected one; empty: all were."""


class Import(NamedTuple):
    """What a new interpreter took: seconds by the clock and on a CPU, and the modules that it has at the end."""

    wall: float
    cpu: float
    modules: int


def settings(provider: str) -> dict[str, str]:
    """What a deployment of Trefoil is told, with a new signing key; its store is in memory."""
    off = [name for name in load(DEFAULT_FUNCTIONS).every if name != "api"]
    return {
        "TREFOIL_QUEUES": QUEUES[provider],
        "TREFOIL_STORE": "memory:///",
        "TREFOIL_ISSUER": "https://trefoil.example",
        "TREFOIL_AUDIENCE": "trefoil",
        "TREFOIL_SIGNING_KEY": keys.generate(),
        "PYTHONDONTWRITEBYTECODE": "1",
        # As in a deployment, whose other app has these.
        **({f"AzureWebJobs.{name}.Disabled": "true" for name in off} if provider == "azure" else {}),
    }


@contextmanager
def aws(contender: Contender, question: Question) -> Iterator[tuple[Ask, int]]:
    from bench.lambda_runtime import LambdaSandbox

    event = json.loads((ROOT / "tests/events/aws/api/http-api-get.json").read_text())
    event["rawPath"] = event["requestContext"]["http"]["path"] = question.path
    event["rawQueryString"] = question.query
    del event["queryStringParameters"]
    if question.query:  # API Gateway leaves it out otherwise
        event["queryStringParameters"] = dict(parse_qsl(question.query))
    event["headers"] |= question.headers
    environment = {**contender.environment, "PYTHONPATH": contender.path}

    def ask() -> Reply:
        reply, _ = sandbox.invoke(event)
        return Reply(reply["statusCode"], reply.get("body", ""))

    with closing(
        LambdaSandbox(contender.entry, environment, python=contender.python, folder=contender.code)
    ) as sandbox:
        yield ask, sandbox.pid


@contextmanager
def gcp(contender: Contender, question: Question) -> Iterator[tuple[Ask, int]]:
    port = free_port()
    module, _, name = contender.entry.rpartition(".")
    command = [contender.python, "-m", "functions_framework", "--target", name, "--source", f"{module}.py"]
    process = begin(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        cwd=contender.code,
        env={**os.environ, **contender.environment, "PYTHONPATH": contender.path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        # The connection is closed first: gunicorn would wait for what it might still ask.
        with asking(f"http://127.0.0.1:{port}", question, lambda: process.poll() is None) as ask:
            yield ask, process.pid
    finally:
        end(process)


@contextmanager
def azure(contender: Contender, question: Question) -> Iterator[tuple[Ask, int]]:
    from tests.beds.azure.functions_host import FunctionsHost

    environment = {**contender.environment, "PYTHONPATH": contender.path}
    with (
        closing(FunctionsHost(contender.code, environment, python=contender.python)) as host,
        asking(host.url, question, lambda: True) as ask,
    ):
        yield ask, host.pid


RUNTIMES: dict[str, Any] = {"aws": aws, "gcp": gcp, "azure": azure}


@contextmanager
def asking(url: str, question: Question, alive: Callable[[], bool]) -> Iterator[Ask]:
    """Asks over one connection; until the server listens, again and again. Raises `RuntimeError` if it ends before."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port or 0, timeout=PATIENCE)
    target = f"{question.path}?{question.query}" if question.query else question.path

    def ask() -> Reply:
        while True:
            try:
                connection.request("GET", target, headers=question.headers)
                response = connection.getresponse()
                return Reply(response.status, response.read())
            except ConnectionRefusedError:
                connection.close()
                if not alive():
                    raise RuntimeError(f"the server on {url} ended before it answered") from None
                time.sleep(0.002)

    with closing(connection):
        yield ask


def measured(provider: str, contender: Contender, question: Question, warm: int) -> Process:
    """Start a process, ask once, then until it is warm, and then `warm` times (at least once), which are told.

    Raises what the runtime does if it can't answer.
    """
    begun = time.perf_counter()
    with RUNTIMES[provider](contender, question) as (ask, process):
        replies = [ask()]
        cold, cold_cpu = time.perf_counter() - begun, spent(process)
        replies += [ask() for _ in range(WARMED)]
        before = spent(process)
        taken: list[float] = []
        for _ in range(warm):
            asked = time.perf_counter()
            reply = ask()
            taken.append(time.perf_counter() - asked)
            replies.append(reply)
        warm_cpu, peak = (spent(process) - before) / warm, resident(process)
    wrong = next((said for reply in replies if (said := reply.wrong(question))), "")
    return Process(cold, cold_cpu, taken, warm_cpu, peak, wrong)


def tree(process: int) -> Iterator[int]:
    """A process and all that it started and that still runs."""
    yield process
    for thread in Path(f"/proc/{process}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread may end meanwhile, and has no child then
            children = (thread / "children").read_text().split()
            yield from (below for child in children for below in tree(int(child)))


def spent(process: int) -> float:
    """Seconds that a process, with its former threads, and its children have had a CPU.

    The clock of another process's CPU is what clock_getcpuclockid(3) makes of its id on Linux.
    """
    return sum(time.clock_gettime((~one << 3) | 2) for one in tree(process))


def resident(process: int) -> float:
    """MiB: the sum of the peaks of a process and its children."""
    found = (re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{one}/status").read_text()) for one in tree(process))
    return sum(int(one[1]) for one in found if one) / 1024


def imported(contender: Contender) -> Import:
    """Importing its entry, more than the bare interpreter takes, measured one right after the other."""
    module, _, name = contender.entry.rpartition(".")
    bare = _interpreter(contender, "")
    whole = _interpreter(contender, f"from {module} import {name}")
    return Import(whole.wall - bare.wall, whole.cpu - bare.cpu, whole.modules - bare.modules)


def _interpreter(contender: Contender, statement: str) -> Import:
    own = {**os.environ, "AWS_REGION": "eu-west-2", **contender.environment, "PYTHONPATH": contender.path}
    # It ends at once: what an interpreter takes to put everything away is no part of an import.
    end_at_once = "import os, sys; print('\\n', len(sys.modules), flush=True); os._exit(0)"
    command = [contender.python, "-c", f"{statement}\n{end_at_once}"]
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=own, cwd=contender.code, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None  # it is a pipe
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise RuntimeError(f"{contender.name}: {statement!r} ended with {process.returncode}: {said}")
    return Import(wall, usage.ru_utime + usage.ru_stime, int(said.split()[-1]))
