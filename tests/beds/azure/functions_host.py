"""A stand-in for the Azure Functions host, which can't be had here.

The worker in it is genuine, and so is the protocol between them. What the host itself does (routing, polling, retries,
poison queues) is written from its documentation and sources, not compared with a real one; see the classes for it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.beds.azure.durable import DurableTask
from tests.beds.azure.functions_http import HttpFront
from tests.beds.azure.functions_link import Function, LogLine, Outcome, WorkerFailed, WorkerLink
from tests.beds.azure.functions_queue import QueueSettings, QueueTrigger

__all__ = ["Function", "FunctionsHost", "LogLine", "Outcome", "WorkerFailed"]

STORAGE = "AzureWebJobsStorage"


class FunctionsHost:
    """Starts the worker on `app_folder` (function_app.py, host.json) and serves its triggers; ready when constructed.

    HTTP and queue triggers are served, and orchestrations; timers are fired by `fire_timer` alone, and any function by `invoke`. Output
    bindings are ignored, as are retry policies. Raises `WorkerFailed` when the worker ends or refuses the app.
    """

    def __init__(self, app_folder: Path, environment: Mapping[str, str], *, python: str = sys.executable) -> None:
        """`environment` holds AzureWebJobsStorage (a connection string) and the app settings.

        With PATH, HOME and TMPDIR of this process, it is the worker's whole environment.
        """
        self._environment = environment
        host = json.loads((app_folder / "host.json").read_text())
        extensions = host.get("extensions", {})
        timeout = seconds(host.get("functionTimeout", "00:05:00"))
        self._queues: list[QueueTrigger] = []
        self._http: HttpFront | None = None
        self.durable = DurableTask(self.invoke)
        self._closed = False
        self._link = WorkerLink(app_folder, environment, python, timeout)
        self._link.durable_client = self.durable.binding
        self.functions: Mapping[str, Function] = self._link.functions
        self.pid = self._link.pid
        try:
            prefix = extensions.get("http", {}).get("routePrefix", "api")
            self._http = HttpFront(self.functions.values(), prefix, self._link.invoke)
            self._serve_queues(extensions.get("queues", {}))
        except BaseException:
            self.close()
            raise
        self.url = self._http.url

    def invoke(self, name: str, data: Any, metadata: Mapping[str, Any] | None = None) -> Outcome:
        """Run a function on its trigger's data, a TypedData or a Python value, once."""
        return self._link.invoke(self.functions[name], data, metadata or {})

    def fire_timer(self, name: str, *, past_due: bool = False) -> Outcome:
        """Run a timer's function as if its time had come."""
        now = datetime.now(UTC).isoformat()
        status = {"Last": now, "LastUpdated": now, "Next": now}
        return self.invoke(name, {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due})

    def logs(self) -> list[LogLine]:
        """Every line that the worker has logged so far, the app's and its own."""
        return list(self._link.logs)

    def output(self) -> str:
        """What the worker has printed on its standard streams; to be read before `close`."""
        return self._link.output()

    def close(self) -> None:
        """Stop polling, the worker and the servers; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        for trigger in self._queues:
            trigger.stop()
        self.durable.close()
        if self._http:
            self._http.close()
        self._link.close()
        for trigger in self._queues:
            trigger.close()

    def _serve_queues(self, queues: Mapping[str, Any]) -> None:
        settings = QueueSettings(
            base64=queues.get("messageEncoding", "base64") == "base64",
            max_dequeue_count=queues.get("maxDequeueCount", 5),
            visibility_timeout=int(seconds(queues.get("visibilityTimeout", "00:00:00"))),
        )
        for function in self.functions.values():
            if function.type == "queuetrigger":
                connection = self._environment[function.trigger.get("connection") or STORAGE]
                self._queues.append(QueueTrigger(function, connection, settings, self._link.invoke))


def seconds(span: str) -> float:
    """The seconds in "hh:mm:ss"; -1 in host.json stands for no limit, here a day."""
    if span == "-1":
        return timedelta(days=1).total_seconds()
    hours, minutes, rest = span.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes), seconds=float(rest)).total_seconds()
