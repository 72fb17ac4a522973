"""The variables that a deployment is configured by: the kernel's and those of the company's function set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from adapters.local import bootstrap
from core import DEFAULT_FUNCTIONS
from core.kernel import config
from core.kernel.config import Variable
from core.kernel.functions import load
from tools.docs.tables import code, table

ROOT = Path(__file__).parents[2]
SERVER = "the server's URL"
_NAMESPACE = re.compile(r'logs\.logger\("(\w+)"\)')


def variables() -> str:
    local = _local()
    rows = [
        (code(one.name), one.meaning, one.default or "has to be set", local.get(one.name, "the same"))
        for one in declared()
    ]
    said = ", ".join(map(code, namespaces()))
    return (
        table(("variable", "meaning", "where it is not set", "default of `trefoil`"), rows)
        + f"\nThe namespaces of `TREFOIL_DEBUG` that have debug lines: {said}.\n"
    )


def declared() -> list[Variable]:
    """The kernel's, then the set's own, which lie beside what reads them."""
    settings = load(DEFAULT_FUNCTIONS).settings
    module = settings.partition(":")[0] if isinstance(settings, str) else getattr(settings, "__module__", "")
    return [*config.VARIABLES, *import_module(module).VARIABLES]


def _local() -> dict[str, str]:
    """What the local provider sets by itself, by asking it."""
    folder = Path("/FOLDER")
    given = bootstrap.environment(folder, SERVER, given={})
    return {
        name: SERVER if value == SERVER else code(value.replace(folder.as_uri(), "FOLDER"))
        for name, value in given.items()
    }


def namespaces() -> list[str]:
    """Those of the modules that write debug lines."""
    return sorted({name for text in _sources() if "logs.debug(" in text for name in _NAMESPACE.findall(text)})


def _sources() -> Iterator[str]:
    for package in ("core", "adapters"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.read_text()
