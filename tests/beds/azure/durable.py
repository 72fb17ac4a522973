"""A stand-in for the Durable Task extension of the Functions host: histories of orchestrations, in memory.

The orchestrator and the activities run in the genuine worker, by the genuine library. What the extension does between
them is written from the library's sources (replay schema 2) and from https://learn.microsoft.com/azure/azure-functions/durable/;
Microsoft's own in-memory backend judges it in tests/adapters/azure/test_durable.py. It checks, as the extension does, that
a replay asks for the same as before. Not served: retry options, events from outside, entities, eternal orchestrations.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread, Timer
from typing import Any
from uuid import uuid4

from tools.serving import reply, serve

# HistoryEventType and ActionType of azure-functions-durable.
STARTED, TASK_SCHEDULED, TASK_COMPLETED, TASK_FAILED = 0, 4, 5, 6
SUB_CREATED, SUB_COMPLETED, SUB_FAILED, TIMER_CREATED, TIMER_FIRED, TURN, TURN_ENDED = 7, 8, 9, 10, 11, 12, 13
CALL, SUB, TIMER, ANY, ALL = 0, 2, 5, 11, 12
SCHEMA = 2
NOT_OF_OURS = {
    "maximumShortTimerDuration": "6.00:00:00",
    "longRunningTimerIntervalDuration": "3.00:00:00",
    "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
}
STATE = "$OutOfProcData$:"
"""Before the orchestrator's state in the message of its error."""

Invoke = Callable[[str, Any], Any]


class NotDeterministic(Exception):
    """A replay asked for something else than before."""


class DurableTask:
    """Starts orchestrations that are asked for at its URL, each in a thread of its own."""

    def __init__(self, invoke: Invoke) -> None:
        self._invoke = invoke
        self._lock = Lock()
        self._activities = ThreadPoolExecutor(32, thread_name_prefix="activity")
        self.instances: dict[str, str] = {}
        """Of each instance, its runtime status."""
        self.closed = Event()
        extension = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                *_, name, instance = self.path.split("/")
                if not extension.start(name, instance, content.decode()):
                    reply(self, 409, b"{}", "application/json")
                    return
                reply(self, 202, json.dumps({"id": instance}).encode(), "application/json")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = serve(self._server, "durable")
        url = f"http://127.0.0.1:{self._server.server_port}/durabletask/"
        self.binding = json.dumps(
            {"taskHubName": "local", "creationUrls": {}, "managementUrls": {}, "baseUrl": url, "rpcBaseUrl": url}
        )

    def start(self, name: str, instance: str, given: str) -> bool:
        """Begin an instance, unless one of that id runs; one that has ended begins anew, as on Azure."""
        with self._lock:
            if self.instances.get(instance) == "Running":
                return False
            self.instances[instance] = "Running"
        Thread(target=self._whole, args=(name, instance, given), name=instance, daemon=True).start()
        return True

    def invoke(self, name: str, data: Any) -> Any:
        return self._invoke(name, data)

    def run(self, name: str, instance: str, given: str, parent: str | None) -> tuple[bool, Any]:
        """An orchestration to its end: whether it completed, and its output or error."""
        return _Orchestration(self, name, instance, given, parent).run()

    def submit(self, work: Callable[[], None]) -> None:
        self._activities.submit(work)

    def close(self) -> None:
        """What has not ended is given up."""
        self.closed.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._activities.shutdown(wait=False, cancel_futures=True)

    def _whole(self, name: str, instance: str, given: str) -> None:
        try:
            done, _ = self.run(name, instance, given, None)
        except Exception:
            self.instances[instance] = "Failed"
            raise
        self.instances[instance] = "Completed" if done else "Failed"


