"""Object trigger: notices files under a function's prefix and hands each to it until it is done.

The store itself is the queue: an object is due until this process has handed its current revision over. So nothing
is lost when the process is killed, or was not running when a file was dropped, and two servers on one store do no harm.
A file is taken once it has stopped changing between two looks. A failure is tried again with growing delay; after the
last attempt the event becomes a dead letter, which `trefoil dead-letters` lists, shows and replays.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapters.local.loop import Loop
from core.kernel import delivery, logs
from core.kernel.dead_letters import DeadLetters
from core.kernel.errors import TrefoilError
from core.kernel.events import GivenUp, ObjectCreated
from core.kernel.functions import Function
from core.kernel.services import Services

LOOK_EVERY = 0.4
"""Seconds between two looks; a dropped file is taken after one to two of them."""
FIRST_DELAY = 1.0
"""Seconds until the second attempt; doubled for each further one."""
WORKERS = 2

Revision = tuple[str, str]
"""A key, and what changes whenever the file there does."""
# Control characters, what is not UTF-8 (surrogates), and object_store's own names for unfinished files.
_UNADDRESSABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]|#[0-9]+$")

log = logs.logger("trigger")


@dataclass(slots=True)
class _Attempts:
    count: int = 0
    next_at: float = 0.0


def _dropped(revision: Revision) -> datetime:
    """When the file was last changed."""
    return datetime.fromtimestamp(int(revision[1].split("-")[1]) / 1e9, UTC)


class ObjectTrigger:
    """Watches the store in a thread of its own, from `start` until `stop`."""

    def __init__(
        self,
        services: Services,
        function: Function,
        dead_letters: DeadLetters,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        folder = services.store.folder
        if folder is None:
            raise ValueError("the object trigger watches a folder; the store has none")
        self._services = services
        self._function = function
        self._folder = folder
        self._unaddressable: set[str] = set()
        self._dead_letters = dead_letters
        self._monotonic = monotonic
        self._limit = function.attempts
        self._seen: set[Revision] = set()
        self._done: set[Revision] = set()
        self._attempts: dict[Revision, _Attempts] = {}
        self._running: dict[Revision, Future[None]] = {}
        self._loop = Loop(f"{function.name}-objects", self.look, LOOK_EVERY)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix=function.name)

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        """Return when what runs has ended; nothing new is begun."""
        self._loop.stop()
        self._workers.shutdown()

    def look(self) -> None:
        """Begin what is due. A revision is due when it was there at the last look too and is neither done nor dead."""
        found = self._find()
        self._running = {revision: future for revision, future in self._running.items() if not future.done()}
        dead = self._dead_letters.revisions()
        for revision in sorted(found & self._seen):
            if revision in self._done or revision in self._running:
                continue
            if revision in dead:
                # Replaying a dead letter removes it, and its attempts begin anew.
                self._attempts.pop(revision, None)
                continue
            attempts = self._attempts.setdefault(revision, _Attempts())
            if self._monotonic() >= attempts.next_at:
                self._running[revision] = self._workers.submit(self._deliver, revision, attempts)
        self._seen = found
        self._done &= found

    def _find(self) -> set[Revision]:
        """Every file under the prefix as it is now. Names that no object store can address are logged once."""
        found = set()
        for folder, _, names in os.walk(self._folder / self._function.trigger.source):
            for name in names:
                path = Path(folder, name)
                key = path.relative_to(self._folder).as_posix()
                if _UNADDRESSABLE.search(key):
                    if key not in self._unaddressable:
                        self._unaddressable.add(key)
                        logs.error(log, "a file whose name no object store can address; rename it", key=repr(key))
                    continue
                with suppress(FileNotFoundError):
                    status = path.stat()
                    found.add((key, f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"))
        return found

    def _deliver(self, revision: Revision, attempts: _Attempts) -> None:
        event = ObjectCreated(revision[0], _dropped(revision))
        attempts.count += 1
        with logs.context(function=self._function.name, key=event.key):
            try:
                delivery.created(self._services, self._function, event)
            except Exception as error:  # noqa: BLE001  whatever it was, the event is tried again and never lost
                cause = error.__cause__ or error
                logs.error(log, "attempt failed", exception=cause, attempt=attempts.count)
                attempts.next_at = self._monotonic() + FIRST_DELAY * 2 ** (attempts.count - 1)
                if attempts.count >= self._limit:
                    self._bury(revision, attempts, cause)
                return
            self._done.add(revision)
            self._attempts.pop(revision, None)

    def _bury(self, revision: Revision, attempts: _Attempts, cause: BaseException) -> None:
        named = {"key": revision[0], "revision": revision[1]}
        try:
            self._dead_letters.bury(GivenUp(self._function.name, named, attempts.count, repr(cause)))
        except TrefoilError as error:
            # The store is down: the object stays due, and is tried and buried again later.
            logs.error(log, "dead letter not written", exception=error)
        attempts.count = 0
