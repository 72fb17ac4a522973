"""Batches: the settlement of many accounts for a month, so many at once, through the queue.

A batch is a document with its accounts in order. As many runs as are to go on at once are begun with it; each, when it
has ended, asks for the account so many places on. A job or an end that comes twice asks for the same run again.

batches/{id}.json    what was asked for, and the accounts
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

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
WAITING = "waiting"

log = logs.logger("settlement")


def begin(
    services: Services, batch: str, accounts: Sequence[str], *, month: str, estimate: bool, at_once: int
) -> dict[str, Any]:
    """Note a batch and begin it; doing it again, also after a crash in it, makes no second one. Returns its document.

    Raises `TrefoilError` (`CONFLICT`) for another batch of that name, and (`UNAVAILABLE`): begin it again.
    """
    document: dict[str, Any] = {
        "id": batch,
        "month": month,
        "estimate": estimate,
        "at_once": at_once,
        "accounts": list(accounts),
        "requested": rfc3339(services.clock()),
    }
    try:
        services.documents.create(_path(batch), document)
    except AlreadyExists:
        held = services.documents.get(_path(batch))
        if held is None or (held.value["month"], held.value["estimate"]) != (month, estimate):
            raise TrefoilError(Code.CONFLICT, f"there is another batch {batch}; give yours another name") from None
        document = held.value
    for place in range(min(document["at_once"], len(document["accounts"]))):
        send(services, _job(document, place))
    logs.info(log, "batch begun", batch=batch, accounts=len(document["accounts"]), month=document["month"])
    return document


def ended(services: Services, _: Run, document: Mapping[str, Any]) -> None:
    """When a run of a batch has ended, well or not: ask for the account that comes after it in its row."""
    given = document["input"]
    if not given.get("batch"):
        return
    held = services.documents.get(_path(given["batch"]))
    if held is None:
        return
    place = given["place"] + held.value["at_once"]
    if place < len(held.value["accounts"]):
        send(services, _job(held.value, place))


def progress(documents: Documents, batch: str) -> dict[str, Any] | None:
    """How many accounts of a batch are done, failed, running and waiting, and why those failed; None: no such batch."""
    held = documents.get(_path(batch))
    if held is None:
        return None
    accounts = held.value["accounts"]
    with ThreadPoolExecutor(READERS) as readers:
        found = list(readers.map(lambda account: runs.get(documents, run_of(batch, account)), accounts))
    states = Counter(WAITING if run is None else run["state"] for run in found)
    failed = {run["scope"]: run["error"] for run in found if run is not None and run["error"]}
    return {"accounts": len(accounts), "states": dict(states), "failed": failed}


def run_of(batch: str, account: str) -> Run:
    """The one run of an account in a batch."""
    return Run(WORKFLOW, account, sha256(f"{batch}/{account}".encode()).hexdigest()[:32])


def _job(document: Mapping[str, Any], place: int) -> SettleJob:
    account = document["accounts"][place]
    run = run_of(document["id"], account)
    return SettleJob(account, run.id, document["month"], document["estimate"], document["id"], place)


def _path(batch: str) -> str:
    return f"{PREFIX}/{batch}.json"
