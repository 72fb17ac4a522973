"""Batches: the settlement of many accounts for a month, so many at once, through the queue.

A batch is a document with its accounts in order, in as many rows as runs are to go on at once. Each run, when it has
ended, asks for the next account of its row. A job or an end that comes twice asks for the same run again; what was lost
is asked for when the batch is begun again, and by the daily upkeep.

batches/{id}.json    what was asked for, and the accounts
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from core.energy.accounts import accounts
from core.energy.jobs import send
from core.energy.settlement.job import WORKFLOW, SettleJob
from core.kernel import logs
from core.kernel.clock import rfc3339
from core.kernel.documents import AlreadyExists, Documents
from core.kernel.errors import Code, TrefoilError
from core.kernel.services import Services
from core.kernel.workflow import runs
from core.kernel.workflow.steps import Run

PREFIX = "batches"
READERS = 16
WAITING, GONE = "waiting", "gone"
KEPT = timedelta(days=14)
"""How long the daily upkeep goes on with a batch, as with a dead letter."""

log = logs.logger("settlement")


def begin(
    services: Services, batch: str, names: Sequence[str], *, month: str, estimate: bool, at_once: int
) -> dict[str, Any]:
    """Note a batch and begin it, or go on with it: what was lost on its way is asked for again. Returns its document.

    Raises `TrefoilError` (`CONFLICT`) for another batch of that name, and (`UNAVAILABLE`): begin it again.
    """
    document: dict[str, Any] = {
        "id": batch,
        "month": month,
        "estimate": estimate,
        "at_once": at_once,
        "accounts": list(names),
        "requested": rfc3339(services.clock()),
    }
    try:
        services.documents.create(_path(batch), document)
    except AlreadyExists:
        held = services.documents.get(_path(batch))
        if held is None or (held.value["month"], held.value["estimate"]) != (month, estimate):
            raise TrefoilError(Code.CONFLICT, f"there is another batch {batch}; give yours another name") from None
        document = held.value
    go_on(services, document)
    logs.info(log, "batch begun", batch=batch, accounts=len(document["accounts"]), month=document["month"])
    return document


def go_on(services: Services, document: Mapping[str, Any]) -> None:
    """In each row, ask for the first account whose run has not ended; for one that runs it changes nothing."""
    for row in range(min(document["at_once"], len(document["accounts"]))):
        for place in range(row, len(document["accounts"]), document["at_once"]):
            if _state(services.documents, document, place) in (WAITING, runs.RUNNING):
                send(services, _job(document, place))
                break


def resume(services: Services) -> int:
    """Go on with the batches of the last days that have not ended; returns how many. Doing it again is harmless."""
    count = 0
    for document in services.documents.values(PREFIX):
        if services.clock() - datetime.fromisoformat(document["requested"]) >= KEPT:
            continue
        found = progress(services.documents, document["id"])
        if found is not None and open_(found):
            go_on(services, document)
            count += 1
    return count


def open_(found: Mapping[str, Any]) -> bool:
    """Whether an account still waits or runs."""
    return bool(set(found["states"]) & {WAITING, runs.RUNNING})


def ended(services: Services, run: Run, document: Mapping[str, Any] | None) -> None:
    """When a run has ended, well or not: of a batch, ask for the account that comes after it in its row.

    A run that was removed meanwhile went with its account, of which nothing may be left.
    """
    if document is None:
        accounts.clear_remains(services.store, run.scope)
        return
    given = document["input"]
    held = services.documents.get(_path(given["batch"])) if given.get("batch") else None
    if held is None:
        return
    for place in range(given["place"] + held.value["at_once"], len(held.value["accounts"]), held.value["at_once"]):
        if _state(services.documents, held.value, place) != GONE:
            send(services, _job(held.value, place))
            return


def progress(documents: Documents, batch: str) -> dict[str, Any] | None:
    """How many accounts of a batch are done, failed, running, waiting and gone, and why those failed.

    None when there is no such batch.
    """
    held = documents.get(_path(batch))
    if held is None:
        return None
    names = held.value["accounts"]
    with ThreadPoolExecutor(READERS) as readers:
        found = list(readers.map(lambda account: runs.get(documents, run_of(batch, account)), names))
    failed = {run["scope"]: run["error"] for run in found if run is not None and run["error"]}
    states = Counter(
        run["state"] if run is not None else WAITING if accounts.exists(documents, account) else GONE
        for account, run in zip(names, found, strict=True)
    )
    return {"accounts": len(names), "states": dict(states), "failed": failed}


def _state(documents: Documents, document: Mapping[str, Any], place: int) -> str:
    account = document["accounts"][place]
    run = runs.get(documents, run_of(document["id"], account))
    if run is not None:
        return str(run["state"])
    return WAITING if accounts.exists(documents, account) else GONE


def run_of(batch: str, account: str) -> Run:
    """The one run of an account in a batch."""
    return Run(WORKFLOW, account, sha256(f"{batch}/{account}".encode()).hexdigest()[:32])


def _job(document: Mapping[str, Any], place: int) -> SettleJob:
    account = document["accounts"][place]
    run = run_of(document["id"], account)
    return SettleJob(account, run.id, document["month"], document["estimate"], document["id"], place)


def _path(batch: str) -> str:
    return f"{PREFIX}/{batch}.json"
