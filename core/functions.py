"""The function set, declared once. Adapters, Terraform, OpenAPI and the docs derive from this list.

`python -m core.functions` prints the JSON that Terraform reads with `for_each` (kept in `infra/functions.json`).
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
    it becomes a dead letter; 1 where the caller retries (HTTP). `source` is what the trigger listens to.
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
    Function("bury", Trigger.QUEUE, 512, 60, 5, "dead-letters", "What failed five times, as a letter that can be read"),
    Function("expire", Trigger.SCHEDULE, 512, 60, 5, "0 2 * * *", "Dead letters older than 14 days are removed"),
)

BY_NAME = {function.name: function for function in FUNCTIONS}


def as_json() -> str:
    """The declaration as stable JSON: one object keyed by function name, ready for Terraform's `for_each`."""
    return json.dumps({function.name: asdict(function) for function in FUNCTIONS}, indent=2) + "\n"


if __name__ == "__main__":
    print(as_json(), end="")
