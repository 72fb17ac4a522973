"""Every command of the project. `nox --list` names them; each installs exactly what it needs."""

from __future__ import annotations

import nox

nox.options.sessions = ["tests", "lint", "types"]
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True


def _install(session: nox.Session, *locks: str) -> None:
    """The locked, hashed dependencies, and nothing else; the project itself runs from this folder."""
    for lock in locks:
        session.install("--require-hashes", "-r", f"requirements/{lock}.txt")
    session.env["PYTHONPATH"] = "."


@nox.session
def demo(session: nox.Session) -> None:
    """The whole system on one machine; `-- --port N`, or `-- --check` to drive it end to end and exit."""
    _install(session, "local")
    session.run("python", "-m", "demo", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Unit and contract tests on the local provider, with coverage of core."""
    _install(session, "test")
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "--durations=5")
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


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
    """Side-by-side benchmarks: `-- ingest`, `-- query`; local figures are not cloud latency."""
    _install(session, "test")
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def invoke(session: nox.Session) -> None:
    """Run one function on a native event: `-- FUNCTION --provider local --event FILE`."""
    _install(session, "local")
    arguments = list(session.posargs)
    if "--provider" in arguments:
        at = arguments.index("--provider")
        provider = arguments[at + 1] if at + 1 < len(arguments) else ""
        if provider != "local":
            session.error(f"--provider {provider!r} is not there yet; there is local")
        del arguments[at : at + 2]
    session.run("python", "-m", "adapters.local", "invoke", *arguments)


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
    local = ["pyproject.toml", "--extra", "local"]
    for name, wanted in (
        ("local", local),
        ("test", [*local, "--group", "test"]),
        ("types", [*local, "--group", "test", "--group", "types"]),
        ("lint", ["--group", "lint"]),
        ("nox", ["--group", "nox"]),
    ):
        session.run("uv", "pip", "compile", *options, *wanted, "-o", f"requirements/{name}.txt", "--upgrade")
