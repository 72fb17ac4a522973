"""What the schedule starts, daily at 02:00 UTC. It only asks for jobs, so striking twice or late is harmless."""

from __future__ import annotations

from typing import Any

from core import accounts, exports, logs
from core.dead_letters import DeadLetters
from core.jobs.messages import Forecast, Maintain, send
from core.services import Services

log = logs.logger("schedule")


def forecast(services: Services) -> dict[str, Any]:
    """Ask for today's run of the forecast job. Raises `TrefoilError(UNAVAILABLE)`: strike again."""
    day = services.clock().date().isoformat()
    send(services, Forecast(day))
    logs.info(log, "forecast asked for", date=day)
    return {"date": day}


def maintain(services: Services) -> dict[str, Any]:
    """Remove old dead letters and exports, and ask for the maintenance of every account's table.

    Raises `TrefoilError(UNAVAILABLE)`: strike again, it begins anew.
    """
    letters = DeadLetters(services.documents, services.clock).expire()
    files = exports.expire(services.store, services.clock)
    names = accounts.names(services.documents)
    for account in names:
        send(services, Maintain(account))
    logs.info(log, "maintenance asked for", accounts=len(names), expired_letters=letters, expired_exports=files)
    return {"accounts": len(names), "expired_letters": letters, "expired_exports": files}
