"""The daily tidying: it removes what is old, and asks for the jobs that keep each account in order."""

from __future__ import annotations

from typing import Any

from core.energy.accounts import accounts
from core.energy.accounts.deletion import DeletionJob
from core.energy.exports import documents as exports
from core.energy.jobs import send
from core.energy.readings.maintenance import MaintenanceJob
from core.energy.settlement import batches
from core.energy.settlement.month import before
from core.kernel import logs
from core.kernel.auth import login
from core.kernel.dead_letters import DeadLetters
from core.kernel.errors import Code, TrefoilError
from core.kernel.events import Due
from core.kernel.services import Services
from core.kernel.store import UNFINISHED_FOR, erase_unfinished
from core.kernel.triggers import Object
from core.kernel.workflow import runs

log = logs.logger("schedule")


def settle(services: Services, due: Due) -> dict[str, Any]:
    """Begin the settlement of every account for the month before, where that is switched on; twice is once."""
    settling = services.own.settling
    if not settling.monthly:
        logs.info(log, "not switched on")
        return {"batch": None}
    month = before(due.at.date()).name
    names = accounts.living(services.documents)
    batch = batches.begin(
        services, f"monthly-{month}", names, month=month, estimate=settling.estimate, at_once=settling.at_once
    )
    return {"batch": batch["id"], "accounts": len(batch["accounts"])}


def maintain(services: Services, _: Due) -> dict[str, Any]:
    """Remove old dead letters, exports, runs and counts of failed logins, what crashes left of files that were being
    written, and ask for every account's maintenance.

    A deletion that has begun and not ended is asked for again, and a batch of settlements goes on. A job that the queue
    does not take keeps no other from being sent; then this raises `TrefoilError(UNAVAILABLE)`: fire again, it begins
    anew.
    """
    letters = DeadLetters(services.documents, services.clock).expire()
    files = exports.expire(services.store, services.clock)
    names = login.expire(services.store, services.clock)
    dropped = [function.trigger.source for function in services.functions.of(Object)]
    unfinished = erase_unfinished(services.store, before=services.clock() - UNFINISHED_FOR, but=dropped)
    count, refused = 0, 0
    for account, identity, deleting in accounts.states(services.documents):
        count += 1
        try:
            send(services, DeletionJob(account, identity) if deleting else MaintenanceJob(account))
        except TrefoilError as error:
            refused += 1
            logs.error(log, "job not sent", account=account, exception=error.__cause__ or error)
    going_on = batches.resume(services)
    past = runs.expire(services.store, services.clock)
    expired = {
        "expired_letters": letters,
        "expired_exports": files,
        "expired_logins": names,
        "expired_runs": past,
        "unfinished_files": unfinished,
        "batches": going_on,
    }
    logs.info(log, "maintenance asked for", accounts=count, **expired)
    if refused:
        raise TrefoilError(Code.UNAVAILABLE, f"the queue did not take {refused} of {count} jobs")
    return {"accounts": count, "expired_letters": letters, "expired_exports": files}
