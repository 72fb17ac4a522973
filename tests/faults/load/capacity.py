"""How many requests at once each provider is stated to answer, read from where that is stated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contract.system import Harness

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Capacity:
    at_once: int
    """Requests that are all answered when they come at once."""
    stated: str
    """Where that is said."""
    beyond: str
    """What becomes of more."""
    tells: bool = True
    """Whether who is refused is told when to ask again."""
    clients: int = 16
    """Who ask without end keep every thread of the runtime busy."""


def of(provider: str) -> Capacity:
    return {"local": _local, "aws": _aws, "gcp": _gcp, "azure": _azure}[provider]()


@contextmanager
def limited(harness: Harness, capacity: Capacity) -> Iterator[None]:
    """Have no more than that at once where the stand-in would start as many processes as there are requests."""
    emulator: Any = getattr(harness, "emulator", None)
    if emulator is None:
        yield
        return
    lambdas = emulator.client("lambda")
    lambdas.put_function_concurrency(FunctionName="api", ReservedConcurrentExecutions=capacity.at_once)
    try:
        yield
    finally:
        lambdas.delete_function_concurrency(FunctionName="api")


def _local() -> Capacity:
    # Here, as the clouds' environments have no uvicorn.
    from adapters.local.http import THREADS, WAITING

    return Capacity(THREADS + WAITING, "adapters/local/http.py: THREADS + WAITING", "503 at once, with Retry-After")


def _aws() -> Capacity:
    at_once = _number("docs/deploy-aws.md", r"a new account runs (\d+) functions at once")
    stated = "docs/deploy-aws.md: functions that a new account runs at once"
    beyond = "429 by the stand-in's gateway, without Retry-After"
    return Capacity(at_once, stated, beyond, tells=False, clients=4)  # each has processes of its own


def _gcp() -> Capacity:
    each = _number("infra/gcp/functions.tf", r'max_instance_request_concurrency = each\.value\.app == "api" \? (\d+)')
    stated = "infra/gcp/functions.tf: max_instance_request_concurrency, times max_instances"
    return Capacity(each * _instances(), stated, "they wait for a thread of the one process")


def _azure() -> Capacity:
    each = _number("infra/azure/functions.tf", r'http_concurrency\s+= each\.key == "api" \? (\d+)')
    least = _number("infra/azure/functions.tf", r"maximum_instance_count = max\((\d+), var\.max_instances\)")
    stated = "infra/azure/functions.tf: http_concurrency, times maximum_instance_count"
    return Capacity(each * max(least, _instances()), stated, "they wait for a thread of the one process")


def _instances() -> int:
    variables = json.loads((ROOT / "infra/interface.json").read_text())["variables"]
    return int(next(one["default"] for one in variables if one["name"] == "max_instances"))


def _number(file: str, pattern: str) -> int:
    found = re.search(pattern, (ROOT / file).read_text())
    assert found, f"{file} does not state it any more: {pattern}"
    return int(found[1])
