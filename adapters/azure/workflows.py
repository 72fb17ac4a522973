"""Runs on Durable Functions: its extension keeps their histories, and an orchestrator here interprets them.

https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-overview
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from core.kernel.config import ConfigError
from core.kernel.errors import unavailable

TIMEOUT = 10.0
CLIENT = "durableClient"
"""The binding by which a function learns where the extension takes its calls."""
_client: ContextVar[str] = ContextVar("trefoil_durable_client", default="")


def orchestrator(workflow: str) -> str:
    """The name of the function that interprets a workflow's runs."""
    return f"run_{workflow}"


@contextmanager
def client(binding: str) -> Iterator[None]:
    """Runs can be started inside, by the function that was given this binding."""
    token = _client.set(binding)
    try:
        yield
    finally:
        _client.reset(token)


class DurableRuns:
    """Starts orchestrations through the extension of the host that the function runs in, with the run's id as theirs.

    See `core.kernel.services.Workflows` for the contract. It can be done by functions that take a queue's messages.
    The call is that which azure-functions-durable makes: https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api
    """

    def start(self, workflow: str, run: str, document: Mapping[str, Any]) -> None:
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError
        from urllib.request import Request, urlopen

        binding = _client.get()
        if not binding:
            raise ConfigError("AzureWebJobsStorage", f"only a queue's function can start the run {run} of {workflow}")
        where = json.loads(binding)["rpcBaseUrl"].rstrip("/")
        state = {"run": run, "input": document["input"]}
        given = {"definition": document["definition"], "bodies": [{"row": [], "at": [], "state": state}]}
        url = f"{where}/orchestrators/{orchestrator(workflow)}/{run.partition('/')[2]}"
        headers = {"Content-Type": "application/json"}
        asked = Request(url, json.dumps(given).encode(), headers, method="POST")  # noqa: S310  the host's own
        try:
            with urlopen(asked, timeout=TIMEOUT):  # noqa: S310
                return
        except HTTPError as error:
            if error.code == 409:  # it runs already
                return
            raise unavailable(f"{workflow} could not be started") from OSError(f"the host answered {error.code}")
        except (URLError, HTTPException, OSError) as error:
            raise unavailable(f"{workflow} could not be started") from OSError(str(error))
