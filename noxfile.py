"""Every command of the project. `nox --list` names them; each installs exactly what it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import nox

nox.options.sessions = ["tests", "lint", "types"]
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True

# What the Azure session takes where there is no Python 3.13.
UNSUPPORTED = ("azure-functions-runtime==1.3.0", "azure-functions==2.3.0", "azurefunctions-extensions-base==1.2.0")


def _install(session: nox.Session, *locks: str) -> None:
    """The locked, hashed dependencies, and nothing else; the project itself runs from this folder."""
    for lock in locks:
        session.install("--require-hashes", "-r", f"requirements/{lock}.txt")
    session.env["PYTHONPATH"] = "."


def _site(session: nox.Session) -> None:
    """Build the site, with a Node from PyPI where the machine has none."""
    if not (shutil.which("node") and shutil.which("npm")):
        session.install("--require-hashes", "-r", "requirements/site.txt")
    session.run("python", "-m", "tools.site")


@nox.session
def site(session: nox.Session) -> None:
    """Type-check and build the site, into web/dist."""
    session.env["PYTHONPATH"] = "."
    _site(session)


@nox.session
def demo(session: nox.Session) -> None:
    """The whole system on one machine; `-- --port N`, or `-- --check` to drive it end to end and exit."""
    _install(session, "local")
    _site(session)
    session.run("python", "-m", "demo", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Unit and contract tests on the local provider, with coverage of core."""
    _install(session, "test")
    _site(session)
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "--durations=5", f"--verdicts={_verdicts('local')}")
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


def _verdicts(provider: str) -> str:
    """Where a whole run of the contract suite leaves its verdicts, for the parity matrix."""
    return f"build/verdicts/{provider}.json"


def _contract(session: nox.Session, provider: str) -> None:
    """The contract suite inside a provider's runtime, with only that provider's libraries installed."""
    if session.posargs[:1] == ["bench"]:
        session.run("python", "-m", "bench.cold", provider, *session.posargs[1:])
        return
    arguments = session.posargs or [
        f"--verdicts={_verdicts(provider)}",
        "tests/contract",
        "tests/stores",
        f"tests/adapters/{provider}",
        "tests/packages",
    ]
    session.env["PYTHON313"] = _python313() or ""
    session.run("pytest", "--durations=5", "-p", "no:cacheprovider", f"--provider={provider}", *arguments)


@nox.session
def browser(session: nox.Session) -> None:
    """The site in a real Chromium; screenshots go to build/screenshots."""
    _install(session, "browser")
    _site(session)
    session.run("pytest", "--durations=5", "-p", "no:cacheprovider", *(session.posargs or ["tests/browser"]))


@nox.session
def aws(session: nox.Session) -> None:
    """The contract suite in awslambdaric, with an emulator for gateway, S3, SQS and the rest."""
    _install(session, "aws")
    _contract(session, "aws")


@nox.session
def gcp(session: nox.Session) -> None:
    """The contract suite in functions-framework, with stand-ins for Cloud Storage and Pub/Sub."""
    _install(session, "gcp")
    _contract(session, "gcp")


def _python313() -> str | None:
    """A Python 3.13, which Azure's worker needs; pyenv's shims don't answer for it, so its versions are looked at."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for found in (shutil.which("python3.13"), *sorted(map(str, versions.glob("3.13*/bin/python3.13")))):
        if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return found
    return None


@nox.session(python=_python313())
def azure(session: nox.Session) -> None:
    """The contract suite in azure-functions-runtime (Python 3.13), with a stand-in for the host, and Azurite."""
    _install(session, "azure")
    if _python313() is None:
        session.warn("there is no Python 3.13: the worker runs on this one, which Microsoft does not support")
        session.install("--no-deps", "--ignore-requires-python", *UNSUPPORTED)
    azurite = Path(session.virtualenv.location).resolve() / "azurite"
    azurite.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(Path("tests/beds/azure", name), azurite)
    session.run("python", "-m", "tests.beds.azure.azurite", str(azurite))
    session.env["AZURITE"] = str(azurite)
    _contract(session, "azure")


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
    _install(session, "nox")
    session.run("python", "-m", "tests.contract.parity", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """The deployable zip, reproducible to the byte: `-- aws`, `gcp` or `azure`, or several; into dist/."""
    session.run("python", "-m", "tools.package", *session.posargs, env={"PYTHONPATH": "."})


@nox.session
def terraform(session: nox.Session) -> None:
    """Terraform's roots: form, validity, parity, plans, checkov; `-- --apply aws` makes and uses one on an emulator."""
    _install(session, "terraform")
    _site(session)
    if session.posargs == ["--apply", "aws"]:
        # The root that Terraform made passes the suite, and is then changed, mended and destroyed.
        applied = ["--provider=terraform_aws", "tests/contract", "tests/infra/test_applied.py"]
        session.run("pytest", "--durations=5", "-p", "no:cacheprovider", *applied)
        return
    if session.posargs:
        session.error("give nothing, or --apply aws: no emulator here takes the other clouds' resources")
    checkov = Path(session.virtualenv.location).resolve() / "checkov"  # whose dependencies are not ours to mind
    session.run("python", "-m", "venv", str(checkov))
    locked = ["--quiet", "--disable-pip-version-check", "--require-hashes", "-r", "requirements/checkov.txt"]
    session.run(str(checkov / "bin" / "pip"), "install", *locked, external=True)
    session.env["CHECKOV"] = str(checkov / "bin" / "checkov")
    session.run(
        "pytest", "--durations=5", "-p", "no:cacheprovider", "tests/infra", "--ignore=tests/infra/test_applied.py"
    )


