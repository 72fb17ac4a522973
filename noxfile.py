"""Every command of the project. `nox --list` names them; each installs exactly what it needs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nox

sys.path.insert(0, str(Path(__file__).parent))  # nox runs in an environment of its own
from tools.locks import compilations
from tools.needs import CHROMIUM, CURL, MEASURED, NGINX, NODE, PYTHON313, TERRAFORM, WORKER, Need, python313
from tools.node import machines_node

nox.options.sessions = ["tests", "lint", "types"]
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True

PROVIDERS = ("local", "aws", "gcp", "azure")
TIDY: Mapping[str, Any] = {"interrupt_timeout": 60, "terminate_timeout": 60}
"""Seconds that what has servers and temporary files gets after Ctrl+C to put them away; nox gives half of one."""
UV = shutil.which("uv", path=Path(sys.executable).parent)  # the locked one, and no other


def _need(session: nox.Session, *needs: Need) -> None:
    """Say what the session takes from this machine, and whether it is there, before anything is installed."""
    missing = []
    for need in needs:
        found = need.find()
        if not found and not need.without:
            missing.append(need)
        missed = f"not here; {need.without or 'it has to be'}. To have it: {need.brings}"
        session.log(f"needs {need.name}: {found or missed}")
    if missing:
        session.error("; ".join(f"there is no {need.name}: {need.brings}" for need in missing))


def _preflight(session: nox.Session, *options: str) -> None:
    """Look at files, tools, versions and login, in seconds, before minutes are spent."""
    looked = [sys.executable, "-m", "tools.preflight", *options, *session.posargs]
    session.run(*looked, external=True, env={"PYTHONPATH": "."})
    _need(session, TERRAFORM, NODE)


def _install(session: nox.Session, *locks: str) -> None:
    """The locked, hashed dependencies, and nothing else; the project itself runs from this folder."""
    session.env["PYTHONPATH"] = _path()
    for lock in locks:
        _locked(session, lock, Path(session.virtualenv.location))


def _path() -> str:
    """Where packages are found: this folder, and those in which `nox -s new` made function sets."""
    known = Path("functions.pth")
    folders = known.read_text().splitlines() if known.exists() else []
    return os.pathsep.join([".", *folders])


def _locked(session: nox.Session, lock: str, environment: Path) -> None:
    """By uv, in a tenth of the time, where nox has it beside it."""
    wanted = ["--require-hashes", "-r", f"requirements/{lock}.txt"]
    python = str(environment / "bin" / "python")
    if UV:
        session.run_install(UV, "pip", "install", "--quiet", "--python", python, *wanted, external=True)
    else:
        session.run_install(python, "-m", "pip", "install", "--quiet", *wanted, external=True)


def _beside(session: nox.Session, lock: str, python: str) -> Path:
    """An environment of its own within the session's, for what has other dependencies than ours."""
    made = Path(session.virtualenv.location).resolve() / lock
    session.run_install(sys.executable, "-m", "virtualenv", "--quiet", "--python", python, str(made), external=True)
    _locked(session, lock, made)
    return made


def _node(session: nox.Session) -> None:
    """Have a Node from PyPI where the machine has none."""
    if not machines_node():
        _install(session, "site")


def _site(session: nox.Session) -> None:
    """Build the site."""
    _node(session)
    session.run("python", "-m", "tools.site")


def _pytest(session: nox.Session, *arguments: str, before: tuple[str, ...] = ("pytest",), name: str = "") -> None:
    """Run pytest, and leave its figures in build/reports for whoever adds them up."""
    report = f"--junitxml=build/reports/{name or session.name}.xml"
    session.run(*before, "--durations=5", "-p", "no:cacheprovider", report, *arguments, external=True, **TIDY)


@nox.session
def site(session: nox.Session) -> None:
    """Type-check and build the site, into web/dist."""
    _need(session, NODE)
    session.env["PYTHONPATH"] = "."
    _site(session)


@nox.session
def demo(session: nox.Session) -> None:
    """The whole system on one machine; `-- --port N`, `--check` to drive it and exit, `--functions NAME` for a set."""
    _need(session, NODE)
    _install(session, "local")
    _site(session)
    session.run("python", "-m", "demo", *session.posargs, **TIDY)


