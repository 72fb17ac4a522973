"""Runs: a document each, by which starting is idempotent on every provider, and in which it is noted how a run ended.

runs/{workflow}/{scope}/{id}.json    what was asked for, the definition that the run goes by, and its end
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.kernel import logs, telemetry
from core.kernel.clock import Clock, rfc3339
from core.kernel.documents import AlreadyExists, Documents
from core.kernel.errors import Code, TrefoilError
from core.kernel.functions import Function, resolve
from core.kernel.identifiers import ACCOUNT
from core.kernel.services import Services
from core.kernel.store import Store, erase
from core.kernel.workflow import declared
from core.kernel.workflow.declared import Fail, walk
from core.kernel.workflow.plan import MOST_INPUT, plan
from core.kernel.workflow.steps import BROKEN, Run, StepFailed, checked, workflow_of
from core.kernel.workflow.steps import FOLDER as STEPS

FOLDER = "runs"
RUNNING, DONE, FAILED = "running", "done", "failed"
KEPT = timedelta(days=400)
"""Longer than any cloud keeps its own history of a run."""

# An execution's name has at most 80 of these: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
_NAME, _SCOPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}"), ACCOUNT

log = logs.logger("workflow")


def create(services: Services, run: Run, given: Mapping[str, Any]) -> dict[str, Any]:
    """Note what is asked for, once; returns the document. The same run with the same input is the same run.

    Raises `ValueError` for a name that no engine takes, `TrefoilError` (`CONFLICT`) for another input under the name of
    a run, and (`INVALID`) for an input beyond 16 KiB, or without what the workflow looks into.
    """
    if not _NAME.fullmatch(run.id) or not _SCOPE.fullmatch(run.scope):
        raise ValueError(f"{run.name!r} is no name of a run on every engine: give scope/id, of letters, digits and -")
    function = services.functions.named(run.workflow)
    steps = workflow_of(function).steps
    _check(plan(steps).input, given)
    document = {
        "id": run.id,
        "scope": run.scope,
        "workflow": run.workflow,
        "input": dict(given),
        "definition": declared.encode(steps),
        "state": RUNNING,
        "requested": rfc3339(services.clock()),
        "ended": None,
        "error": None,
    }
    try:
        services.documents.create(path(run), document)
    except AlreadyExists:
        held = get(services.documents, run)
        if held is None:
            raise TrefoilError(Code.CONFLICT, f"the run {run.name} was just removed; ask for a new one") from None
        if held["input"] != document["input"]:
            raise TrefoilError(Code.CONFLICT, f"the run {run.name} was asked for with another input") from None
        return held
    return document


def start(services: Services, run: Run, given: Mapping[str, Any]) -> dict[str, Any]:
    """Create the run and hand it to the engine; doing it again, also after a crash in it, makes no second run.

    Raises what `create` does, and `TrefoilError(UNAVAILABLE)`: start it again, it may have begun all the same.
    """
    document = create(services, run, given)
    if document["state"] == RUNNING:
        telemetry.link(run.trace)
        services.workflows.start(run.workflow, run.name, document)
        logs.info(log, "run started", workflow=run.workflow, run=run.name)
    return document


def get(documents: Documents, run: Run) -> dict[str, Any] | None:
    held = documents.get(path(run))
    return None if held is None else dict(held.value)


def end(services: Services, function: Function, run: Run, code: str) -> None:
    """Note how a run ended, unless it is noted already, and tell the workflow. Doing it again is harmless."""
    error = _error(services, run, code) if code else None

    def ended(held: dict[str, Any] | None) -> dict[str, Any] | None:
        if held is None or held["state"] != RUNNING:
            return held
        how = {"state": FAILED if code else DONE, "ended": rfc3339(services.clock()), "error": error}
        return {**held, **how}

    document = services.documents.update(path(run), ended)
    if code in BROKEN:
        logs.error(log, "run broke", workflow=run.workflow, error=error)
    else:
        # Why is in the run's document, for who asked for it: it may name a meter.
        logs.info(log, "run ended", workflow=run.workflow, code=code, failed=error and error["step"])
    told = workflow_of(function).ended
    if told is not None:
        resolve(told)(services, run, document)


def _error(services: Services, run: Run, code: str) -> dict[str, Any]:
    """What is known of a failure: the step that failed so says why, or the declared end."""
    document = get(services.documents, run) or {"definition": []}
    steps = {step.name: step for step in walk(declared.decode(document["definition"]))}
    uncaught = [
        failed
        for failed in services.documents.values(f"{run.folder}/failed")
        if failed["code"] == code and code not in getattr(steps.get(failed["step"]), "catch", {})
    ]
    if uncaught:
        last = max(uncaught, key=lambda failed: failed["failed"])
        return {"code": code, "step": last["step"], "detail": last["detail"]}
    for step in steps.values():
        if isinstance(step, Fail) and step.code == code:
            return {"code": code, "step": step.name, "detail": step.detail}
    return {"code": code, "step": None, "detail": f"no step says why; see the log lines of the run {run.name}"}


def expire(store: Store, clock: Clock) -> int:
    """Remove runs and their steps older than `KEPT`; returns how many documents. Running it twice is harmless."""
    return sum(erase(store, folder, before=clock() - KEPT) for folder in (STEPS, FOLDER))


def path(run: Run) -> str:
    return f"{FOLDER}/{run.workflow}/{run.name}.json"


def _check(fields: Mapping[str, str], given: Mapping[str, Any]) -> None:
    size = len(json.dumps(given))
    if size > MOST_INPUT:
        raise TrefoilError(Code.INVALID, f"the input has {size} bytes; a run takes {MOST_INPUT}: give a pointer")
    for field, kind in sorted(fields.items()):
        try:
            checked("the input", given, field, kind)
        except StepFailed as failed:
            raise TrefoilError(Code.INVALID, failed.detail) from None
