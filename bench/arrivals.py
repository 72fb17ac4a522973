"""Requests that arrive at a rate, whether or not earlier ones are answered, and how long each took from its time on.

Who waits for an answer before asking again asks a slow server less, and never sees what its queue does to others.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SEED = 20260101
GIVEN_UP = 30.0
"""Seconds after which a client gives up; it is counted with the status 0."""
IDLE = 2.0
"""Seconds that a connection is kept for another request: less than the server keeps it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to make, under the name by which its answers are counted."""

    name: str
    method: str
    path: str
    token: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Beside those that the others stand for; a `Host` among them takes the place of the one that is asked."""
    expects: tuple[int, ...] = (200,)
    """The statuses of a right answer."""
    holds: bytes = b""
    """What the body of an answer with the first of them has in it."""

    def encoded(self, host: str) -> bytes:
        named = {"Host": host, "Content-Length": str(len(self.body)), **self.headers}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
        lines += [f"Authorization: Bearer {self.token}"] if self.token else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one request: its name, status, and seconds since the time at which it was to be sent."""

    name: str
    status: int
    seconds: float
    right: bool
    """Whether it is an answer that was expected."""
    retry_after: str = ""


class Client:
    """Connections to one server, as many as are needed at a time.

    It gives an answer up after `patience`, and keeps a connection for so many seconds (0: each request has its own).
    """

    def __init__(self, host: str, port: int, *, patience: float = GIVEN_UP, keep: float = IDLE) -> None:
        self._host, self._port, self._patience, self._keep = host, port, patience, keep
        self._under_way = 0
        self.most = 0
        """Requests that were under way at once, at most."""
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, ask: Ask, due: float) -> Answered:
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        head, body = b"HTTP/1.1 000", b""
        try:
            async with asyncio.timeout(self._patience):
                head, body = await self._ask(ask)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            self._under_way -= 1
        status = int(head[9:12])
        right = status in ask.expects and (status != ask.expects[0] or ask.holds in body)
        again = next(
            (line[12:].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"retry-after:")), b""
        )
        return Answered(ask.name, status, time.perf_counter() - due, right, again.decode())

    async def _ask(self, ask: Ask) -> tuple[bytes, bytes]:
        """The head and the body of the answer."""
        while self._idle and time.perf_counter() - self._idle[-1][0] > self._keep:
            self._idle.pop()[2].close()
        if self._idle:
            _, reader, writer = self._idle.pop()
        else:
            reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(ask.encoded(self._host))
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = await reader.readexactly(length)
        if self._keep:
            self._idle.append((time.perf_counter(), reader, writer))
        else:
            writer.close()
        return head, body

    def close(self) -> None:
        for _, _, writer in self._idle:
            writer.close()


def at_once(client: Client, asks: Sequence[Ask]) -> list[Answered]:
    """All of them at the same time."""

    async def main() -> list[Answered]:
        begin = time.perf_counter()
        found = await asyncio.gather(*(client.ask(one, begin) for one in asks))
        client.close()
        return found

    return asyncio.run(main())


def open_loop(client: Client, streams: Sequence[tuple[float, Sequence[Ask]]], seconds: float) -> list[Answered]:
    """Each stream's requests in turn, so many a second, at times drawn at random as of people who know nothing of each other."""

    async def stream(rate: float, asks: Sequence[Ask], begin: float) -> list[Answered]:
        rng, due = random.Random(SEED), begin
        sent: list[asyncio.Task[Answered]] = []
        while due < begin + seconds:
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            sent.append(asyncio.create_task(client.ask(asks[len(sent) % len(asks)], due)))
            due += rng.expovariate(rate)
        return await asyncio.gather(*sent)

    async def main() -> list[Answered]:
        begin = time.perf_counter()
        found = await asyncio.gather(*(stream(rate, asks, begin) for rate, asks in streams if rate))
        client.close()
        return [one for part in found for one in part]

    return asyncio.run(main())


def closed_loop(client: Client, asks: Sequence[Ask], seconds: float, clients: int) -> list[Answered]:
    """What so many got that each ask again when they have an answer."""

    async def one(number: int, until: float) -> list[Answered]:
        found: list[Answered] = []
        while (begin := time.perf_counter()) < until:
            found.append(await client.ask(asks[(number + len(found)) % len(asks)], begin))
        return found

    async def main() -> list[Answered]:
        until = time.perf_counter() + seconds
        found = await asyncio.gather(*(one(number, until) for number in range(clients)))
        client.close()
        return [answer for part in found for answer in part]

    return asyncio.run(main())
