"""What every trigger of the local provider does: look again and again whether something is due."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

from core.kernel import logs

log = logs.logger("trigger")


class Loop:
    """Calls `look` at once and then every so many seconds, in a thread of its own, from `start` until `stop`.

    Whatever it raises is logged: the next look may succeed, and the thread must not end.
    """

    def __init__(self, name: str, look: Callable[[], None], every: float) -> None:
        self._name = name
        self._look = look
        self._every = every
        self._stop = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return when a look that is under way has ended."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
            except Exception as error:  # noqa: BLE001  see the class
                logs.error(
                    log, "could not look for what is due", trigger=self._name, exception=error.__cause__ or error
                )
            self._stop.wait(self._every)
