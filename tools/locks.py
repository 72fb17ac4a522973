"""What each file in requirements/ is resolved from, as arguments of `uv pip compile`; `nox -s lock` runs them all."""

from __future__ import annotations

from collections.abc import Iterator

LOCAL = ("--extra", "local")
TELEMETRY = ("--extra", "telemetry")
CLOUDS = ("--extra", "aws", "--extra", "gcp", "--extra", "azure")
SESSIONS: dict[str, tuple[str, ...]] = {
    "local": LOCAL,
    "package": (*LOCAL, "--group", "bill"),
    "test": (*LOCAL, *TELEMETRY, "--group", "test"),
    # With the versions that are tested.
    "bench": (*LOCAL, "--group", "test", "--group", "bench", "--constraint", "requirements/test.txt"),
    "aws": ("--extra", "aws", *TELEMETRY, "--group", "contract", "--group", "aws-bed"),
    "gcp": ("--extra", "gcp", *TELEMETRY, "--group", "contract", "--group", "gcp-bed"),
    "azure": ("--extra", "azure", *TELEMETRY, "--group", "contract", "--group", "azure-bed"),
    "terraform": ("--extra", "aws", *TELEMETRY, "--group", "contract", "--group", "aws-bed", "--group", "terraform"),
    "checkov": ("--group", "checkov"),
    "workflows": ("--group", "workflows"),
    "site": ("--group", "site"),
    "fuzz": (*LOCAL, "--group", "fuzz"),
    "browser": (*LOCAL, *TELEMETRY, "--group", "contract", "--group", "browser"),
    "docs": (*LOCAL, *TELEMETRY, "--group", "contract", "--group", "docs"),
    "engines": (*LOCAL, *TELEMETRY, "--group", "contract", "--group", "engines"),
    "types": (*LOCAL, *TELEMETRY, *CLOUDS, "--group", "test", "--group", "types"),
    "lint": ("--group", "lint"),
    "audit": ("--group", "audit"),
}
"""For any Python from 3.11 on, on any system."""
_HASHED = ("--generate-hashes", "--no-header", "--quiet")
_ANY = ("--universal", "--python-version", "3.11")
_TARGET = ("--python-version", "3.13", "--python-platform", "x86_64-manylinux_2_28", "--only-binary", ":all:")
"""What the clouds run: of what is deployed only wheels are taken."""


def compilations() -> Iterator[tuple[str, ...]]:
    """The arguments of each, but for those that say how new versions may be."""
    for name, wanted in SESSIONS.items():
        yield (*_HASHED, *_ANY, "pyproject.toml", *wanted, *_into(name))
    judge = ("--universal", "--python-version", "3.13", "--prerelease=if-necessary-or-explicit")
    yield (*_HASHED, *judge, "pyproject.toml", "--group", "durable-judge", *_into("durable-judge"))
    # What nox itself needs, beside which the project's own dependencies have no place.
    yield (*_HASHED, *_ANY, *_alone("nox"), *_into("nox"))
    yield (*_HASHED, "--no-deps", "--python-version", "3.13", *_alone("azure-unsupported"), *_into("azure-unsupported"))
    for name in ("aws", "gcp", "azure"):
        yield from _deployed(name)


def _deployed(name: str) -> Iterator[tuple[str, ...]]:
    """What is deployed to a cloud, and the runtimes that it is tried and measured in: the versions that are tested."""
    common = (*_HASHED, *_TARGET, "--constraint", f"requirements/{name}.txt")
    yield (*common, "pyproject.toml", "--extra", name, *TELEMETRY, *_into(f"deploy-{name}"))
    if name != "gcp":  # whose runtime is a dependency of the adapter
        yield (*common, *_alone(f"{name}-runtime"), *_into(f"runtime-{name}"))
    # Google's builder installs the package's libraries beside the runtime; elsewhere they are in it.
    beside = ("pyproject.toml", "--extra", name, *TELEMETRY) if name == "gcp" else ()
    yield (*common, *beside, *_alone(f"bench-{name}"), *_into(f"bench-{name}"))


def _alone(group: str) -> tuple[str, ...]:
    """A group without the project's own dependencies."""
    return ("--group", f"pyproject.toml:{group}")


def _into(name: str) -> tuple[str, ...]:
    return ("-o", f"requirements/{name}.txt")
