"""The `jobs` function: one message of the queue.

Delivery is at least once, unordered. Every job may be repeated, also after a crash at any line: what it has done is in
the store, and it looks there first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.energy.accounts.deletion import delete_account
from core.energy.exports import documents as exports
from core.energy.exports.job import export
from core.energy.forecasts.job import fetch, unconfigured
from core.energy.messages import DeleteAccount, Export, Forecast, Maintain, decode
from core.energy.readings.maintenance import maintain
from core.kernel import logs
from core.kernel.events import NotReplayable, UnknownEvent
from core.kernel.functions import BY_NAME
from core.kernel.services import Services

_HANDLERS: dict[type, Callable[[Services, Any], Any]] = {
    Export: export,
    DeleteAccount: delete_account,
    Maintain: maintain,
    Forecast: fetch,
}


def run(services: Services, message: bytes) -> Any:
    """Do the job in a message; returns what it found out, as JSON values.

    Raises `UnknownEvent` for a message that is no job, and `TrefoilError(UNAVAILABLE)` when the store or a source
    fails: deliver the message again.
    """
    job = decode(message)
    with logs.context(job=type(job).__struct_config__.tag):
        return _HANDLERS[type(job)](services, job)


def given_up(services: Services, message: bytes, letter: str) -> None:
    """Tell whoever waits for the job that it failed. A replay of its dead letter may still do it."""
    try:
        job = decode(message)
    except UnknownEvent:
        return
    if isinstance(job, Export):
        error = f"the job failed {BY_NAME['jobs'].attempts} times; an operator can replay it, as dead letter {letter}"
        exports.finish(services.documents, job.account, job.id, status=exports.FAILED, error=error)


def replay(services: Services, message: bytes) -> Any:
    """`run` in another process than the function's own, whose settings may be others.

    Raises `NotReplayable` when the job would do nothing here only because of them.
    """
    job = decode(message)
    if isinstance(job, Forecast) and (unknown := unconfigured(services, job)):
        raise NotReplayable(
            f"{', '.join(unknown)} can't be fetched here: set TREFOIL_FORECAST_SITES as the functions have it, "
            "and TREFOIL_FORECAST_URL if theirs is not the default"
        )
    return run(services, message)
