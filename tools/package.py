"""The deployable zip of a cloud: `python -m tools.package aws|gcp|azure [--functions NAME]`, reproducible to the byte.

The libraries are those of `requirements/deploy-PROVIDER.txt`, by their hashes, for Python 3.13 on x86-64 with glibc
2.28, whatever machine builds. A zip holds no time, owner or path of that machine. The manifest beside it has the
SHA-256 of every file, and one of the whole content that does not depend on the compressor: deployments compare that.
The bill of materials beside them, in CycloneDX's form, names the libraries with their versions and hashes.

AWS and Azure run what they are given where nothing can be written, so beside each source lies its bytecode. Google's
builder compiles for itself.

All functions of a cloud share one zip: the API reads tables too, so one without the table engine would not serve it,
and what a function does not import costs it nothing but bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from core import DEFAULT_FUNCTIONS
from core.kernel.config import ConfigError
from core.kernel.functions import FunctionSet
from core.kernel.triggers import Misdeclared
from core.kernel.validation import checked
from tools.bytecode import compiled
from tools.functions import name_of
from tools.options import functions_option

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "core" / "kernel" / "api" / "page"
"""What the API's page is drawn with, beside the Python that serves it."""
PYTHON = "3.13"
# pip takes a tag for just what it says, not for the older ones that it stands for.
PLATFORMS = (*(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)), "manylinux2014_x86_64", "linux_x86_64")
EPOCH = (1980, 1, 1, 0, 0, 0)
MEGABYTE = 1024 * 1024
LAMBDA_LIMIT = 250 * MEGABYTE
"""Unzipped, with layers. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
SPARE = 0.08
# What no function reads: caches, tests, the wheels' own lists, and botocore's descriptions of all services (only its
# signers are used).
_LEFT_OUT = {"__pycache__", "tests", "RECORD"}
_BOTOCORE_DATA = ("botocore", "data")


class TooBig(Exception):
    """A package is beyond its cloud's limit. The message names the largest parts."""


@dataclass(frozen=True, slots=True)
class Package:
    """A zip that was built; sizes in bytes, `content` the SHA-256 of the sorted (name, digest) lines of its files."""

    path: Path
    zipped: int
    unzipped: int
    sha256: str
    content: str


def build(provider: str, folder: Path, functions: str = DEFAULT_FUNCTIONS) -> Package:
    """Build `folder/PROVIDER.zip` with the function set of a package of Python.

    Raises `TooBig`, `ConfigError` or `Misdeclared` for a set that can't run, `CalledProcessError` when pip fails, or
    what `tools.bytecode.compiled` does.
    """
    declared = checked(functions)
    with tempfile.TemporaryDirectory(prefix="trefoil-package-") as name:
        made = Path(name)
        libraries = _libraries(provider, made)
        files = {**dict(_sources(provider)), **dict(_set(functions)), **libraries}
        if provider == "azure":
            files["host.json"] = _host(declared)
        if provider != "gcp":
            files.update(compiled({name: content for name, content in files.items() if name.endswith(".py")}))
        _check(provider, files)
        return _zip(files, folder / f"{provider}.zip")


def _libraries(provider: str, made: Path) -> dict[str, bytes]:
    """Name in the zip -> content. On Google Cloud the wheels as they are: its builder installs them offline."""
    platforms = [part for platform in PLATFORMS for part in ("--platform", platform)]
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--dest", str(made)]
    chosen = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--python-version", PYTHON, *platforms]
    subprocess.run([*pip, *chosen, "-r", f"requirements/deploy-{provider}.txt"], cwd=ROOT, check=True)
    wheels = sorted(made.iterdir())
    if provider == "gcp":
        return {f"wheels/{wheel.name}": wheel.read_bytes() for wheel in wheels}
    where = ".python_packages/lib/site-packages/" if provider == "azure" else ""
    return {where + name: content for wheel in wheels for name, content in _unpacked(wheel)}


def _unpacked(wheel: Path) -> Iterator[tuple[str, bytes]]:
    """What an installer would write to site-packages.

    https://packaging.python.org/specifications/binary-distribution-format/
    """
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            parts = tuple(name.split("/"))
            if parts[0].endswith(".data"):
                if parts[1] not in ("purelib", "platlib"):
                    continue  # scripts and the like
                parts = parts[2:]
            if parts[-1] and not _LEFT_OUT.intersection(parts) and parts[:2] != _BOTOCORE_DATA:
                yield "/".join(parts), archive.read(name)


def _set(functions: str) -> Iterator[tuple[str, bytes]]:
    """The files of the package that declares the function set, and of the packages around it, but not its tests."""
    parents = functions.split(".")
    for number in range(1, len(parents)):
        around = find_spec(".".join(parents[:number]))
        if around is not None and around.origin is not None:
            yield "/".join((*parents[:number], "__init__.py")), Path(around.origin).read_bytes()
    spec = find_spec(functions)
    for place in (spec and spec.submodule_search_locations) or ():
        for path in sorted(Path(place).rglob("*")):
            name = path.relative_to(place)
            hidden = any(part.startswith(".") for part in name.parts)  # keys, or what git and editors keep
            if path.is_file() and not hidden and not _LEFT_OUT.intersection(name.parts):
                yield "/".join((*parents, name.as_posix())), path.read_bytes()