@nox.session
def tests(session: nox.Session) -> None:
    """Unit and contract tests on the local provider, with coverage of core."""
    _need(session, NODE, CURL)
    _install(session, "test")
    _site(session)
    if session.posargs:
        session.run("pytest", *session.posargs, **TIDY)
        return
    session.run("coverage", "erase")
    workers = ("--numprocesses=2", "--dist=loadfile")  # half of the time is waiting
    _pytest(session, *workers, f"--verdicts={_verdicts('local')}", before=("coverage", "run", "-m", "pytest"))
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


def _verdicts(provider: str) -> str:
    """Where a whole run of the contract suite leaves its verdicts, for the parity matrix."""
    return f"build/verdicts/{provider}.json"


def _contract(session: nox.Session, provider: str) -> None:
    """The contract suite inside a provider's runtime, with only that provider's libraries installed."""
    session.env["PYTHON313"] = python313() or ""
    if session.posargs[:1] == ["bench"]:
        what = "requests" if session.posargs[1:2] == ["requests"] else "cold"
        more = session.posargs[2:] if what == "requests" else session.posargs[1:]
        session.run("python", "-m", f"bench.{what}", provider, *more)
        return
    arguments = session.posargs or [
        f"--verdicts={_verdicts(provider)}",
        "tests/contract",
        "tests/stores",
        f"tests/adapters/{provider}",
        "tests/packages",
    ]
    _pytest(session, f"--provider={provider}", *arguments)
    if not session.posargs:  # another function set than the company's, in a process of its own
        _pytest(session, f"--provider={provider}", "tests/examples", name=f"{provider}/hello")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Any bytes as what comes from outside: `-- --seconds N [TARGET ...]`, 60 seconds for each; `--list` names them."""
    _install(session, "fuzz")
    session.env["PYTHONPATH"] = "."
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Kills, stores that fail, and load, in every provider's runtime; `-- --long` by hand (docs/faults.md)."""
    _everywhere(session, "tests/faults")


@nox.session
def abuse(session: nox.Session) -> None:
    """Strangers' requests, files and events, in every provider's runtime; `-- --long` by hand (docs/faults.md)."""
    session.env["SCHEMATHESIS"] = str(Path(session.virtualenv.location) / "bin" / "schemathesis")
    _everywhere(session, "tests/abuse")


def _everywhere(session: nox.Session, folder: str) -> None:
    """The cases of a folder on each provider; the session's arguments go to pytest, `--provider P` picks one."""
    _need(session, PYTHON313, NODE)
    _install(session, "test")
    _node(session)
    session.env["PYTHONPATH"] = str(Path.cwd())
    given = session.posargs
    wanted = given[given.index("--provider") + 1 :][:1] if "--provider" in given else PROVIDERS
    folders = [] if any(one.startswith("tests/") for one in given) else [folder]
    for provider, python in _environments(session, wanted):
        chosen = (*given, f"--provider={provider}", *folders)
        _pytest(session, *chosen, before=(str(python), "-m", "pytest"), name=f"{session.name}/{provider}")


@nox.session
def browser(session: nox.Session) -> None:
    """The site in a real Chromium; screenshots go to build/screenshots. `-- bench`: time to the first chart."""
    _need(session, NODE, CHROMIUM)
    _install(session, "browser")
    _site(session)
    if session.posargs[:1] == ["bench"]:
        session.run("python", "-m", "bench.first_chart", *session.posargs[1:], **TIDY)
        return
    _pytest(session, *(session.posargs or ["tests/browser"]))


@nox.session
def pictures(session: nox.Session) -> None:
    """README's pictures of the site and of the API's page, made from the demo, into docs/images: look at them."""
    _need(session, NODE, CHROMIUM)
    _install(session, "browser")
    _site(session)
    session.run("python", "-m", "tools.pictures", **TIDY)


@nox.session
def engines(session: nox.Session) -> None:
    """DuckDB, Polars and Daft, also on Ray, read the readings table where it lies."""
    _install(session, "engines")
    _pytest(session, *(session.posargs or ["tests/engines"]))


