"""The corpus of native events, and the ways in which one can be malformed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[1] / "events"
MAPS = ("headers", "attributes", "args", "carry")
KEY = "incoming/Account17/readings.csv"


def corpus(provider: str) -> list[str]:
    """`FUNCTION/NAME` of every event of a provider."""
    folder = CORPUS / provider
    return sorted(str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.json"))


def load(provider: str, name: str) -> Any:
    return json.loads((CORPUS / provider / f"{name}.json").read_text())


def malformed(event: Any) -> Iterator[tuple[str, Any]]:
    """The event with each of its fields left out, made null, and made of two other types; and no object at all."""
    for path in _paths(event):
        where = ".".join(map(str, path))
        for label, value in (
            ("missing", ...),
            ("null", None),
            ("a number", 5),
            ("a list", [1]),
            ("an object", {"a": 1}),
        ):
            changed = copy.deepcopy(event)
            target = changed
            for step in path[:-1]:
                target = target[step]
            if value is ...:
                del target[path[-1]]
            elif target[path[-1]] == value:
                continue
            else:
                target[path[-1]] = value
            yield f"{where} {label}", changed


def extended(event: Any) -> Any:
    """The event with a field more in every object of it but in maps of text, whose members are no fields."""
    if isinstance(event, dict):
        inner = {name: value if name in MAPS else extended(value) for name, value in event.items()}
        return {**inner, "addedLater": {"by": "the platform"}}
    return [extended(value) for value in event] if isinstance(event, list) else event


def _paths(event: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = event.items() if isinstance(event, dict) else enumerate(event) if isinstance(event, list) else ()
    for name, value in items:
        yield (*path, name)
        yield from _paths(value, (*path, name))
