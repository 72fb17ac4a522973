"""What a deployment has on each cloud: from the function set's declaration and from infra/*.json."""

from __future__ import annotations

import json

from core import DEFAULT_FUNCTIONS
from core.kernel.functions import load
from tools.docs.tables import code, table
from tools.infra import ROOTS, read_capabilities, read_interface


def functions() -> str:
    rows = (
        (
            code(one.name),
            _trigger(one.trigger.kind, one.trigger.source),
            str(one.memory_mb),
            str(one.timeout_s),
            one.description,
        )
        for one in load(DEFAULT_FUNCTIONS).every.values()
    )
    return table(("function", "runs on", "MB", "seconds, at most", "does"), rows)


_RUNS_ON = {
    "http": "requests to {}",
    "authorizer": "each request, where the gateway asks it",
    "object": "a new file under {}",
    "queue": "messages of the queue {}",
    "schedule": "the schedule {} (UTC)",
    "step": "steps of its workflow",
    "dead": "what {} failed at too often",
}


def _trigger(kind: str, source: str) -> str:
    return _RUNS_ON[kind].format(code(source))


def capabilities() -> str:
    rows = ((one["capability"], *(_resources(one[root]) for root in ROOTS)) for one in read_capabilities())
    return table(("what", *ROOTS.values()), rows)


def _resources(addresses: list[str]) -> str:
    """The kinds of resource, each once."""
    return ", ".join(code(kind) for kind in dict.fromkeys(address.partition(".")[0] for address in addresses))


def inputs() -> str:
    rows = (
        (
            code(one["name"]),
            code(one["type"]),
            code(json.dumps(one["default"])) if "default" in one else "required",
            one["description"],
        )
        for one in read_interface()["variables"]
    )
    return table(("input", "type", "default", "meaning"), rows)


def outputs() -> str:
    return table(("output", "is"), ((code(one["name"]), one["description"]) for one in read_interface()["outputs"]))
