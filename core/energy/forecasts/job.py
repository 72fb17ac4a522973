"""The forecast job: every configured site's next days, fetched once for each day that it was due on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date
from typing import Any

import msgspec

from core.energy.forecasts import documents as forecasts
from core.energy.forecasts import settings, weather
from core.energy.forecasts.settings import Site
from core.energy.jobs import send
from core.kernel import logs
from core.kernel.clock import rfc3339
from core.kernel.errors import Code, TrefoilError
from core.kernel.events import Due, NotReplayable, UnknownEvent
from core.kernel.services import Services

AT_ONCE = 16
STORED, FAILED = "stored", "failed"

log = logs.logger("forecast")


class ForecastJob(msgspec.Struct, tag_field="job", tag="forecast", frozen=True):
    """Fetch the forecasts that were due on a day (UTC)."""

    date: str


def ask(services: Services, due: Due) -> dict[str, Any]:
    """Ask for the run that is due, by its day. Raises `TrefoilError(UNAVAILABLE)`: fire again."""
    day = due.at.date().isoformat()
    send(services, ForecastJob(day))
    logs.info(log, "forecast asked for", date=day)
    return {"date": day}


def fetch(services: Services, job: ForecastJob) -> dict[str, Any]:
    """Fetch and store what the run of that day still lacks; returns what became of each site.

    A site that was stored for the day is not asked for again, so a repeated job does nothing. Raises
    `TrefoilError(UNAVAILABLE)` naming the sites that failed, when the others are stored: deliver the job again.
    """
    try:
        day = date.fromisoformat(job.date).isoformat()
    except ValueError:
        raise UnknownEvent(f"the date {job.date!r} of the forecast job is no date such as 2026-01-31") from None
    documents = services.documents
    before = forecasts.run(documents, day)
    due = [s for s in settings.of(services).sites if before.get(s.name, {}).get("status") != STORED]
    if not due:
        logs.info(log, "nothing to fetch", date=day, sites=len(settings.of(services).sites))
        return before
    with ThreadPoolExecutor(min(AT_ONCE, len(due)), thread_name_prefix="forecast") as pool:
        # Each in a context of its own, so that its log lines carry what those of the job do.
        running = {site.name: pool.submit(copy_context().run, _site, services, day, site) for site in due}
        states = {name: future.result() for name, future in running.items()}
    run = forecasts.note(documents, day, states)
    failed = [f"{name} ({state['error']})" for name, state in states.items() if state["status"] == FAILED]
    logs.info(log, "fetched", date=day, stored=len(states) - len(failed), failed=len(failed))
    if failed:
        raise TrefoilError(Code.UNAVAILABLE, f"no forecast of {day} for {', '.join(failed)}")
    return run


def check_replay(services: Services, job: ForecastJob) -> None:
    """Raises `NotReplayable` when the job would do nothing here, only because this process has other settings."""
    if unknown := _unconfigured(services, job):
        raise NotReplayable(
            f"{', '.join(unknown)} can't be fetched here: set TREFOIL_FORECAST_SITES as the functions have it, "
            "and TREFOIL_FORECAST_URL if theirs is not the default"
        )


def _unconfigured(services: Services, job: ForecastJob) -> list[str]:
    """The sites that the run of that day lacks but nobody configured here; `any site` when there is none at all."""
    configured = {site.name for site in settings.of(services).sites}
    run = forecasts.run(services.documents, job.date)
    lacking = [name for name, state in run.items() if state["status"] != STORED and name not in configured]
    return lacking or ([] if configured else ["any site"])


def _site(services: Services, day: str, site: Site) -> dict[str, Any]:
    try:
        found = weather.fetch(settings.of(services).url, site)
    except weather.Failed as error:
        logs.warning(log, "site failed", site=site.name, date=day, reason=str(error))
        return {"status": FAILED, "error": str(error), "at": rfc3339(services.clock())}
    at = rfc3339(services.clock())
    place = {"site": site.name, "latitude": site.latitude, "longitude": site.longitude}
    forecasts.store(services.documents, site.name, {**place, "date": day, "fetched_at": at, **found})
    return {"status": STORED, "at": at}
