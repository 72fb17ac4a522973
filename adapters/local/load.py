"""How much the server takes on at a time; what is beyond that is refused at once.

A queue without an end answers everybody late: at twice what can be done it grows for as long as that lasts, and what is
answered then, nobody waits for any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.kernel import logs
from core.kernel.errors import Code, TrefoilError

TELL_EVERY = 1.0
"""Seconds between two lines of the log about what was refused: a line for each would be work for what is no work."""

log = logs.logger("api")


class Load:
    """The requests that are worked on or wait for it, and the bytes of bodies that are in memory.

    Counted in the event loop's thread alone, so without a lock.
    """

    def __init__(self, *, requests: int, body_bytes: int) -> None:
        self._requests = requests
        self._body_bytes = body_bytes
        self._refused = 0
        self._told = -TELL_EVERY

    @contextmanager
    def request(self) -> Iterator[None]:
        """Work on one more request. Raises `TrefoilError(UNAVAILABLE)` when there are enough."""
        if self._requests == 0:
            raise self._busy()
        self._requests -= 1
        try:
            yield
        finally:
            self._requests += 1

    @contextmanager
    def body(self) -> Iterator[Callable[[int], None]]:
        """Hold a body, which grows by as many bytes as the function is told.

        It raises `TrefoilError(UNAVAILABLE)` when that is more than there is room for.
        """
        held = 0

        def grow(size: int) -> None:
            nonlocal held
            if size > self._body_bytes:
                raise self._busy()
            self._body_bytes -= size
            held += size

        try:
            yield grow
        finally:
            self._body_bytes += held

    def _busy(self) -> TrefoilError:
        self._refused += 1
        if time.monotonic() - self._told >= TELL_EVERY:
            logs.warning(log, "requests were refused: too many at once", refused=self._refused)
            self._refused, self._told = 0, time.monotonic()
        detail = "too much is asked of the server at once; try again in a second"
        return TrefoilError(Code.UNAVAILABLE, detail, headers={"Retry-After": "1"})
