"""MiB that have to be deployed, without bytecode: from the files themselves, and from the lists that wheels bring.

A distribution's RECORD names each of its files with its size
(https://packaging.python.org/specifications/recording-installed-packages/).
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MIB = 1024 * 1024
TARGET = {"python_version": "3.13", "python_full_version": "3.13.0", "sys_platform": "linux"}
"""Of what is installed, whatever Python looks at it."""


class NotInstalled(Exception):
    """A distribution that is required is not there; the message names it and the place."""


def closure(site: Path, requirements: Iterable[str]) -> set[str]:
    """The names of the distributions in `site` that these requirements bring, themselves too.

    Raises `NotInstalled`.
    """
    known = _installed(site)
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(requirements)
    while waiting:
        text = waiting.pop()
        if text in seen:
            continue
        seen.add(text)
        one = Requirement(text)
        name = canonicalize_name(one.name)
        if name not in known:
            raise NotInstalled(f"{text} is required, but not in {site}: does its lock have it?")
        found.add(name)
        for required in map(Requirement, known[name].requires or ()):
            extras = ({**TARGET, "extra": extra} for extra in ("", *one.extras))
            if required.marker is None or any(required.marker.evaluate(extra) for extra in extras):
                required.marker = None
                waiting.append(str(required))
    return found


def of_distributions(site: Path, names: Iterable[str]) -> float:
    """MiB of these distributions' files in `site`; commands beside it do not count."""
    known = _installed(site)
    return sum(_bytes(known[name]) for name in names) / MIB


def of_folder(folder: Path, *, but: str = "") -> float:
    """MiB of the files in a folder, but not of those in its folder `but`."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files if not _left_out(path.relative_to(folder).parts, but)) / MIB


def of_package(code: Path, site: Path) -> float:
    """MiB of Trefoil's package. Where it brings its libraries as wheels: of them as they are installed in `site`."""
    wheels = code / "wheels"
    if not wheels.is_dir():
        return of_folder(code)
    names = {canonicalize_name(wheel.name.partition("-")[0]) for wheel in wheels.iterdir()}
    return of_folder(code, but="wheels") + of_distributions(site, names)


def _left_out(parts: tuple[str, ...], but: str) -> bool:
    return "__pycache__" in parts or parts[0] == but


def _bytes(distribution: Distribution) -> int:
    files = distribution.files or ()
    return sum(file.size or 0 for file in files if not {"..", "__pycache__"}.intersection(file.parts))


def _installed(site: Path) -> dict[str, Distribution]:
    return {canonicalize_name(one.metadata["Name"]): one for one in distributions(path=[str(site)])}
