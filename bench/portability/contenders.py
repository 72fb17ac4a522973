"""Who does `hello` and the read on each cloud, built as it is deployed.

`native` is written by hand for the runtime, with the cloud's official SDK and PyJWT; `trefoil` is the package that
`nox -s package` makes; the others are what a user would take instead (`bench/peers`). All run in one Python 3.13 a
cloud, made from `requirements/bench-PROVIDER.txt`, whose libraries have bytecode, as Trefoil's package has. Of the
frameworks only Powertools writes a line about each request, as Trefoil does: the others have no customary one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.portability import sizes
from bench.runtimes import PEERS, Contender, settings
from bench.stand_ins import BUCKET, STORES
from core.kernel.auth.keys import Keyring
from core.kernel.clock import system_clock
from tools.package import ROOT, build

HELLO, READ = "hello", "read"
WORKLOADS = (HELLO, READ)
NATIVE, TREFOIL = "native", "trefoil"
ENTRIES = {"aws": ("main.py", "handler"), "gcp": ("main.py", "api"), "azure": ("function_app.py", "app")}
"""The file that each peer is deployed as, and what the runtime looks for in it."""
OURS = {"aws": "adapters.aws.main.api", "gcp": "main.api", "azure": "function_app.app"}
PROVIDED: Mapping[str, tuple[str, ...]] = {"aws": ("awslambdaric", "boto3"), "gcp": (), "azure": ("azure-functions",)}
"""What a cloud's Python has already, with what that requires.

Lambda's has boto3 (https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html), Azure's worker azure-functions;
on Google Cloud functions-framework is deployed by everybody.
"""


@dataclass(frozen=True, slots=True)
class Way:
    """How one writes a function on a cloud: what has to be installed for hello, and for the read besides."""

    name: str
    requires: tuple[str, ...]
    reading: tuple[str, ...]
    shared: tuple[str, ...] = ()
    """Which of `bench/peers` all of its files import."""


_S3, _GCS, _BLOB = (
    ("boto3", "pyjwt[crypto]"),
    ("google-cloud-storage", "pyjwt[crypto]"),
    ("azure-storage-blob", "pyjwt[crypto]"),
)
WAYS: Mapping[str, tuple[Way, ...]] = {
    "aws": (
        Way(NATIVE, (), _S3),
        Way("fastapi", ("fastapi", "mangum"), _S3),
        Way("powertools", ("aws-lambda-powertools",), _S3, ("aws_logging",)),
    ),
    "gcp": (
        Way(NATIVE, ("functions-framework",), _GCS),
        Way("flask", ("functions-framework", "flask"), _GCS),
    ),
    "azure": (
        Way(NATIVE, ("azure-functions",), _BLOB),
        Way("fastapi", ("azure-functions", "fastapi"), _BLOB),
    ),
}
"""But `trefoil`, which all have."""


def modules(provider: str, way: Way, workload: str) -> tuple[str, ...]:
    """Which of `bench/peers` are deployed: the entry first."""
    reading = ("verifying", f"{provider}_reading") if workload == READ else ()
    return (f"{provider}_{way.name}_{workload}", *way.shared, *reading)


def entry_of(provider: str) -> str:
    """`module.name` of a peer."""
    file, name = ENTRIES[provider]
    return f"{file.removesuffix('.py')}.{name}"


@dataclass(frozen=True, slots=True)
class Entrant:
    """A contender for a workload, and the MiB that have to be deployed for it: its code and libraries, no bytecode."""

    workload: str
    way: str
    contender: Contender
    package_mib: float


def entrants(provider: str, folder: Path, store: Mapping[str, str]) -> list[Entrant]:
    """Everybody, built in `folder` where they are not there yet; `store` are the stand-in's variables.

    Takes minutes the first time. Raises `CalledProcessError` when pip fails, or what `tools.package.build` does.
    """
    own = {**settings(provider), **store, "TREFOIL_STORE": STORES[provider]}
    python, code = runtime(provider, folder), package(provider, folder)
    site = next(python.parents[1].glob("lib/python3.*/site-packages"))
    size = sizes.of_package(code, site)
    ours = Contender(TREFOIL, code, str(python), own, OURS[provider])
    found = []
    for workload in WORKLOADS:
        for way in WAYS[provider]:
            peer = Contender(
                way.name,
                _deployed(provider, way, workload, python, folder),
                str(python),
                _peers_settings(own, store),
                entry_of(provider),
            )
            required = (*way.requires, *(way.reading if workload == READ else ()))
            libraries = sizes.closure(site, required) - sizes.closure(site, PROVIDED[provider])
            mib = sizes.of_folder(peer.code) + sizes.of_distributions(site, libraries)
            found.append(Entrant(workload, way.name, peer, mib))
        found.append(Entrant(workload, TREFOIL, ours, size))
    return found


def _peers_settings(own: Mapping[str, str], store: Mapping[str, str]) -> dict[str, str]:
    """The same key, issuer and audience as Trefoil's `own`; the same bucket by the variables of the official SDKs."""
    keyring = Keyring(lambda: own["TREFOIL_SIGNING_KEY"], system_clock)
    told = {
        "ISSUER": own["TREFOIL_ISSUER"],
        "AUDIENCE": own["TREFOIL_AUDIENCE"],
        "JWKS": json.dumps(keyring.jwks()),
        "BUCKET": BUCKET,
        "PYTHONDONTWRITEBYTECODE": own["PYTHONDONTWRITEBYTECODE"],
    }
    if "AWS_REGION" in store:
        told["AWS_DEFAULT_REGION"] = store["AWS_REGION"]  # Lambda sets both, and boto3 reads this one
    if "GOOGLE_BASE_URL" in store:
        told["STORAGE_EMULATOR_HOST"] = store["GOOGLE_BASE_URL"]
        # Else the client asks for the bucket too, in a thread, for traces that nobody collects.
        told["DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"] = "true"
    return {**store, **told}