class _Orchestration:
    """One instance. In each turn the orchestrator is given the whole history, and says all that it has asked for."""

    def __init__(self, extension: DurableTask, name: str, instance: str, given: str, parent: str | None) -> None:
        self._extension = extension
        self._name = name
        self._instance = instance
        self._given = given
        self._parent = parent
        self._history: list[dict[str, Any]] = []
        self._asked: list[tuple[Any, ...]] = []
        self._events: SimpleQueue[tuple[int, dict[str, Any]]] = SimpleQueue()

    def run(self) -> tuple[bool, Any]:
        new = [(STARTED, {"Name": self._name, "Input": self._given, "Version": "", **self._ids()})]
        while not self._extension.closed.is_set():
            state = self._turn(new)
            if state.get("error"):
                return False, state["error"]
            if state["isDone"]:
                return True, state.get("output")
            new = self._next()
        return False, "the host is closed"

    def _ids(self) -> dict[str, Any]:
        execution = {"InstanceId": self._instance, "ExecutionId": uuid4().hex}
        return {"OrchestrationInstance": execution, "ParentInstance": None, "Correlation": None}

    def _next(self) -> list[tuple[int, dict[str, Any]]]:
        """What has happened since; waits for something."""
        new = []
        while not self._extension.closed.is_set():
            try:
                new.append(self._events.get(timeout=0.5))
                while True:
                    new.append(self._events.get_nowait())
            except Empty:
                if new:
                    break
        return new

    def _turn(self, new: list[tuple[int, dict[str, Any]]]) -> dict[str, Any]:
        for event in self._history:
            event["IsPlayed"] = True
        self._add(TURN)
        for kind, fields in new:
            self._add(kind, **fields)
        state = self._replay()
        actions = list(_flat(state["actions"]))
        shapes = [(one["actionType"], one.get("functionName"), one.get("input"), one.get("fireAt")) for one in actions]
        if shapes[: len(self._asked)] != self._asked:
            raise NotDeterministic(f"{self._instance} asked for {self._asked}, and then for {shapes}")
        for number in range(len(self._asked), len(actions)):
            self._schedule(number, actions[number])
        self._asked = shapes
        self._add(TURN_ENDED)
        return state

    def _replay(self) -> dict[str, Any]:
        body = {
            "history": self._history,
            "input": self._given,
            "instanceId": self._instance,
            "isReplaying": False,
            "parentInstanceId": self._parent,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": SCHEMA,
            **NOT_OF_OURS,
        }
        answer = self._extension.invoke(self._name, json.dumps(body))
        if answer.ok:
            return dict(json.loads(answer.value) if isinstance(answer.value, str) else answer.value)
        if STATE in answer.error:
            return dict(json.loads(answer.error.split(STATE, 1)[1].split("\n")[0]))
        return {"isDone": True, "actions": [], "error": answer.error}

    def _schedule(self, number: int, action: Mapping[str, Any]) -> None:
        """Let an action happen; what comes of it is an event."""
        kind, name = action["actionType"], action.get("functionName", "")
        if kind == CALL:
            self._add(TASK_SCHEDULED, number, Name=name)
            self._extension.submit(lambda: self._activity(number, name, action["input"]))
        elif kind == SUB:
            instance = f"{self._instance}:{number}"
            self._add(SUB_CREATED, number, Name=name, InstanceId=instance)
            work = (number, name, instance, action["input"])
            Thread(target=self._sub, args=work, name=instance, daemon=True).start()
        elif kind == TIMER:
            self._add(TIMER_CREATED, number, FireAt=action["fireAt"])
            at = datetime.fromisoformat(action["fireAt"])
            seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
            fired = (TIMER_FIRED, {"TimerId": number, "FireAt": action["fireAt"]})
            timer = Timer(max(seconds, 0), self._events.put, [fired])
            timer.daemon = True
            timer.start()
        else:
            raise NotImplementedError(f"action {kind}")

    def _activity(self, number: int, name: str, given: str) -> None:
        answer = self._extension.invoke(name, given)
        if answer.ok:
            result = answer.value if isinstance(answer.value, str) else json.dumps(answer.value)
            self._events.put((TASK_COMPLETED, {"TaskScheduledId": number, "Result": result}))
            return
        said = {"Reason": f"Activity function '{name}' failed:", "Details": answer.error}
        self._events.put((TASK_FAILED, {"TaskScheduledId": number, **said}))

    def _sub(self, number: int, name: str, instance: str, given: str) -> None:
        try:
            done, output = self._extension.run(name, instance, given, self._instance)
        except NotDeterministic as error:
            done, output = False, str(error)
        if done:
            self._events.put((SUB_COMPLETED, {"TaskScheduledId": number, "Result": json.dumps(output)}))
            return
        said = {"Reason": f"Orchestrator function '{name}' failed", "Details": output}
        self._events.put((SUB_FAILED, {"TaskScheduledId": number, **said}))

    def _add(self, kind: int, number: int = -1, **fields: Any) -> None:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
        self._history.append({"EventType": kind, "EventId": number, "IsPlayed": False, "Timestamp": now, **fields})


def _flat(actions: Any) -> Any:
    """The actions in the order in which the library numbers its tasks."""
    for action in actions:
        if isinstance(action, list):
            yield from _flat(action)
        elif action["actionType"] in (ANY, ALL):
            yield from _flat(action["compoundActions"])
        else:
            yield action
