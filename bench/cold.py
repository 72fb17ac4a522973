"""Cold and warm hello of a cloud's package in that cloud's genuine runtime, against a handler written by hand for it.

`nox -s bench -- cold` for AWS and Google Cloud; `nox -s aws -- bench` (also gcp, azure) from a provider's session. What
runs is the package as it is deployed, unpacked, in a Python 3.13 that has nothing but the runtime and can't write
bytecode; beside it the same without its bytecode, and other packages that are given (`--beside former.zip`). Cold is
from starting the process to its first answer, by the clock and by what the process had of a CPU, which other work on
the machine changes less; warm are the following requests, one after the other. Every answer is checked. These figures are this machine's, not cloud latency.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.measure import OUT, machine
from core import DEFAULT_FUNCTIONS
from core.kernel.auth import keys
from core.kernel.functions import load
from tools.package import ROOT, build

EXPECTED = {"message": "Hello Tim"}
WARM = 200
LIBRARIES = ".python_packages/lib/site-packages"
QUEUES = {"aws": "https://sqs.eu-west-2.amazonaws.com/1/", "gcp": "projects/p/topics/", "azure": ""}
ENTRIES = {
    "aws": "from adapters.aws.main import api",
    "gcp": "import functions_framework; from main import api",
    "azure": "import function_app",
}
Ask = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Contender:
    """Code in a folder, as a cloud unpacks it, and the Python that runs it."""

    name: str
    code: Path
    python: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Samples:
    """Seconds of one contender: cold and of that on a CPU, importing its entry likewise, and warm."""

    cold: list[float]
    cold_cpu: list[float]
    entry: list[float]
    entry_cpu: list[float]
    warm: list[float]


def settings(provider: str) -> dict[str, str]:
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


def contenders(provider: str, beside: Sequence[Path], folder: Path) -> list[Contender]:
    """The package of this commit with and without its bytecode, those given, and the handler written by hand."""
    found: list[tuple[str, Path]] = []
    for path in [build(provider, folder / "built").path, *beside]:
        code = folder / f"{len(found)}-{path.stem}"
        with zipfile.ZipFile(path) as archive:
            archive.extractall(code)
        found.append((f"Trefoil ({path.name})" if found else "Trefoil", code))
    bare = folder / "without"
    shutil.copytree(found[0][1], bare, ignore=shutil.ignore_patterns("__pycache__"))
    native = folder / "native"
    native.mkdir()
    name = {"aws": "native.py", "gcp": "main.py", "azure": "function_app.py"}[provider]
    shutil.copy(ROOT / "bench" / "peers" / f"{provider}_native.py", native / name)
    (native / "host.json").write_text('{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}')
    python = runtime(provider, found[0][1], folder)
    if provider == "gcp":  # whose builder compiles our own sources, with what infra/gcp tells it
        own = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
        subprocess.run([python, "-m", "compileall", "-f", "-q", "."], cwd=found[0][1], env=own, check=True)
    subprocess.run([python, "-m", "compileall", "-f", "-q", "."], cwd=native, check=True)
    environment = settings(provider)
    everyone = [found[0], ("the same without bytecode", bare), *found[1:], ("written by hand", native)]
    return [
        Contender(
            name, code, python, {**environment, "PYTHONPATH": os.pathsep.join((str(code), str(code / LIBRARIES)))}
        )
        for name, code in everyone
    ]


def runtime(provider: str, code: Path, folder: Path) -> str:
    """A Python 3.13 with nothing but the cloud's runtime; on Google Cloud with the package's wheels. Takes a minute."""
    base = os.environ.get("PYTHON313") or shutil.which("python3.13")
    if not base:
        raise SystemExit("there is no Python 3.13, which packages are for; set PYTHON313 to one")
    subprocess.run([base, "-m", "venv", str(folder / "runtime")], check=True)
    python = str(folder / "runtime" / "bin" / "python")
    wanted = ["-r", str(ROOT / "requirements" / f"runtime-{provider}.txt")]
    if provider == "gcp":
        wanted = ["--no-index", "--find-links", str(code / "wheels"), "-r", str(code / "requirements.txt")]
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes"]
    subprocess.run([*pip, *wanted], check=True)
    return python


@contextmanager
def aws(contender: Contender) -> Iterator[tuple[Ask, int]]:
    from bench.lambda_runtime import LambdaSandbox

    event = json.loads((ROOT / "tests/events/aws/api/http-api-get.json").read_text())
    handler = "native.handler" if (contender.code / "native.py").exists() else "adapters.aws.main.api"
    sandbox = LambdaSandbox(handler, contender.environment, python=contender.python, folder=contender.code)
    try:
        yield lambda: json.loads(sandbox.invoke(event)[0]["body"]), sandbox.pid
    finally:
        sandbox.close()


@contextmanager
def gcp(contender: Contender) -> Iterator[tuple[Ask, int]]:
    from tests.beds.processes import begin, end, free_port

    port = free_port()
    command = [contender.python, "-m", "functions_framework", "--target", "api", "--source", "main.py"]
    process = begin(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        cwd=contender.code,
        env={**os.environ, **contender.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield asking(f"http://127.0.0.1:{port}"), process.pid
    finally:
        end(process)


@contextmanager
def azure(contender: Contender) -> Iterator[tuple[Ask, int]]:
    from tests.beds.azure.functions_host import FunctionsHost

    host = FunctionsHost(contender.code, contender.environment, python=contender.python)
    try:
        yield asking(host.url), host.pid
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


def spent(process: int) -> float:
    """Seconds that a process, its threads and its children have had a CPU. https://docs.kernel.org/scheduler/sched-stats.html"""
    own = 0.0
    for thread in Path(f"/proc/{process}/task").iterdir():
        own += int((thread / "schedstat").read_text().split()[0]) / 1e9
        own += sum(spent(int(child)) for child in (thread / "children").read_text().split())
    return own