@nox.session
def aws(session: nox.Session) -> None:
    """The contract suite in awslambdaric, with an emulator for gateway, S3, SQS and the rest."""
    _need(session, PYTHON313, NODE, CURL)
    _install(session, "aws")
    _node(session)
    _contract(session, "aws")


@nox.session
def gcp(session: nox.Session) -> None:
    """The contract suite in functions-framework, with stand-ins for Cloud Storage and Pub/Sub."""
    _need(session, PYTHON313, CURL)
    _install(session, "gcp")
    if session.posargs[:1] != ["bench"]:
        _workflows(session)
    _contract(session, "gcp")


def _workflows(session: nox.Session) -> None:
    """The emulator of Workflows, in an environment of its own."""
    emulator = _beside(session, "workflows", sys.executable)
    session.env["WORKFLOWS_EMULATOR"] = str(emulator / "bin" / "python")


@nox.session(python=python313())
def azure(session: nox.Session) -> None:
    """The contract suite in azure-functions-runtime (Python 3.13), with a stand-in for the host, and Azurite."""
    _need(session, WORKER, NODE, CURL)
    _install(session, "azure")
    if python313() is None:
        unsupported = ["--require-hashes", "-r", "requirements/azure-unsupported.txt"]
        session.install("--no-deps", "--ignore-requires-python", *unsupported)
    _azurite(session, Path(session.virtualenv.location) / "bin" / "python")
    if python := python313():
        session.env["DURABLE_JUDGE"] = str(_beside(session, "durable-judge", python) / "bin" / "python")
    _contract(session, "azure")


def _azurite(session: nox.Session, python: Path) -> None:
    """Azurite by its lock, started by the Node that this Python's environment has."""
    azurite = Path(session.virtualenv.location).resolve() / "azurite"
    azurite.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(Path("tests/beds/azure", name), azurite)
    session.run(str(python), "-m", "tests.beds.azure.azurite", str(azurite), external=True)
    session.env["AZURITE"] = str(azurite)


@nox.session
def contract(session: nox.Session) -> None:
    """The contract suite against a deployed system: `-- --url https://... --user ADMIN [--store s3://...]`."""
    if not session.posargs:
        session.error("give --url https://... and --user ADMIN; see docs/design.md")
    _install(session, "test")
    session.run("pytest", "-p", "no:cacheprovider", "--provider=deployed", *session.posargs, "tests/contract")


@nox.session
def parity(session: nox.Session) -> None:
    """Write docs/parity.md and docs/parity.json from the last runs of the four providers; `-- --check` compares."""
    session.run("python", "-m", "tests.contract.parity", *session.posargs, env={"PYTHONPATH": "."})


@nox.session
def package(session: nox.Session) -> None:
    """The deployable zip, reproducible to the byte: `-- aws`, `gcp`, `azure`; `--functions NAME` for another set."""
    _need(session, NODE)
    _install(session, "package")
    _node(session)
    session.run("python", "-m", "tools.package", *session.posargs)


@nox.session
def new(session: nox.Session) -> None:
    """A function set of one's own, from examples/hello: `-- FOLDER NAME` (docs/first-function.md)."""
    session.run("python", "-m", "tools.new", *session.posargs, env={"PYTHONPATH": _path()})


@nox.session
def terraform(session: nox.Session) -> None:
    """Terraform's roots: form, validity, parity, plans, checkov; `-- --apply aws` makes one on an emulator."""
    _need(session, TERRAFORM, NODE, *([] if session.posargs else [NGINX]))
    _install(session, "terraform")
    _site(session)
    if session.posargs == ["--write-plans"]:
        _pytest(session, "tests/infra/test_plans.py", *session.posargs, name="terraform-plans")
        return
    if session.posargs == ["--apply", "aws"]:
        # The root that Terraform made passes the suite, and is then changed, mended and destroyed.
        applied = ["--provider=terraform_aws", "tests/contract", "tests/infra/test_applied.py"]
        _pytest(session, *applied, name="terraform-apply")
        return
    if session.posargs:
        session.error("give nothing, --write-plans, or --apply aws: no emulator here takes the other clouds' resources")
    session.env["CHECKOV"] = str(_beside(session, "checkov", sys.executable) / "bin" / "checkov")
    _pytest(session, "tests/infra", "--ignore=tests/infra/test_applied.py")


