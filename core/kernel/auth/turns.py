"""Few logins at a time: a password's hash is made to be slow, and nobody has to be known to ask for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import BoundedSemaphore

from core.kernel.errors import too_many_requests

PATIENCE = 10.0
"""Seconds that a login waits for a turn, of the 29 that a request has: it may need two."""

Turn = Callable[[], AbstractContextManager[None]]
"""A turn to hash in, each time it is called."""


class Turns:
    """The logins of one process: beyond `places` they are sent away, and so many hashes are made at once.

    Each hash takes 19 MiB and a core for as long as it takes. A process must serve more requests at once than
    there are places, so that logins never take all of it.
    """

    def __init__(self, *, at_once: int = 1, places: int = 2) -> None:
        self._turns = BoundedSemaphore(at_once)
        self._places = BoundedSemaphore(places)

    @contextmanager
    def place(self) -> Iterator[Turn]:
        """Log somebody in; gives the turns to hash a password in.

        Raises `TrefoilError(TOO_MANY_REQUESTS)` where no place is left. So does a turn that takes too long to come.
        """
        if not self._places.acquire(blocking=False):
            raise too_many_requests("too many people log in at once", 1)
        try:
            yield self._turn
        finally:
            self._places.release()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=PATIENCE):
            raise too_many_requests("too many people log in at once", 1)
        try:
            yield
        finally:
            self._turns.release()