def measure(provider: str, contender: Contender) -> tuple[float, float, list[float]]:
    """Seconds, and those of them on a CPU, from the start of the process to the first answer; those of each warm one."""
    begun = time.perf_counter()
    with RUNTIMES[provider](contender) as (ask, process):
        assert ask() == EXPECTED
        cold, cpu = time.perf_counter() - begun, spent(process)
        warm: list[float] = []
        for _ in range(WARM):
            asked = time.perf_counter()
            answer = ask()
            warm.append(time.perf_counter() - asked)
            assert answer == EXPECTED
    return cold, cpu, warm


def importing(contender: Contender, statement: str) -> tuple[float, float]:
    """Wall and CPU seconds that a new interpreter takes for it."""
    own = {**os.environ, "AWS_REGION": "eu-west-2", **contender.environment}
    begun = time.perf_counter()
    process = subprocess.Popen([contender.python, "-c", statement], env=own, cwd=contender.code)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, statement
    return time.perf_counter() - begun, usage.ru_utime + usage.ru_stime


def run(provider: str, rounds: int, beside: Sequence[Path] = ()) -> None:
    """Measure, print a table, and keep the samples."""
    with tempfile.TemporaryDirectory(prefix="trefoil-bench-") as name:
        everyone = contenders(provider, beside, Path(name))
        samples = {one.name: Samples([], [], [], [], []) for one in everyone}
        for number in range(rounds + 1):
            for one in everyone:
                taken = samples[one.name]
                cold, cpu, warm = measure(provider, one)
                bare = importing(one, "pass")
                entry = importing(one, ENTRIES[provider]) if one is not everyone[-1] else bare
                if number:  # the first round fills the disk's cache
                    taken.cold.append(cold)
                    taken.cold_cpu.append(cpu)
                    taken.entry.append(entry[0] - bare[0])
                    taken.entry_cpu.append(entry[1] - bare[1])
                    taken.warm.extend(warm)
    print(f"\n{provider}: hello, {machine()}; packages run in Python 3.13; {rounds} processes each, in turn\n")
    print("| | cold ms | x | on a CPU ms | x | import ms | on a CPU ms | warm p50 ms | p95 ms |")
    print("|---|---|---|---|---|---|---|---|---|")
    native = samples[everyone[-1].name]
    for who, taken in samples.items():
        cold, cpu, entry_wall, entry_cpu = (
            statistics.median(values) * 1000 for values in (taken.cold, taken.cold_cpu, taken.entry, taken.entry_cpu)
        )
        ratios = cold / statistics.median(native.cold) / 1000, cpu / statistics.median(native.cold_cpu) / 1000
        line = (
            f"| {who} | {cold:.0f} | {ratios[0]:.2f} | {cpu:.0f} | {ratios[1]:.2f} | {entry_wall:.0f} | {entry_cpu:.0f}"
        )
        print(f"{line} | {percentile(taken.warm, 0.5):.2f} | {percentile(taken.warm, 0.95):.2f} |")
    OUT.mkdir(exist_ok=True)
    raw = {"machine": machine(), "samples": {who: asdict(taken) for who, taken in samples.items()}}
    (OUT / f"cold-{provider}.json").write_text(json.dumps(raw) + "\n")


def aws_imports() -> None:
    """Importing the handler, from its sources and compiled, against FastAPI with Mangum and a client."""
    os.environ.update(settings("aws"), AWS_REGION="eu-west-2")
    here = Contender("", ROOT, sys.executable, {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""})
    ours, theirs = (
        statistics.median(importing(here, statement)[0] - importing(here, "pass")[0] for _ in range(15))
        for statement in (ENTRIES["aws"], "import bench.peers.aws_fastapi, boto3; boto3.client('s3', 'eu-west-2')")
    )
    ratio = f"{ours / theirs:.2f} x"
    print(f"\nimport: {ours * 1e3:.0f} ms, FastAPI + Mangum + boto3 client {theirs * 1e3:.0f} ms: {ratio}")


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cold")
    parser.add_argument("provider", choices=list(RUNTIMES))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--beside", type=Path, action="append", default=[], help="a package to measure beside")
    options = parser.parse_args()
    run(options.provider, options.rounds, options.beside)
    if options.provider == "aws":
        aws_imports()


if __name__ == "__main__":
    main()
