"""One step of a run: whatever engine asks for it, it is done here, and what came of it is a document.

Engines deliver at least once. Before a task's handler is called its document is looked for, and after it the document
is created: so a repeated delivery finds the first result, and a result has no limit but a document's. What failed last
is a document too. Both give each step's state, alike on every provider.

steps/{workflow}/{run}/{step}.json           the result of a task
steps/{workflow}/{run}/{step}/{at}.json      of one in a Map, for the item at that place (two places in a Map in a Map)
steps/{workflow}/{run}/failed/{step}...      how its last attempt failed
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from msgspec import Struct

from core.kernel import logs
from core.kernel.clock import rfc3339
from core.kernel.documents import AlreadyExists
from core.kernel.errors import Code, TrefoilError
from core.kernel.events import UnknownEvent, read, utf8
from core.kernel.functions import Function, resolve
from core.kernel.processing import processing
from core.kernel.services import Services
from core.kernel.telemetry import Carried, known
from core.kernel.triggers import Step
from core.kernel.workflow.declared import INTERNAL, TIMEOUT, TOO_LARGE, UNAVAILABLE, Workflow
from core.kernel.workflow.plan import ANY, LIST, MOST_INNER, MOST_ITEMS, NUMBER, SHORT, TEXT, TRUTH

FOLDER = "steps"
MOST_RESULT = 4 * 1024 * 1024
"""Bytes of JSON of a task's whole result."""
AT_ONCE = 16
"""Documents that are read at a time."""
BROKEN = (INTERNAL, TIMEOUT, TOO_LARGE, UNAVAILABLE)
"""Codes that a deployment's operator has to look at: no task says these of what it was asked."""
_KINDS: Mapping[str, type] = {LIST: list, SHORT: list, NUMBER: int, TEXT: str, TRUTH: bool, ANY: object}

log = logs.logger("workflow")


