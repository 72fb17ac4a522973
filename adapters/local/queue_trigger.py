"""Queue trigger: takes the messages of a function's queue and hands each to core until it is done.

A failure is tried again with growing delay; after the last attempt the message becomes a dead letter. The attempts are
counted in the queue when a message is taken, so one that kills the process itself becomes a dead letter too.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from adapters.local.loop import Loop
from adapters.local.queue import LEASE, LONGEST_DELAY, Delivery, SqliteQueue
from core.kernel import dead_letters, delivery, logs
from core.kernel.errors import TrefoilError
from core.kernel.functions import Function
from core.kernel.services import Services

LOOK_EVERY = 0.3
"""Seconds between two looks for messages."""
FIRST_DELAY = 1.0
"""Seconds until the second attempt; doubled for each further one, up to `LONGEST_DELAY`."""
WORKERS = 2
UNTOLD = "the process died in its attempts, or the store was down; see the log lines of {function}"

log = logs.logger("trigger")


class QueueTrigger:
    """Works in threads of its own, from `start` until `stop`."""

    def __init__(self, services: Services, function: Function, queue: SqliteQueue) -> None:
        self._services = services
        self._function = function
        self._queue = queue
        self._limit = function.attempts
        self._running: set[Delivery] = set()
        self._extended = time.monotonic()
        self._stopping = False
        self._lock = Lock()
        self._loop = Loop(f"{function.name}-queue", self.look, LOOK_EVERY)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix=function.name)

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        """Return when what runs has ended; nothing new is begun."""
        self._stopping = True
        self._workers.shutdown()  # the loop goes on extending their leases
        self._loop.stop()

    def look(self) -> None:
        """Extend the leases of what runs, and begin what is visible as long as there are workers."""
        if time.monotonic() - self._extended > LEASE / 3:
            self._extended = time.monotonic()
            with self._lock:
                for running in self._running:
                    self._queue.put_back(running, LEASE)
        while not self._stopping and len(self._running) < WORKERS and (taken := self._queue.take()) is not None:
            with self._lock:
                self._running.add(taken)
            self._workers.submit(self._deliver, taken)

    def _deliver(self, taken: Delivery) -> None:
        with logs.context(function=self._function.name, message_id=taken.id, attempt=taken.attempts):
            done = self._attempt(taken)
            delay = min(FIRST_DELAY * 2 ** min(taken.attempts - 1, 6), LONGEST_DELAY)
            # Under the lock, so that no extension of the lease comes after it.
            with self._lock:
                self._running.discard(taken)
                try:
                    self._queue.finish(taken) if done else self._queue.put_back(taken, delay)
                except TrefoilError as error:
                    # The lease ends by itself, and then the message is taken again.
                    logs.error(log, "could not tell the queue", exception=error.__cause__ or error)

    def _attempt(self, taken: Delivery) -> bool:
        """Hand it over, or bury it when its attempts are used up; says whether the message may go."""
        if taken.attempts > self._limit:
            return self._bury(taken, UNTOLD.format(function=self._function.name))
        try:
            delivery.message(self._services, self._function, taken.body, taken.carried)
        except Exception as error:  # noqa: BLE001  whatever it was, the message is tried again and never lost
            logs.error(log, "attempt failed", exception=error.__cause__ or error)
            return taken.attempts == self._limit and self._bury(taken, f"{type(error).__name__}: {error}")
        return True

    def _bury(self, taken: Delivery, reason: str) -> bool:
        """Write the letter before the message goes: a crash between the two only buries it again."""
        try:
            attempts = min(taken.attempts, self._limit)
            name = self._function.name
            dead_letters.bury_message(self._services, name, taken.body, attempts=attempts, reason=reason)
        except Exception as error:  # noqa: BLE001  the store is down: the message stays, and is buried later
            logs.error(log, "dead letter not written", exception=error.__cause__ or error)
            return False
        return True