@nox.session
def deploy(session: nox.Session) -> None:
    """Deploy, then run the contract suite there: `-- aws` (docs/deploy-*.md)."""
    _install(session, "terraform")
    _site(session)
    session.run("python", "-m", "tools.deploy", *session.posargs)


@nox.session
def destroy(session: nox.Session) -> None:
    """Remove a deployment: `-- aws`."""
    _install(session, "terraform")
    _site(session)  # which the plan looks at, even to remove it
    session.run("python", "-m", "tools.deploy", "--destroy", *session.posargs)


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
    """Side-by-side benchmarks: `-- ingest`, `-- query`, `-- export`; local figures are not cloud latency."""
    _install(session, "test")
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def invoke(session: nox.Session) -> None:
    """Run one function on a native event: `-- FUNCTION --provider P --event FILE` (see tests/events)."""
    wanted = [one for one in ("aws", "gcp", "azure") if one in session.posargs]
    _install(session, wanted[0] if wanted else "local")
    session.run("python", "-m", "tools.invoke", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Resolve the dependencies anew and write requirements/*.txt with hashes."""
    session.install("uv")
    options = [
        "--universal",
        "--generate-hashes",
        "--no-header",
        "--python-version",
        "3.11",
        "--quiet",
        "pyproject.toml",
    ]
    local = ["--extra", "local"]
    clouds = ["--extra", "aws", "--extra", "gcp", "--extra", "azure"]
    for name, wanted in (
        ("local", local),
        ("test", [*local, "--group", "test"]),
        ("aws", ["--extra", "aws", "--group", "contract", "--group", "aws-bed"]),
        ("gcp", ["--extra", "gcp", "--group", "contract", "--group", "gcp-bed"]),
        ("azure", ["--extra", "azure", "--group", "contract", "--group", "azure-bed"]),
        ("terraform", ["--extra", "aws", "--group", "contract", "--group", "aws-bed", "--group", "terraform"]),
        ("checkov", ["--group", "checkov"]),
        ("site", ["--group", "site"]),
        ("browser", [*local, "--group", "contract", "--group", "browser"]),
        ("types", [*local, *clouds, "--group", "test", "--group", "types"]),
        ("lint", ["--group", "lint"]),
        ("nox", ["--group", "nox"]),
    ):
        session.run("uv", "pip", "compile", *options, *wanted, "-o", f"requirements/{name}.txt", "--upgrade")
    # What is deployed, and the runtimes that packages are tried in: the versions that the sessions test.
    target = ["--python-version", "3.13", "--python-platform", "x86_64-manylinux_2_28", "--only-binary", ":all:"]
    for name in ("aws", "gcp", "azure"):
        common = ["--generate-hashes", "--no-header", "--quiet", *target, "--constraint", f"requirements/{name}.txt"]
        deployed = ["pyproject.toml", "--extra", name, "-o", f"requirements/deploy-{name}.txt"]
        session.run("uv", "pip", "compile", *common, *deployed, "--upgrade")
        if name != "gcp":  # whose runtime is a dependency of the adapter
            runtime = ["--group", f"pyproject.toml:{name}-runtime", "-o", f"requirements/runtime-{name}.txt"]
            session.run("uv", "pip", "compile", *common, *runtime, "--upgrade")
