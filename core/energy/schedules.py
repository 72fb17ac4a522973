"""What the schedule starts, daily at 02:00 UTC. It only asks for jobs, so striking twice or late is harmless."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.energy.accounts import accounts
from core.energy.exports import documents as exports
from core.energy.messages import DeleteAccount, Forecast, Maintain, send
from core.kernel import logs
from core.kernel.dead_letters import DeadLetters
from core.kernel.errors import Code, TrefoilError
from core.kernel.functions import BY_NAME
from core.kernel.services import Services

EARLY = timedelta(minutes=5)
"""A platform may strike so much before the time; the run is that time's all the same."""

log = logs.logger("schedule")


def forecast(services: Services) -> dict[str, Any]:
    """Ask for the run that is due, by its day. Raises `TrefoilError(UNAVAILABLE)`: strike again."""
    day = last_due(BY_NAME["forecast"].source, services.clock() + EARLY).date().isoformat()
    send(services, Forecast(day))
    logs.info(log, "forecast asked for", date=day)
    return {"date": day}


def maintain(services: Services) -> dict[str, Any]:
    """Remove old dead letters and exports, and ask for the maintenance of every account's table.

    A deletion that has begun and not ended is asked for again. A job that the queue does not take keeps no other from
    being sent; then this raises `TrefoilError(UNAVAILABLE)`: strike again, it begins anew.
    """
    letters = DeadLetters(services.documents, services.clock).expire()
    files = exports.expire(services.store, services.clock)
    count, refused = 0, 0
    for account, identity, deleting in accounts.states(services.documents):
        count += 1
        try:
            send(services, DeleteAccount(account, identity) if deleting else Maintain(account))
        except TrefoilError as error:
            refused += 1
            logs.error(log, "job not sent", account=account, exception=error.__cause__ or error)
    logs.info(log, "maintenance asked for", accounts=count, expired_letters=letters, expired_exports=files)
    if refused:
        raise TrefoilError(Code.UNAVAILABLE, f"the queue did not take {refused} of {count} jobs")
    return {"accounts": count, "expired_letters": letters, "expired_exports": files}


def last_due(cron: str, now: datetime) -> datetime:
    """The last time, not after `now`, that a daily cron expression (UTC) names. Raises `ValueError` for any other."""
    minute, hour, *days = cron.split()
    if days != ["*", "*", "*"]:
        raise ValueError(f"only daily schedules are known, not {cron!r}")
    today = now.astimezone(UTC).replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)
