"""Queue trigger: takes the messages of the queue `jobs` and hands each to core until it is done.

A failure is tried again with growing delay; after the fifth attempt the message becomes a dead letter. The attempts are
counted in the queue when a message is taken, so one that kills the process itself becomes a dead letter too.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from adapters.local.loop import Loop
from adapters.local.queue import LEASE, LONGEST_DELAY, Delivery, SqliteQueue
from core.energy.jobs import run
from core.kernel import dead_letters, logs
from core.kernel.errors import TrefoilError
from core.kernel.functions import BY_NAME
from core.kernel.services import Services

LOOK_EVERY = 0.3
"""Seconds between two looks for messages."""
FIRST_DELAY = 1.0
"""Seconds until the second attempt; doubled for each further one, up to `LONGEST_DELAY`."""
WORKERS = 2
UNTOLD = "the process died in its attempts, or the store was down; see the log lines of jobs"

log = logs.logger("trigger")


class QueueTrigger:
    """Works in threads of its own, from `start` until `stop`."""

    def __init__(self, services: Services, queue: SqliteQueue) -> None:
        self._services = services
        self._queue = queue
        self._limit = BY_NAME["jobs"].attempts
        self._running: set[Delivery] = set()
        self._extended = time.monotonic()
        self._stopping = False
        self._lock = Lock()
        self._loop = Loop("queue-trigger", self.look, LOOK_EVERY)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="jobs")

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        """Return when running jobs have ended; no new one is begun."""
        self._stopping = True
        self._workers.shutdown()  # the loop goes on extending their leases
        self._loop.stop()

    def look(self) -> None:
        """Extend the leases of what runs, and begin what is visible as long as there are workers."""
        if time.monotonic() - self._extended > LEASE / 3:
            self._extended = time.monotonic()
            with self._lock:
                for delivery in self._running:
                    self._queue.put_back(delivery, LEASE)
        while not self._stopping and len(self._running) < WORKERS and (taken := self._queue.take()) is not None:
            with self._lock:
                self._running.add(taken)
            self._workers.submit(self._deliver, taken)

    def _deliver(self, delivery: Delivery) -> None:
        with logs.context(function="jobs", message_id=delivery.id, attempt=delivery.attempts):
            done = self._attempt(delivery)
            delay = min(FIRST_DELAY * 2 ** min(delivery.attempts - 1, 6), LONGEST_DELAY)
            # Under the lock, so that no extension of the lease comes after it.
            with self._lock:
                self._running.discard(delivery)
                try:
                    self._queue.finish(delivery) if done else self._queue.put_back(delivery, delay)
                except TrefoilError as error:
                    # The lease ends by itself, and then the message is taken again.
                    logs.error(log, "could not tell the queue", exception=error.__cause__ or error)

    def _attempt(self, delivery: Delivery) -> bool:
        """Do the job, or bury it when its attempts are used up; says whether the message may go."""
        if delivery.attempts > self._limit:
            return self._bury(delivery, UNTOLD)
        try:
            run(self._services, delivery.body)
        except Exception as error:  # noqa: BLE001  whatever it was, the message is tried again and never lost
            logs.error(log, "attempt failed", exception=error.__cause__ or error)
            return delivery.attempts == self._limit and self._bury(delivery, f"{type(error).__name__}: {error}")
        return True

    def _bury(self, delivery: Delivery, reason: str) -> bool:
        """Write the letter before the message goes: a crash between the two only buries it again."""
        try:
            attempts = min(delivery.attempts, self._limit)
            dead_letters.bury_job(self._services, delivery.body, attempts=attempts, reason=reason)
        except Exception as error:  # noqa: BLE001  the store is down: the message stays, and is buried later
            logs.error(log, "dead letter not written", exception=error.__cause__ or error)
            return False
        return True