@nox.session
def deploy(session: nox.Session) -> None:
    """Deploy, then run the contract suite there: `-- aws` (docs/deploy-*.md); `--yes` where nobody can be asked."""
    _preflight(session)
    _install(session, "terraform")
    _site(session)
    session.run("python", "-m", "tools.deploy", *session.posargs)


@nox.session
def destroy(session: nox.Session) -> None:
    """Remove a deployment: `-- aws`."""
    _preflight(session, "--destroy")
    _install(session, "terraform")
    _site(session)  # which the plan looks at, even to remove it
    session.run("python", "-m", "tools.deploy", "--destroy", *session.posargs)


@nox.session
def restore(session: nox.Session) -> None:
    """Put a bucket back to a time: `-- s3://BUCKET --at 2026-11-20T02:00:00Z`, or gs://; only with `--yes` it does."""
    scheme = next((one.partition("://")[0] for one in session.posargs if "://" in one), "none")
    if scheme not in ("s3", "gs"):
        session.error("give s3://BUCKET or gs://BUCKET, and --at; on Azure it is az storage blob restore")
    _install(session, {"s3": "aws", "gs": "gcp"}[scheme])
    session.run("python", "-m", "tools.restore", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, and the rules about who may import whom."""
    _install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-cache")


@nox.session
def types(session: nox.Session) -> None:
    """mypy, strict."""
    _install(session, "types")
    session.run("mypy")


@nox.session
def bench(session: nox.Session) -> None:
    """The portability benchmark; `-- --quick` in three minutes, `-- ingest`, `-- query` ... alone (bench/README.md)."""
    name = next(iter(session.posargs), "-").strip()
    if name == "path":  # beside frameworks for AWS
        session.env["PYTHONPATH"] = _path()
        python = _beside(session, "aws", sys.executable) / "bin" / "python"
        session.run(str(python), "-m", "bench.path", *session.posargs[1:], external=True)
        return
    whole = name.startswith("-")
    _need(session, *([MEASURED, NODE] if whole or name == "cold" else []))
    _install(session, "bench")
    if whole:
        pythons = [f"--python={provider}={python}" for provider, python in _environments(session)]
        session.run("python", "-m", "bench.portability", *pythons, *session.posargs, **TIDY)
        return
    if name == "cold":
        _node(session)
        session.env["PYTHON313"] = python313() or ""
    session.run("python", "-m", "bench", *session.posargs)


def _environments(session: nox.Session, wanted: Iterable[str] = PROVIDERS) -> Iterator[tuple[str, Path]]:
    """Each of these providers, and the Python of an environment of its own for its runtime: all of one version."""
    session.env["PYTHON313"] = python313() or ""
    python = session.env["PYTHON313"] or sys.executable
    for provider in wanted:
        if provider == "azure" and not session.env["PYTHON313"]:
            continue
        made = _beside(session, "test" if provider == "local" else provider, python) / "bin" / "python"
        if provider == "gcp":
            _workflows(session)
        if provider == "azure":
            _azurite(session, made)
        yield provider, made


@nox.session
def workflow(session: nox.Session) -> None:
    """Workflows before they are deployed: `-- cost`, `-- draw`, `-- write`; `--functions NAME` for another set."""
    _install(session, "local")
    session.run("python", "-m", "tools.workflows", *session.posargs)


@nox.session
def invoke(session: nox.Session) -> None:
    """Run one function on a native event: `-- FUNCTION --provider P --event FILE`, of a set `--functions NAME`."""
    wanted = [one for one in ("aws", "gcp", "azure") if one in session.posargs]
    _install(session, wanted[0] if wanted else "local")
    session.run("python", "-m", "tools.invoke", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Resolve the dependencies anew and write requirements/*.txt with hashes."""
    if not UV:
        session.error("there is no uv beside nox: pip install --require-hashes -r requirements/nox.txt")
    for arguments in compilations():
        session.run(UV, "pip", "compile", *arguments, "--upgrade", external=True)
