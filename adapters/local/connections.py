"""How many connections the server holds. For one more, the one is closed that has kept it waiting the longest.

Whoever opens connections and says nothing would else take every file that the process may open: nobody could be let in
any more, and ingestion, which opens files too, would stand still for as long as that lasts.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTIONS = 500
"""At most. Each may hold an answer of 4 MiB that nobody reads."""
SHARE = 6
"""A connection for so many files that the process may open: as many again may be let in at each of two turns of the
event loop before the first of the old ones is closed, and the other half is for the work itself."""


def room() -> int:
    """How many connections there is room for, with as many open files as the system allows the process."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS * SHARE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        more = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):  # where it may not be raised, it stays
            resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, min(CONNECTIONS, soft // SHARE))


def bounded(most: int) -> type[asyncio.Protocol]:
    """uvicorn's protocol, of which there are at most so many connections.

    One keeps the server waiting as long as its client has to act: to send a request or the rest of one, or to read its
    answer. What the server works on is never closed; it takes on far fewer requests than there are connections.
    """
    held: dict[Connection, None] = {}  # in the order in which their clients did something last

    class Connection(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            held[self] = None
            if len(held) > most:
                longest = next((one for one in held if one.waits), self)
                del held[longest]
                longest.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            held.pop(self, None)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            self._acted()
            super().data_received(data)

        def resume_writing(self) -> None:
            self._acted()
            super().resume_writing()

        @property
        def waits(self) -> bool:
            """Whether it is the client's turn."""
            cycle = self.cycle
            done = cycle is None or cycle.response_complete or cycle.more_body
            return done or self.transport.get_write_buffer_size() > 0

        def _acted(self) -> None:
            if self in held:  # and not closed just now
                held[self] = held.pop(self)

    return Connection
