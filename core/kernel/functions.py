"""The function set, declared once. Adapters, Terraform, OpenAPI and the docs derive from this list.

`python -m core.kernel.functions` prints the JSON that Terraform reads with `for_each` (kept in `infra/functions.json`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum


class Trigger(StrEnum):
    HTTP = "http"
    AUTHORIZER = "authorizer"
    OBJECT = "object"
    QUEUE = "queue"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class Function:
    """One named handler with one trigger.

    `memory_mb` and `timeout_s` are what every cloud is asked for. `attempts` is how often an event is delivered before
    it becomes a dead letter; 1 where the caller retries (HTTP). `source` is what the trigger listens to: a path, a
    prefix of the store, a queue, or a cron expression in UTC.
    """

    name: str
    trigger: Trigger
    memory_mb: int
    timeout_s: int
    attempts: int
    source: str
    description: str


FUNCTIONS: tuple[Function, ...] = (
    Function("api", Trigger.HTTP, 512, 29, 1, "/api/*", "The REST API and the token issuer's discovery documents"),
    Function(
        "authorizer", Trigger.AUTHORIZER, 512, 5, 1, "api", "Bearer token to principal, the same verdict on every cloud"
    ),
    Function("ingest", Trigger.OBJECT, 2048, 540, 5, "incoming/", "CSV of half-hourly readings to the account's table"),
    Function("jobs", Trigger.QUEUE, 2048, 540, 5, "jobs", "Exports, deletions, forecasts, maintenance of tables"),
    Function("bury_ingest", Trigger.QUEUE, 512, 60, 5, "ingest-dead", "Files that failed five times, as dead letters"),
    Function("bury_jobs", Trigger.QUEUE, 512, 60, 5, "jobs-dead", "Jobs that failed five times, as dead letters"),
    Function("forecast", Trigger.SCHEDULE, 512, 60, 5, "0 2 * * *", "Asks for the day's weather forecasts"),
    Function("maintain", Trigger.SCHEDULE, 512, 540, 5, "0 2 * * *", "Old letters and exports go, tables are tidied"),
)

BY_NAME = {function.name: function for function in FUNCTIONS}


def as_json() -> str:
    """The declaration as stable JSON: one object keyed by function name, ready for Terraform's `for_each`."""
    return json.dumps({function.name: asdict(function) for function in FUNCTIONS}, indent=2) + "\n"


if __name__ == "__main__":
    print(as_json(), end="")
