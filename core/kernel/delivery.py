"""Handing an event to the handler of the function that it is for. Adapters call nothing else of a function set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from core.kernel import cron, jobs, logs, telemetry
from core.kernel.clock import rfc3339
from core.kernel.events import Due, ObjectCreated, UnknownEvent, check_size, failure_of
from core.kernel.functions import Function, resolve
from core.kernel.processing import processing
from core.kernel.services import Services
from core.kernel.telemetry import NOTHING, Carried

log = logs.logger("events")

EARLY = timedelta(seconds=10)
"""A platform may fire so much before the time; the run is that time's all the same."""


def created(services: Services, function: Function, event: ObjectCreated) -> Any:
    """Returns what the handler does, and raises what it raises. An object of another prefix is passed over."""
    if not event.key.startswith(function.trigger.source):
        logs.warning(log, "an object of another prefix is passed over", key=event.key, prefix=function.trigger.source)
        return None
    with processing(function.name, services.clock, Carried(telemetry.known(event.key), event.sent)):
        return _call(services, function, event)


def created_together(services: Services, function: Function, events: Sequence[ObjectCreated]) -> list[Exception | None]:
    """Several events at once: None for each that was handled, or what failed it.

    A function that takes them together decides which have to do with each other; else each is handled by itself.
    """
    alone = partial(created, services, function)
    own = [event for event in events if event.key.startswith(function.trigger.source)]
    if function.together is None or len(own) < 2:
        return [failure_of(alone, event) for event in events]
    waited = [event.sent for event in own if event.sent is not None]
    with processing(function.name, services.clock, Carried(sent=min(waited, default=None))) as span:
        span.note({"messaging.batch.message_count": len(own)})
        for event in own:  # each object has a trace of its own, which leads to what was done for all of them
            telemetry.lead(f"process {function.name}", telemetry.known(event.key))
        found = dict(zip(own, resolve(function.together)(services, own), strict=True))
    return [found[event] if event in found else failure_of(alone, event) for event in events]


def message(services: Services, function: Function, body: bytes, carried: Carried = NOTHING) -> Any:
    """Returns what the handler does, or the job. Raises what these raise, and `UnknownEvent` for one too long."""
    with processing(function.name, services.clock, carried):
        check_size(body)
        if jobs.has(services.functions, function.queue):
            return jobs.run(services, function.queue, body)
        return _call(services, function, body)


def fire(services: Services, function: Function, at: datetime | None = None) -> Any:
    """Returns what the handler does with what was due when the schedule fired, and notes that it is done.

    Raises what the handler raises, and `TrefoilError(UNAVAILABLE)` when it can't be noted: then it fires again.

    `at` is when it fired, as the platform says it: the same when the firing is repeated. Without, it is now. Raises
    `UnknownEvent` for a time that can't be.
    """
    with processing(function.name, services.clock, NOTHING):
        try:
            due = cron.last_due(services.cron(function), (at or services.clock()) + EARLY)
        except (OverflowError, StopIteration):
            told = f"no schedule fires at {at}, at an end of the calendar; the event has: time"
            raise UnknownEvent(told) from None
        found = _call(services, function, Due(due))
        services.documents.put(f"schedules/{function.name}.json", {"due": rfc3339(due)})
        return found


def _call(services: Services, function: Function, event: Any) -> Any:
    if function.handler is None:
        raise AssertionError(f"{function.name} has no handler")
    return resolve(function.handler)(services, event)
