"""Schedule trigger: fires once for each time that a function is due, in UTC or as soon after as it can.

What was last fired for is a document of the store. So a server that was down then fires once when it starts, a
clock that jumps over the time fires after the jump, and one that is set back does not fire again. Of two servers on
one store both may fire, which the functions allow.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from adapters.local.loop import Loop
from core.kernel import cron, delivery, logs
from core.kernel.clock import rfc3339
from core.kernel.functions import Function
from core.kernel.services import Services
from core.kernel.triggers import Schedule

LOOK_EVERY = 1.0
RETRY_AFTER = 30.0

log = logs.logger("trigger")


class ScheduleTrigger:
    """Looks at the clock in a thread of its own, from `start` until `stop`."""

    def __init__(self, services: Services, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._monotonic = monotonic
        self._retry_at: dict[str, float] = {}
        self._loop = Loop("schedule-trigger", self.look, LOOK_EVERY)

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        """Return when a function that was fired has ended."""
        self._loop.stop()

    def look(self) -> None:
        """Fire what is due. A failure is logged and fired again after `RETRY_AFTER`."""
        for function in self._services.functions.of(Schedule):
            name = function.name
            if self._monotonic() < self._retry_at.get(name, 0.0):
                continue
            with logs.context(function=name):
                try:
                    self._fire(function)
                except Exception as error:  # noqa: BLE001  whatever it was, the next look may succeed; this thread must not end
                    logs.error(log, "attempt failed", exception=error.__cause__ or error)
                    self._retry_at[name] = self._monotonic() + RETRY_AFTER

    def _fire(self, function: Function) -> None:
        now = self._services.clock()
        at = cron.last_due(self._services.cron(function), now)
        due = rfc3339(at)
        path = f"schedules/{function.name}.json"
        fired = self._services.documents.get(path)
        # What was fired for a day to come was fired by a clock that was wrong then.
        if fired is not None and due <= fired.value["due"] <= rfc3339(now + timedelta(days=1)):
            return
        delivery.fire(self._services, function, at)
