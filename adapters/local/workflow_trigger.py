"""Step trigger: takes the open runs of a workflow, and interprets each until it has ended.

The function does a step in a thread of its own; what came of it is written before the run goes on. A process that dies
leaves its runs to the next one that looks.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any

from adapters.local.loop import Loop
from adapters.local.workflows import LEASE, Held, Journal
from core.kernel import logs
from core.kernel.functions import Function
from core.kernel.services import Services
from core.kernel.workflow import declared, runs, steps
from core.kernel.workflow.declared import INTERNAL, TIMEOUT, UNAVAILABLE
from core.kernel.workflow.interpreter import All, Body, Do, Failed, Sleep, interpret, row
from core.kernel.workflow.plan import Plan, plan

LOOK_EVERY = 0.2
"""Seconds between two looks for runs."""
WORKERS = 4
"""Runs that are under way at once."""
END_AGAIN = 5.0
"""Seconds until it is tried again to note how a run ended."""

log = logs.logger("trigger")


class _Stopped(Exception):
    """The process is told to stop; the run goes on in the next one."""


class WorkflowTrigger:
    """Works in threads of its own, from `start` until `stop`."""

    def __init__(self, services: Services, function: Function, journal: Journal) -> None:
        self._services = services
        self._function = function
        self._journal = journal
        self._running: set[str] = set()
        self._extended = time.monotonic()
        self._stopping = Event()
        self._lock = Lock()
        self._loop = Loop(f"{function.name}-runs", self.look, LOOK_EVERY)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix=function.name)
        self._callers = ThreadPoolExecutor(64, thread_name_prefix=f"{function.name}-step")

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        """Return when the steps under way have ended; nothing new is begun."""
        self._stopping.set()
        self._workers.shutdown()
        self._loop.stop()
        self._callers.shutdown()

    def look(self) -> None:
        """Extend the leases of what runs, and begin what is open as long as there are workers."""
        if time.monotonic() - self._extended > LEASE / 3:
            self._extended = time.monotonic()
            with self._lock:
                for run in self._running:
                    self._journal.hold(run, LEASE)
        while not self._stopping.is_set() and len(self._running) < WORKERS and (held := self._journal.take()):
            with self._lock:
                self._running.add(held.run)
            try:
                self._workers.submit(self._run, held)
            except RuntimeError:  # it was told to stop meanwhile: the run is the next process's
                self._journal.hold(held.run, 0)

    def _run(self, held: Held) -> None:
        after = END_AGAIN
        with logs.context(function=self._function.name, run=held.run):
            try:
                self._finish(held)
                after = -1.0
            except _Stopped:
                after = 0.0
            except Exception as error:  # noqa: BLE001  whatever it was, the run stays open and is taken again
                logs.error(log, "the run could not go on", exception=error.__cause__ or error)
            with self._lock:
                self._running.discard(held.run)
                if after >= 0:
                    self._journal.hold(held.run, after)

    def _finish(self, held: Held) -> None:
        now = runs.get(self._services.documents, steps.run_of(self._function, held.run))
        if now is None or now["state"] != runs.RUNNING:  # removed, or entered again just as it ended
            self._journal.close(held.run)
            return
        definition = declared.decode(held.document["definition"])
        state = {"run": held.run, "input": held.document["input"]}
        code = self._body(held.run, plan(definition), definition, Body((), state, ()))
        steps.take(self._services, self._function, {"run": held.run, "end": code or ""})
        self._journal.close(held.run)

    def _body(self, run: str, planned: Plan, definition: tuple[declared.Step, ...], body: Body) -> str | None:
        """Do a row of steps; the code that it failed with, if it did."""
        effects = interpret(planned, row(definition, body.row), body)
        where = f"{'/'.join(body.row)}@{','.join(map(str, body.at))}:"
        answer: Any = None
        try:
            while True:
                effect = effects.send(answer)
                if self._stopping.is_set():
                    raise _Stopped
                if isinstance(effect, Do):
                    answer = self._do(run, where + effect.key, effect)
                elif isinstance(effect, Sleep):
                    self._sleep(run, where + effect.key, effect.seconds)
                    answer = None
                else:
                    answer = self._all(run, planned, definition, effect)
        except StopIteration:
            return None
        except Failed as failed:
            return failed.code
        except LookupError as error:  # what the definition asks for is not in the state
            logs.error(log, "the run's definition can't be followed", exception=error)
            return INTERNAL

    def _do(self, run: str, key: str, effect: Do) -> Any:
        known = self._journal.outcome(run, key)
        if known is not None:
            return known
        begun = Event()
        called = self._callers.submit(self._call, effect.event, begun)
        begun.wait()  # the time in which no thread is free is not the step's
        try:
            outcome = called.result(effect.timeout_s)
        except TimeoutError:
            outcome = {"error": TIMEOUT}
        return self._journal.note(run, key, outcome)

    def _call(self, event: Mapping[str, Any], begun: Event) -> Any:
        begun.set()
        with logs.context(function=self._function.name):
            try:
                return {"value": steps.take(self._services, self._function, event)}
            except steps.StepFailed as failed:
                return {"error": failed.code}
            except Exception as error:  # noqa: BLE001  as a function that died on a cloud
                logs.error(log, "the step's function died", exception=error)
                return {"error": UNAVAILABLE}

    def _sleep(self, run: str, key: str, seconds: int) -> None:
        now = self._services.clock().timestamp()
        due = self._journal.note(run, key, now + seconds)
        if self._stopping.wait(min(max(due - now, 0), seconds)):
            raise _Stopped

    def _all(self, run: str, planned: Plan, definition: tuple[declared.Step, ...], effect: All) -> list[str | None]:
        with ThreadPoolExecutor(max(1, min(effect.at_most, len(effect.bodies)))) as side_by_side:
            return list(side_by_side.map(lambda body: self._body(run, planned, definition, body), effect.bodies))