class StepFailed(Exception):
    """A task can't be done: `code` says what is the matter, for the workflow to catch; `detail` is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail

    @property
    def passes(self) -> bool:
        """Whether the same task may succeed in a while."""
        return self.code in (UNAVAILABLE, TIMEOUT)


class Run(Struct, frozen=True):
    """A run of a workflow: `scope` is whose it is (an account), `id` tells it from all other runs of the workflow."""

    workflow: str
    scope: str
    id: str
    at: tuple[int, ...] = ()
    """Within a Map, the place of the item; within a Map in a Map, two."""

    @property
    def name(self) -> str:
        return f"{self.scope}/{self.id}"

    @property
    def trace(self) -> str:
        """The trace of all its steps: see `core.kernel.telemetry.known`."""
        return known(self.folder)

    @property
    def folder(self) -> str:
        return f"{FOLDER}/{self.workflow}/{self.name}"


class Stored(Struct, frozen=True):
    """A whole result that the store has: of `step`, for the first `at` places of this one; of `each` item of a Map."""

    step: str
    at: int = 0
    each: bool = False
    optional: bool = False


class StepEvent(Struct, frozen=True):
    """What an engine asks for: see `core.kernel.workflow.interpreter.event`. With `end`, to note how the run ended."""

    run: str
    step: str = ""
    at: tuple[int, ...] = ()
    args: dict[str, Any] = {}
    stored: dict[str, Stored] = {}
    carry: dict[str, str] = {}
    most: int = 0
    end: str | None = None
    """The code that the run failed with; empty when it was done."""


def workflow_of(function: Function) -> Workflow:
    """What a function with the trigger `Step` declares."""
    trigger = function.trigger
    found: Workflow | None = resolve(trigger.workflow) if isinstance(trigger, Step) else None
    if found is None:
        raise AssertionError(f"{function.name} is no step of a workflow")
    return found


def run_of(function: Function, name: str) -> Run:
    """The run of an event. Raises `UnknownEvent`."""
    scope, slash, own = name.partition("/")
    if not slash or not scope or not own or "/" in own:
        raise UnknownEvent(f"{name!r} is no run, such as Account17/20260131T120000-0123456789ab; the event has: run")
    return Run(function.name, scope, own)


def take(services: Services, function: Function, native: Any) -> Any:
    """Do what the event asks for; returns the fields of the result that the engine carries on.

    Raises `UnknownEvent` for an event of another form, which no engine of ours sends, and `StepFailed`, also for
    whatever else the handler raises.
    """
    event = read(native, StepEvent)
    if not event.step and event.end is None:
        raise UnknownEvent(f"neither a step nor an end is named; the event has: {', '.join(sorted(native))}")
    if unknown := sorted(set(event.carry.values()) - _KINDS.keys()):
        raise UnknownEvent(f"{unknown[0]!r} is no kind of a field; there are {', '.join(_KINDS)}; the event has: carry")
    utf8(event.run + event.step)
    if not {".", "..", ""}.isdisjoint(f"{event.run}/{event.step or 'end'}".split("/")) or "/" in event.step:
        raise UnknownEvent(f"{event.step!r} of {event.run!r} is no name of a step or a run; the event has: run, step")
    run = run_of(function, event.run)
    with (
        logs.context(run=run.name, step=event.step or "end"),
        processing(function.name, services.clock, Carried(run.trace)) as span,
    ):
        span.note({"trefoil.run": run.name, "trefoil.step": event.step or "end"})
        try:
            if event.end is not None:
                from core.kernel.workflow import runs

                return runs.end(services, function, run, event.end)
            return _result(services, function, event, Run(run.workflow, run.scope, run.id, event.at))
        except StepFailed as failed:
            # The detail of a set's own code is for who asked for the run, and may name a meter; ours never does.
            told = {"detail": failed.detail} if failed.code in BROKEN else {}
            logs.warning(log, "step failed", code=failed.code, **told)
            raise
        except TrefoilError as error:
            logs.warning(log, "step failed", code=error.code.name.lower(), exception=error.__cause__ or error)
            raise StepFailed(error.code.name.lower(), error.detail) from error


def _result(services: Services, function: Function, event: StepEvent, run: Run) -> Any:
    path = _path(run, event.step)
    held = services.documents.get(path)
    if held is not None:
        return _carried(event, held.value["value"])
    try:
        value = _do(services, function, event, run)
        carried = _carried(event, value)
    except StepFailed as failed:
        _note_failure(services, run, event, failed)
        raise
    done = {"value": value, "done": rfc3339(services.clock())}
    try:
        services.documents.create(path, done)
    except AlreadyExists:  # another delivery of this step was faster, and its result is the step's
        first = services.documents.get(path)
        return _carried(event, first.value["value"]) if first else carried
    logs.info(log, "step done")
    return carried


def _do(services: Services, function: Function, event: StepEvent, run: Run) -> Any:
    task = workflow_of(function).task(event.step)
    if task is None:
        raise StepFailed(
            INTERNAL, f"{function.name} has no step {event.step!r} any more: the run began before a change"
        )
    args = {**event.args, **{name: _argument(services, run, value) for name, value in event.stored.items()}}
    try:
        text = json.dumps(resolve(task.handler)(services, run, **args), allow_nan=False)
    except StepFailed:
        raise
    except TrefoilError as error:
        raise StepFailed(error.code.name.lower(), error.detail) from error
    except Exception as error:
        logs.error(log, "a step's handler broke", exception=error)
        raise StepFailed(INTERNAL, f"{event.step} broke; see the log lines of the run {run.name}") from error
    if len(text) > MOST_RESULT:
        raise StepFailed(TOO_LARGE, f"the result of {event.step} has more than {MOST_RESULT} bytes")
    return json.loads(text)


def _argument(services: Services, run: Run, wanted: Stored) -> Any:
    """The result, None for an optional one that is not there; or the list of each, in the order of their items."""
    around, documents = run.at[: wanted.at], services.documents
    if not wanted.each:
        held = documents.get(_path(Run(run.workflow, run.scope, run.id, around), wanted.step))
        if held is None and not wanted.optional:
            raise StepFailed(UNAVAILABLE, f"the result of {wanted.step} is not in the store")
        return None if held is None else held.value["value"]
    folder = "/".join([run.folder, wanted.step, *map(str, around)])
    paths = sorted(documents.list(folder), key=lambda path: int(path.removesuffix(".json").rpartition("/")[2]))
    with ThreadPoolExecutor(AT_ONCE) as readers:
        return [held.value["value"] for held in readers.map(documents.get, paths) if held is not None]


def _carried(event: StepEvent, value: Any) -> dict[str, Any]:
    """The fields that the declaration looks into. Raises `StepFailed` for one that it could not."""
    carried: dict[str, Any] = {}
    for field, kind in sorted(event.carry.items()):
        _put(carried, field, checked(f"the result of {event.step}", value, field, kind))
    if len(json.dumps(carried)) > event.most > 0:
        fields = ", ".join(sorted(event.carry))
        raise StepFailed(TOO_LARGE, f"{fields} of {event.step} have more than {event.most} bytes; carry less on")
    return carried


def checked(what: str, value: Any, field: str, kind: str) -> Any:
    """A field of a value, of a kind. Raises `StepFailed`: no engine would say what is wrong."""
    for name in field.split("."):
        if not isinstance(value, dict) or name not in value:
            raise StepFailed(INTERNAL, f"{what} has no {field}")
        value = value[name]
    if not isinstance(value, _KINDS[kind]) or (kind == NUMBER and isinstance(value, bool)):
        raise StepFailed(INTERNAL, f"{field} of {what} is {type(value).__name__}, and no {kind}")
    most = MOST_INNER if kind == SHORT else MOST_ITEMS
    if isinstance(value, list) and len(value) > most:
        raise StepFailed(TOO_LARGE, f"{field} of {what} has {len(value)} items; every engine takes {most}")
    return value


def _put(target: dict[str, Any], field: str, value: Any) -> None:
    *outer, last = field.split(".")
    for name in outer:
        target = target.setdefault(name, {})
    target[last] = value


def _note_failure(services: Services, run: Run, event: StepEvent, failed: StepFailed) -> None:
    """Also when the store is what fails: then the engine alone knows of it."""
    said = {"code": failed.code, "detail": failed.detail, "step": event.step, "failed": rfc3339(services.clock())}

    def counted(held: Any | None) -> Any:
        return {**said, "attempts": (held or {}).get("attempts", 0) + 1}

    try:
        services.documents.update(_path(run, f"failed/{event.step}"), counted)
    except TrefoilError as error:
        if error.code is not Code.UNAVAILABLE:
            raise
        logs.error(log, "the failure could not be noted", exception=error.__cause__ or error)


def _path(run: Run, step: str) -> str:
    return "/".join([run.folder, step, *map(str, run.at)]) + ".json"
