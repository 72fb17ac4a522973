"""Requests that arrive at a rate, whether or not earlier ones are answered, and how long each took from its time on.

Who waits for an answer before asking again asks a slow server less, and never sees what its queue does to others.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

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

    def encoded(self, host: str) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(self.body)}"]
        lines += [f"Authorization: Bearer {self.token}"] if self.token else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one request: its name, status, and seconds since the time at which it was to be sent."""

    name: str
    status: int
    seconds: float


class Client:
    """Connections to one server, as many as are needed at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, ask: Ask, due: float) -> Answered:
        try:
            async with asyncio.timeout(GIVEN_UP):
                status = await self._ask(ask)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            status = 0
        return Answered(ask.name, status, time.perf_counter() - due)

    async def _ask(self, ask: Ask) -> int:
        while self._idle and time.perf_counter() - self._idle[-1][0] > IDLE:
            self._idle.pop()[2].close()
        if self._idle:
            _, reader, writer = self._idle.pop()
        else:
            reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(ask.encoded(self._host))
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        self._idle.append((time.perf_counter(), reader, writer))
        return int(head[9:12])

    def close(self) -> None:
        for _, _, writer in self._idle:
            writer.close()


def open_loop(host: str, port: int, streams: Sequence[tuple[float, Sequence[Ask]]], seconds: float) -> list[Answered]:
    """Each stream's requests in turn, so many a second, at times drawn at random as of people who know nothing of each other."""

    async def stream(client: Client, rate: float, asks: Sequence[Ask], begin: float) -> list[Answered]:
        rng, due = random.Random(SEED), begin
        sent: list[asyncio.Task[Answered]] = []
        while due < begin + seconds:
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            sent.append(asyncio.create_task(client.ask(asks[len(sent) % len(asks)], due)))
            due += rng.expovariate(rate)
        return await asyncio.gather(*sent)

    async def main() -> list[Answered]:
        client, begin = Client(host, port), time.perf_counter()
        found = await asyncio.gather(*(stream(client, rate, asks, begin) for rate, asks in streams if rate))
        client.close()
        return [one for part in found for one in part]

    return asyncio.run(main())


def closed_loop(host: str, port: int, asks: Sequence[Ask], seconds: float, clients: int) -> float:
    """Answers a second to so many clients that each ask again when they have an answer. Raises where one is refused."""

    async def one(client: Client, until: float) -> int:
        count = 0
        while time.perf_counter() < until:
            answer = await client.ask(asks[count % len(asks)], time.perf_counter())
            if answer.status != 200:
                raise RuntimeError(f"{answer.name} was answered with {answer.status}")
            count += 1
        return count

    async def main() -> float:
        client, until = Client(host, port), time.perf_counter() + seconds
        counts = await asyncio.gather(*(one(client, until) for _ in range(clients)))
        client.close()
        return sum(counts) / seconds

    return asyncio.run(main())
