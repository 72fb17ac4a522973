"""A provider's system in its genuine runtime, for a benchmark that is another process, in another environment.

`python -m bench.portability.bed PROVIDER`, with the libraries of that provider's session. It says on its standard
output where it is, as one line of JSON, and then answers one line for each that it is told, until its input ends.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core import DEFAULT_FUNCTIONS
from core.energy.actions import ACTIONS
from core.energy.trading import products
from core.kernel.auth import access, users
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.store import Store
from demo.weather import WeatherStandIn
from tests.beds.deployment import Deployment
from tools.waiting import eventually

USER, PASSWORD = "bench", "a-password-of-the-benchmark"
PRODUCTS = tuple(
    {"id": name, "name": name, "description": "", "currency": "GBP", "unit_rate": rate, "standing_charge": "0.5312"}
    for name, rate in (("flat", "0.2450"), ("dear", "0.3175"))
)
"""Two, so that a month can be settled again by the other."""
ASKED = "forecast asked for"
"""What the schedule's function logs when it has begun and asked for its job."""
KINDS: Mapping[str, str] = {
    "local": "trefoil serve",
    "aws": "awslambdaric behind ministack",
    "gcp": "functions-framework, with stand-ins for Cloud Storage and Pub/Sub",
    "azure": "azure-functions-runtime behind a stand-in for the host, with Azurite",
}
VERSIONS: Mapping[str, tuple[str, ...]] = {
    "local": ("uvicorn",),
    "aws": ("awslambdaric", "ministack", "boto3"),
    "gcp": ("functions-framework", "google-cloud-storage", "workflows-emulator"),
    "azure": ("azure-functions", "azure-functions-runtime"),
}


def fill(store: Store) -> None:
    """A user who may do everything on every account, and the products."""
    documents = Documents(store)
    users.save(documents, system_clock, USER, PASSWORD)
    for action in ACTIONS:
        access.grant(documents, USER, action, "*")
    for product in PRODUCTS:
        products.save(documents, product)


def versions(provider: str) -> dict[str, str]:
    """Of what answers, in this environment."""
    found = {"python": sys.version.split()[0]}
    for name in (*VERSIONS[provider], "deltalake", "obstore"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def fire(harness: Any, function: str) -> float:
    """Deliver the native event of a schedule; seconds until the function has done what it does."""

    def asked() -> list[str]:
        return sorted(line["time"] for line in harness.logs() if line.get("message") == ASKED)

    before, at = len(asked()), time.time()
    harness.fire(function)
    times = eventually("the schedule's function", lambda: found if len(found := asked()) > before else [], every=0.02)
    return datetime.fromisoformat(times[-1]).timestamp() - at


def main() -> None:
    provider = sys.argv[1]
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever else is printed is no answer
    with tempfile.TemporaryDirectory(prefix=f"trefoil-bench-{provider}-") as name, closing(WeatherStandIn()) as weather:
        variables = {"TREFOIL_FORECAST_URL": weather.url, "TREFOIL_FORECAST_SITES": "leeds:53.8:-1.5"}
        deployment = Deployment(DEFAULT_FUNCTIONS, variables, fill)
        harness = import_module(f"tests.contract.providers.{provider}").start(Path(name), deployment)
        with closing(harness):
            where = {"url": harness.base_url, "headers": dict(harness.headers), "versions": versions(provider)}
            print(json.dumps(where), file=answers)
            for line in sys.stdin:
                print(json.dumps({"seconds": fire(harness, json.loads(line)["fire"])}), file=answers)


if __name__ == "__main__":
    main()
