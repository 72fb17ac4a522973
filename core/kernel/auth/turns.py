"""Few logins at a time: a password's hash is made to be slow, and nobody has to be known to ask for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from core.kernel.errors import too_many_requests

PATIENCE = 10.0
"""Seconds that a login waits for its turn."""


class Turns:
    """The logins of one process: so many go on at once, others wait, and beyond `places` they are sent away.

    Each that goes on takes 64 MiB and a core or more for as long as a hash takes. A process must serve more requests
    at once than there are places, so that logins never take all of it.
    """

    def __init__(self, *, at_once: int = 1, places: int = 2) -> None:
        self._turns = BoundedSemaphore(at_once)
        self._places = BoundedSemaphore(places)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn. Raises `TrefoilError(TOO_MANY_REQUESTS)` where no place is left, or it takes too long."""
        if not self._places.acquire(blocking=False):
            raise too_many_requests("too many people log in at once", 1)
        try:
            if not self._turns.acquire(timeout=PATIENCE):
                raise too_many_requests("too many people log in at once", 1)
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()