def _deployed(provider: str, way: Way, workload: str, python: Path, folder: Path) -> Path:
    """A peer's own files as a cloud unpacks them, compiled as Trefoil's package is."""
    code = folder / f"{provider}-{way.name}-{workload}"
    shutil.rmtree(code, ignore_errors=True)
    code.mkdir(parents=True)
    entry, *others = modules(provider, way, workload)
    shutil.copy(PEERS / f"{entry}.py", code / ENTRIES[provider][0])
    for other in others:
        shutil.copy(PEERS / f"{other}.py", code)
    if provider == "azure":
        (code / "host.json").write_text('{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}')
    compile_all(python, code)
    return code


def native_hello(provider: str, python: Path, folder: Path) -> Contender:
    """The handler of hello that is written by hand, alone."""
    (way,) = (one for one in WAYS[provider] if one.name == NATIVE)
    code = _deployed(provider, way, HELLO, python, folder)
    environment = {"PYTHONDONTWRITEBYTECODE": "1"}
    return Contender(NATIVE, code, str(python), environment, entry_of(provider))


def package(provider: str, folder: Path) -> Path:
    """Where the package of this code is unpacked; on Google Cloud our own sources are compiled, as its builder does."""
    code = folder / f"{provider}-{TREFOIL}-{_digest(_sources(provider))}"

    def make() -> None:
        unpacked(build(provider, folder / "built").path, code)
        if provider == "gcp":
            compile_all(runtime(provider, folder), code)

    once(code, make)
    return code


def unpacked(archive: Path, code: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(code)
    return code


def runtime(provider: str, folder: Path) -> Path:
    """A Python 3.13 with the cloud's runtime and the libraries of all contenders but those in Trefoil's package."""
    base = os.environ.get("PYTHON313") or shutil.which("python3.13")
    if not base:
        raise SystemExit("there is no Python 3.13, which packages are for; set PYTHON313 to one")
    lock = ROOT / "requirements" / f"bench-{provider}.txt"
    made = folder / f"{provider}-runtime-{_digest([lock])}"
    python = made / "bin" / "python"

    def make() -> None:
        subprocess.run([base, "-m", "venv", str(made)], check=True)
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes"]
        subprocess.run([*pip, "-r", str(lock)], check=True)

    once(made, make)
    return python


def compile_all(python: Path, code: Path) -> None:
    """Bytecode that is checked by its source's hash, as Google's builder makes it when told so (infra/gcp)."""
    own = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
    subprocess.run([str(python), "-m", "compileall", "-f", "-q", "."], cwd=code, env=own, check=True)


def once(made: Path, make: Callable[[], None]) -> None:
    """Make a folder whole, or anew where that was interrupted."""
    finished = made.with_name(f"{made.name}.finished")
    if not finished.exists():
        shutil.rmtree(made, ignore_errors=True)
        make()
        finished.touch()


def _sources(provider: str) -> Iterator[Path]:
    """Whatever a package is made of: a change of it makes another."""
    for place in (ROOT / "core", ROOT / "adapters" / provider):
        yield from sorted(path for path in place.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    yield ROOT / "requirements" / f"deploy-{provider}.txt"
    yield ROOT / "tools" / "package.py"


def _digest(files: Iterator[Path] | list[Path]) -> str:
    found = hashlib.sha256()
    for path in files:
        found.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return found.hexdigest()[:12]