def _sources(provider: str) -> Iterator[tuple[str, bytes]]:
    """The kernel and the adapter of this cloud, and what its platform looks for at the root."""
    for folder in (ROOT / "core" / "kernel", ROOT / "adapters" / provider):
        for path in folder.rglob("*.py"):
            yield path.relative_to(ROOT).as_posix(), path.read_bytes()
    for path in PAGE.rglob("*"):
        if path.is_file():
            yield path.relative_to(ROOT).as_posix(), path.read_bytes()
    for package in ("core", "adapters"):
        yield f"{package}/__init__.py", (ROOT / package / "__init__.py").read_bytes()
    if provider == "gcp":
        yield "main.py", (ROOT / "adapters" / "gcp" / "main.py").read_bytes()
        yield "requirements.txt", (ROOT / "requirements" / "deploy-gcp.txt").read_bytes()
    if provider == "azure":
        yield "function_app.py", b'from adapters.azure.app import app\n\n__all__ = ["app"]\n'


def _host(functions: FunctionSet) -> bytes:
    """host.json, which has one time-out and one number of attempts for all functions: the largest declared."""
    host = json.loads((ROOT / "adapters" / "azure" / "host.json").read_text())
    longest = max(one.timeout_s for one in functions.every.values())
    host["functionTimeout"] = f"00:{longest // 60:02}:{longest % 60:02}"
    host["extensions"]["queues"]["maxDequeueCount"] = max(one.attempts for one in functions.every.values())
    return (json.dumps(host, indent=2) + "\n").encode()


def _check(provider: str, files: Mapping[str, bytes]) -> None:
    """Only Lambda states a limit of its own. https://cloud.google.com/functions/quotas names none for 2nd gen."""
    size = sum(len(file) for file in files.values())
    if provider == "aws" and size > LAMBDA_LIMIT * (1 - SPARE):
        parts: dict[str, int] = {}
        for name, file in files.items():
            parts[name.partition("/")[0]] = parts.get(name.partition("/")[0], 0) + len(file)
        largest = ", ".join(
            f"{part} {parts[part] // MEGABYTE} MB" for part in sorted(parts, key=parts.__getitem__)[-5:]
        )
        raise TooBig(f"{size // MEGABYTE} MB unzipped leave less than {SPARE:.0%} of Lambda's limit free: {largest}")


def _zip(files: Mapping[str, bytes], target: Path) -> Package:
    target.parent.mkdir(parents=True, exist_ok=True)
    digests = {}
    # Level 9 makes 1 % less of it in three times the time.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            content = files[name]
            digests[name] = hashlib.sha256(content).hexdigest()
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # Unix, whatever builds
            entry.external_attr = (0o100755 if ".so" in Path(name).suffixes else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    lines = "".join(f"{name} {digest}\n" for name, digest in digests.items())
    content_digest = hashlib.sha256(lines.encode()).hexdigest()
    manifest = {"content": content_digest, "files": digests}
    target.with_suffix(".manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    unzipped = sum(len(file) for file in files.values())
    whole = hashlib.sha256(target.read_bytes()).hexdigest()
    return Package(target, target.stat().st_size, unzipped, whole, content_digest)


def bill(provider: str, path: Path) -> None:
    """Write what the package of a provider holds of others, with versions and hashes, as CycloneDX 1.6.

    Its own command writes it, checked against the schema, from the lock that `build` takes the libraries from; what is
    no library of Python describes itself in that form, and is added. Raises `CalledProcessError`.
    https://cyclonedx.org/docs/1.6/json/
    """
    command = [str(Path(sys.executable).parent / "cyclonedx-py"), "requirements", "--pyproject", "pyproject.toml"]
    form = ["--output-reproducible", "--validate", "--output-format", "JSON", "--output-file", str(path.resolve())]
    subprocess.run(
        [*command, *form, f"requirements/deploy-{provider}.txt"], cwd=ROOT, check=True, stderr=subprocess.PIPE
    )
    written = json.loads(path.read_text())
    written["components"].append(json.loads((PAGE / "swagger_ui" / "component.json").read_text()))
    path.write_text(json.dumps(written, indent=2) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="nox -s package --", description="Build the deployable zip of a cloud.")
    parser.add_argument("provider", choices=["aws", "gcp", "azure"], nargs="+")
    parser.add_argument("--folder", type=Path, default=ROOT / "dist", help="where to (default: dist)")
    functions_option(parser)
    options = parser.parse_args()
    for provider in options.provider:
        try:
            built = build(provider, options.folder, name_of(options))
            bill(provider, built.path.with_suffix(".cdx.json"))
        except (ConfigError, Misdeclared, TooBig, OSError, RuntimeError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or b""
            print(f"{provider}: {error}{said.decode(errors='replace')}", file=sys.stderr)
            return 1
        sizes = f"{built.zipped / MEGABYTE:.1f} MB, unzipped {built.unzipped / MEGABYTE:.1f} MB"
        print(f"{built.path}: {sizes}, sha256 {built.sha256}, content {built.content}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
