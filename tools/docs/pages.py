"""Which page has which part, and what a page is with its parts as they should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tools.docs import api, capabilities, commands, configuration

DOCS = Path(__file__).parents[2] / "docs"
PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "configuration.md": {"variables": configuration.variables},
    "commands.md": {"sessions": commands.sessions, "trefoil": commands.trefoil},
    "api.md": {"problems": api.problems, "routes": api.routes, "types": api.types},
    "capabilities.md": {
        "functions": capabilities.functions,
        "capabilities": capabilities.capabilities,
        "inputs": capabilities.inputs,
        "outputs": capabilities.outputs,
    },
}
_PART = re.compile(r"(<!-- (\w+): written by `python -m tools\.docs --write` -->\n).*?(<!-- end -->)", re.DOTALL)


def made(name: str, text: str) -> str:
    """The page with each of its parts made anew. Raises `ValueError` when it has other parts than `PARTS` says."""
    parts = PARTS[name]
    found = [part for _, part, _ in _PART.findall(text)]
    if sorted(found) != sorted(parts):
        raise ValueError(f"docs/{name} has the parts {', '.join(found) or 'none'}, and not {', '.join(parts)}")
    return _PART.sub(lambda match: f"{match[1]}\n{parts[match[2]]().rstrip()}\n\n{match[3]}", text)


def stale() -> Iterator[tuple[Path, str]]:
    """Each page that is not what its declarations say, with what it should be."""
    for name in PARTS:
        path = DOCS / name
        text = path.read_text()
        if (wanted := made(name, text)) != text:
            yield path, wanted
