"""The bytecode that a cloud's Python would else make of a package's sources at each cold start, and could keep nowhere.

It is made by CPython itself, compiled to WebAssembly (npm's `pyodide`, pinned by the hash in `tools/compiler`): one
compiler, the same bytes on every machine with Node.js, whichever Python builds. A file is loaded unchecked (PEP 552),
so neither its time nor its source is looked at. https://docs.python.org/3/reference/import.html#pyc-invalidation
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tools.node import node, npm_ci

COMPILER = Path(__file__).parent / "compiler"
TAG = "cpython-313"
MAGIC = (3571).to_bytes(2, "little") + b"\r\n"
"""Of all releases of Python 3.13: https://github.com/python/cpython/blob/3.13/Include/internal/pycore_magic_number.h"""
_UNCHECKED = (0b01).to_bytes(4, "little")


class NotCompiled(RuntimeError):
    """A source that Python 3.13 can't read, or a compiler of another Python. The message says which and why."""


def compiled(sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """Where Python looks for the bytecode of each source (`a/__pycache__/b.cpython-313.pyc` for `a/b.py`) -> bytecode.

    Raises `NotCompiled`, `FileNotFoundError` where there is no Node.js, or `RuntimeError` when npm fails.
    """
    with tempfile.TemporaryDirectory(prefix="trefoil-compiler-") as name:
        compiler, package = Path(name, "compiler"), Path(name, "package")
        shutil.copytree(COMPILER, compiler, ignore=shutil.ignore_patterns("node_modules"))
        npm_ci(compiler)
        for source, content in sources.items():
            (package / source).parent.mkdir(parents=True, exist_ok=True)
            (package / source).write_bytes(content)
        command = [str(node()), str(compiler / "compile.mjs"), str(package)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise NotCompiled(f"Python 3.13 can't compile the package: {done.stdout[-2000:]}")
        return {_place(source): _checked(package / _place(source)) for source in sources}


def _place(source: str) -> str:
    path = PurePosixPath(source)
    return str(path.parent / "__pycache__" / f"{path.stem}.{TAG}.pyc")


def _checked(path: Path) -> bytes:
    """What was made, if it is what that Python takes as it is: another one would pass it over, and say nothing."""
    if not path.is_file():
        raise NotCompiled(f"no {path.name} was made: is the compiler in {COMPILER} another Python than 3.13?")
    content = path.read_bytes()
    if content[:8] != MAGIC + _UNCHECKED:
        raise NotCompiled(f"{path.name} begins with {content[:8]!r}, not with {MAGIC + _UNCHECKED!r}")
    return content
