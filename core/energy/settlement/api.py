"""Settlements: asked for, done by a workflow, and seen step by step while it runs."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from uuid import uuid4

from msgspec import Meta, Struct, to_builtins

from core.energy.accounts.path import account_of, made
from core.energy.actions import SETTLE, on_account
from core.energy.jobs import send
from core.energy.settlement.job import WORKFLOW, SettleJob, given
from core.energy.settlement.month import PATTERN, Month
from core.kernel.api.context import Answer, Call, Route, download
from core.kernel.api.models import Download, Moment
from core.kernel.errors import Code, invalid, not_found
from core.kernel.http import Response, json_response
from core.kernel.identifiers import DOCUMENT_ID, exactly

MOST_SHOWN = 100
"""Runs, and settlements, that a list has: the newest."""
_ASKED_FOR = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{12}\.json")
"""The document of a run that was asked for here."""


class SettlementRequest(Struct, forbid_unknown_fields=True):
    month: Annotated[str, Meta(pattern=exactly(PATTERN), description="A month that is over, as 2026-10")]
    estimate: Annotated[bool, Meta(description="Whether missing readings are estimated; else the run fails")] = False


class RunError(Struct):
    code: str
    step: str | None
    detail: str


class Step(Struct):
    name: str
    kind: Literal["task", "choice", "map", "parallel", "fail"]
    parent: Annotated[str | None, Meta(description="The step that it stands in")]
    branch: str | None
    state: Literal["waiting", "running", "done", "failed", "skipped"]
    done: Annotated[int, Meta(description="In a map: the items that it was done for")]
    items: int | None
    attempts: Annotated[int, Meta(description="Those that failed")]
    detail: str | None


class Run(Struct):
    id: str
    account: str
    month: str
    estimate: bool
    state: Literal["running", "done", "failed"]
    requested: Moment
    ended: Moment | None
    error: RunError | None


class Line(Struct):
    point: str
    product: str
    channel: Literal["import", "export", "standing"]
    band: str
    quantity: Annotated[str, Meta(description="Exact decimal text, in `unit`")]
    unit: Literal["kWh", "day"]
    estimated: Annotated[str, Meta(description="The part of it that was estimated")]
    rate: str
    amount: Annotated[str, Meta(description="Rounded to a cent; what is given to the grid is negative")]


class PointSum(Struct):
    point: str
    import_kwh: str
    export_kwh: str
    estimated_kwh: str
    amount: str


class Settled(Struct):
    account: str
    month: str
    version: int
    run: str
    settled: Moment
    currency: str
    rounding: str
    lines: list[Line]
    points: list[PointSum]
    import_kwh: str
    export_kwh: str
    estimated_kwh: str
    total: str
    left_out: Annotated[list[dict[str, str]], Meta(description="Points without readings in the month")]
    changes: Annotated[dict[str, Any] | None, Meta(description="Against the version before")]
    csv: Download
    days: Annotated[Download, Meta(description="Each point's days and estimated intervals, as JSON")]


class Settlement(Run):
    steps: list[Step]
    gaps: Annotated[list[dict[str, Any]], Meta(description="Which points and channels lack readings")]
    result: Settled | None


class Version(Struct):
    month: str
    version: int
    run: str
    settled: Moment
    currency: str
    total: str
    estimated_kwh: str


class Settlements(Struct):
    runs: Annotated[list[Run], Meta(description="The newest first")]
    settlements: Annotated[list[Version], Meta(description="The latest month and version first")]


def create(call: Call) -> Response:
    """Ask for the run's start, then note it, unless what starts it was faster and noted it already.

    So there is no run that nobody was asked to start, wherever this dies: it would stay a running one for ever.
    """
    from core.kernel.workflow import runs  # only requests that settle pay for it

    wanted: SettlementRequest = call.body
    account = account_of(call)
    try:
        Month.named(wanted.month)
    except ValueError as error:
        raise invalid("month", str(error)) from None
    made(call)
    services = call.services
    job = SettleJob(account, f"{services.clock():%Y%m%dT%H%M%S}-{uuid4().hex[:12]}", wanted.month, wanted.estimate)
    run = _run(account, job.id)
    send(services, job)
    document = runs.create(services, run, given(job))
    return json_response(
        _whole(call, account, document), 202, headers={"Location": f"/api/accounts/{account}/settlements/{job.id}"}
    )


def one(call: Call) -> Response:
    from core.kernel.workflow import runs

    account, name = account_of(call), call.params["settlement"]
    document = runs.get(call.services.documents, _run(account, name)) if DOCUMENT_ID.fullmatch(name) else None
    if document is None:
        raise not_found(f"settlement {name!r}")
    return json_response(_whole(call, account, document))


def every(call: Call) -> Response:
    from core.energy.settlement import documents
    from core.kernel.workflow import runs

    account, held = account_of(call), call.services.documents
    paths = held.list(f"{runs.FOLDER}/{WORKFLOW}/{account}")
    # Who may settle may ask for any number of runs; a batch makes one, whose name does not begin with its time.
    asked_for = [path for path in paths if _ASKED_FOR.fullmatch(path.rpartition("/")[2])]
    of_batches = [path for path in paths if not _ASKED_FOR.fullmatch(path.rpartition("/")[2])]
    read = held.get_many([*of_batches, *asked_for[-MOST_SHOWN:]])
    found = [one.value for one in read if one is not None]
    newest = sorted(found, key=lambda run: run["requested"], reverse=True)[:MOST_SHOWN]
    published = documents.newest_first(held, account, most=MOST_SHOWN)
    names = Version.__struct_fields__
    return json_response(
        {
            "runs": [_shown(account, run) for run in newest],
            "settlements": [{name: version[name] for name in names} for version in published],
        }
    )


def _run(account: str, name: str) -> Any:
    from core.kernel.workflow.steps import Run as KernelRun

    return KernelRun(WORKFLOW, account, name)


def _shown(account: str, document: dict[str, Any]) -> dict[str, Any]:
    asked = document["input"]
    return {
        "id": document["id"],
        "account": account,
        "month": asked["month"],
        "estimate": asked["estimate"],
        "state": document["state"],
        "requested": document["requested"],
        "ended": document["ended"],
        "error": document["error"],
    }


def _whole(call: Call, account: str, document: dict[str, Any]) -> dict[str, Any]:
    from core.kernel.workflow.status import states

    held, run = call.services.documents, _run(account, document["id"])
    steps = states(held, run, document)
    done = {step.name for step in steps if step.state == "done"}
    gathered = held.get(f"{run.folder}/gather.json") if "gather" in done else None
    compared = held.get(f"{run.folder}/compare.json") if document["state"] == "done" else None
    return {
        **_shown(account, document),
        "steps": [to_builtins(step) for step in steps],
        "gaps": gathered.value["value"]["gaps"] if gathered else [],
        "result": _result(call, account, document["input"]["month"], compared.value["value"]) if compared else None,
    }


def _result(call: Call, account: str, month: str, compared: dict[str, Any]) -> dict[str, Any] | None:
    from core.energy.settlement import documents

    settled = documents.get(call.services.documents, account, month, compared["version"])
    if settled is None:
        return None
    called = f"{account}-settlement-{month}-version-{settled['version']}"
    files = {
        name: download(call, key, f"{called}.csv" if name == "csv" else f"{called}-{name}.json")
        for name, key in settled["files"].items()
    }
    return {name: settled[name] for name in Settled.__struct_fields__ if name in settled} | files


_NEEDS = on_account(SETTLE)
ROUTES = (
    Route(
        "POST",
        "/api/accounts/{account}/settlements",
        create,
        "Settle a month",
        {202: Answer("A workflow settles it", Settlement)},
        _NEEDS,
        body=SettlementRequest,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/settlements",
        every,
        "Runs, and the settlements that they published",
        {200: Answer("Both, the newest first", Settlements)},
        _NEEDS,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/settlements/{settlement}",
        one,
        "One run: each step's state, and its result with the downloads",
        {200: Answer("The run", Settlement)},
        _NEEDS,
        errors=(Code.NOT_FOUND,),
    ),
)
