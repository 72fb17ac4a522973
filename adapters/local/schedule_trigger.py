"""Schedule trigger: strikes once for each day that a function is due on, at its time in UTC or as soon after as it can.

What was last struck for is a document of the store. So a server that was down at two o'clock strikes when it starts, a
clock that jumps over the time strikes after the jump, and one that is set back does not strike again. Of two servers on
one store both may strike, which the functions allow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from adapters.local.loop import Loop
from core.energy import schedules
from core.kernel import logs
from core.kernel.clock import rfc3339
from core.kernel.functions import BY_NAME
from core.kernel.services import Services

LOOK_EVERY = 1.0
RETRY_AFTER = 30.0
FUNCTIONS: Mapping[str, Callable[[Services], Any]] = {
    "forecast": schedules.forecast,
    "maintain": schedules.maintain,
}

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
        """Return when a function that was struck has ended."""
        self._loop.stop()

    def look(self) -> None:
        """Strike what is due. A failure is logged and struck again after `RETRY_AFTER`."""
        for name in FUNCTIONS:
            if self._monotonic() < self._retry_at.get(name, 0.0):
                continue
            with logs.context(function=name):
                try:
                    self._strike(name)
                except Exception as error:  # noqa: BLE001  whatever it was, the next look may succeed; this thread must not end
                    logs.error(log, "attempt failed", exception=error.__cause__ or error)
                    self._retry_at[name] = self._monotonic() + RETRY_AFTER

    def _strike(self, name: str) -> None:
        now = self._services.clock()
        due = rfc3339(schedules.last_due(BY_NAME[name].source, now))
        path = f"schedules/{name}.json"
        struck = self._services.documents.get(path)
        # What was struck for a day to come was struck by a clock that was wrong then.
        if struck is not None and due <= struck.value["due"] <= rfc3339(now + timedelta(days=1)):
            return
        FUNCTIONS[name](self._services)
        self._services.documents.put(path, {"due": due})
