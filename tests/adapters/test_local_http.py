"""The local server's application under more load than it takes on. What it works on waits for an event, not for a time."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from adapters.local import http
from adapters.local.bootstrap import LOGINS
from adapters.local.http import BODY_BYTES, THREADS, WAITING, LocalHttp
from adapters.local.objects import Objects
from adapters.local.signer import LocalSigner
from core.kernel import logs
from core.kernel.auth import turns
from core.kernel.auth.turns import Turns
from core.kernel.http import MAX_REQUEST_BODY
from core.kernel.services import Services
from tests.conftest import StoppedClock
from tools import waiting

TAKEN_ON = THREADS + WAITING
MOST = 1000
"""Turns of the event loop in which whatever can go on has gone on."""


@dataclass
class Reply:
    """What one request was answered, as far as it is."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"]) if self.messages else 0

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(one.get("body", b"") for one in self.messages[1:])


class Sender:
    """A client whose body arrives in pieces; it goes on sending when told to."""

    def __init__(self, *pieces: bytes, whole: bool = True) -> None:
        self._pieces = list(pieces) or [b""]
        self._whole = whole
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self._pieces:
            piece = self._pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(self._pieces) or not self._whole}
        await self.gone.wait()
        return {"type": "http.disconnect"}


@pytest.fixture
def signer(clock: StoppedClock) -> LocalSigner:
    return LocalSigner("http://here", lambda: [b"secret"], clock)


@pytest.fixture
def application(services: Services, signer: LocalSigner) -> LocalHttp:
    assert services.store.folder is not None
    return LocalHttp(services, signer, Objects(services.store.folder), None)


async def ask(
    application: LocalHttp,
    reply: Reply,
    target: str = "/api/hello",
    *,
    method: str = "GET",
    headers: tuple[tuple[str, str], ...] = (),
    sender: Sender | None = None,
) -> None:
    url = urlsplit(target)
    scope = {
        "type": "http",
        "method": method,
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }

    async def send(message: Any) -> None:
        reply.messages.append(message)

    await application(scope, (sender or Sender()).receive, send)


@asynccontextmanager
async def busy(application: LocalHttp) -> AsyncIterator[Event]:
    """All threads work until the event is set, which the end of the block does too."""
    end = Event()
    work = [application._threads.submit(end.wait) for _ in range(THREADS)]
    try:
        yield end
    finally:
        end.set()
        for one in work:
            await asyncio.wrap_future(one)


async def settled() -> None:
    for _ in range(MOST):
        await asyncio.sleep(0)


def run(case: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(case())


def test_what_is_more_than_the_server_takes_on_is_503_at_once_and_the_rest_is_answered(application: LocalHttp) -> None:
    async def case() -> None:
        replies = [Reply() for _ in range(TAKEN_ON + 5)]
        async with busy(application) as end:
            asked = [asyncio.create_task(ask(application, one)) for one in replies]
            await settled()
            assert [one.status for one in replies] == [0] * TAKEN_ON + [503] * 5
            end.set()
            await asyncio.gather(*asked)
        assert [one.status for one in replies] == [200] * TAKEN_ON + [503] * 5
        later = Reply()
        await ask(application, later)
        assert later.status == 200

    run(case)


def test_a_refusal_is_a_problem_document_that_says_when_to_ask_again(application: LocalHttp) -> None:
    async def case() -> None:
        async with busy(application):
            asked = [asyncio.create_task(ask(application, Reply())) for _ in range(TAKEN_ON)]
            await settled()
            refused = Reply()
            await ask(application, refused, "/api/a%20b", headers=(("Origin", "https://app.example.com"),))
        await asyncio.gather(*asked)
        assert json.loads(refused.body) == {
            "type": "urn:trefoil:problem:unavailable",
            "title": "Service unavailable",
            "status": 503,
            "detail": "too much is asked of the server at once; try again in a second",
            "instance": "/api/a%20b",
        }
        assert refused.headers == {
            "content-type": "application/problem+json",
            "content-length": str(len(refused.body)),
            "cache-control": "no-store",
            "retry-after": "1",
            "x-content-type-options": "nosniff",
            "access-control-allow-origin": "https://app.example.com",
            "access-control-expose-headers": refused.headers["access-control-expose-headers"],
            "vary": "Origin",
        }

    run(case)


def test_refusals_are_told_in_the_log_but_not_each(application: LocalHttp, services: Services) -> None:
    stream = io.StringIO()
    logs.configure(services.config, stream=stream)

    async def case() -> None:
        async with busy(application):
            asked = [asyncio.create_task(ask(application, Reply())) for _ in range(TAKEN_ON + 200)]
            await settled()
        await asyncio.gather(*asked)

    run(case)
    lines = map(json.loads, stream.getvalue().splitlines())
    told = [line for line in lines if line["message"] == "requests were refused: too many at once"]
    assert 1 <= len(told) < 200


def test_files_come_and_go_while_all_threads_are_taken(application: LocalHttp, signer: LocalSigner) -> None:
    """They are written and read piece by piece, by other threads."""
    pieces = [bytes([number]) * 65536 for number in range(40)]

    async def case() -> None:
        async with busy(application):
            asked = [asyncio.create_task(ask(application, Reply())) for _ in range(TAKEN_ON)]
            await settled()
            up = signer.upload("incoming/A/a.csv", sum(map(len, pieces)))
            sent, got, hello = Reply(), Reply(), Reply()
            headers = tuple(up.headers.items())
            await ask(application, sent, up.url, method="PUT", headers=headers, sender=Sender(*pieces))
            await ask(application, got, signer.download("incoming/A/a.csv", "a.csv").url)
            await ask(application, hello)
            assert (sent.status, got.status, hello.status) == (201, 200, 503)
            assert got.body == b"".join(pieces)
        await asyncio.gather(*asked)

    run(case)


def test_who_sends_a_file_that_the_store_cannot_take_is_told_when_to_send_it_again(
    application: LocalHttp, signer: LocalSigner, services: Services
) -> None:
    assert services.store.folder is not None
    (services.store.folder / "incoming").write_text("where the folder should be")

    async def case() -> None:
        up, reply = signer.upload("incoming/A/a.csv", 2), Reply()
        await ask(application, reply, up.url, method="PUT", headers=tuple(up.headers.items()), sender=Sender(b"ab"))
        assert reply.status == 503
        assert reply.headers["retry-after"] == "5"

    run(case)


def test_bodies_that_are_still_coming_hold_no_thread_and_no_more_memory_than_is_theirs(
    application: LocalHttp,
) -> None:
    """As many of 1 MiB as there is room for, of clients that send no more; without a body there is always an answer."""

    async def case() -> None:
        senders = [Sender(b" " * MAX_REQUEST_BODY, whole=False) for _ in range(BODY_BYTES // MAX_REQUEST_BODY)]
        slow = [
            asyncio.create_task(ask(application, Reply(), "/api/login", method="POST", sender=one)) for one in senders
        ]
        await settled()
        hello, login, upload = Reply(), Reply(), Reply()
        await ask(application, hello)
        await ask(application, login, "/api/login", method="POST", sender=Sender(b"{}"))
        assert (hello.status, login.status) == (200, 503)
        for one in senders[:1]:
            one.gone.set()
        await slow[0]
        await ask(application, upload, "/api/login", method="POST", sender=Sender(b"{}"))
        assert upload.status == 422, "the room of who has gone is another's"
        for one in senders:
            one.gone.set()
        await asyncio.gather(*slow)

    run(case)


def test_a_body_that_does_not_come_is_given_up(application: LocalHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BODY_WITHIN", 0.0)

    async def case() -> None:
        reply = Reply()
        await ask(application, reply, "/api/login", method="POST", sender=Sender(b"{", whole=False))
        assert reply.status == 400
        assert "did not arrive" in json.loads(reply.body)["detail"]

    run(case)


def test_hello_is_answered_while_every_place_for_logins_is_taken(
    services: Services, signer: LocalSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that wait for a turn to hash hold a thread each, but not all; those without a place are told to wait."""
    monkeypatch.setattr(turns, "PATIENCE", waiting.PATIENCE)
    logins = Turns(at_once=1, places=LOGINS)
    assert services.store.folder is not None
    application = LocalHttp(replace(services, logins=logins), signer, Objects(services.store.folder), None)
    body = json.dumps({"user": "nobody", "password": "wrong wrong"}).encode()

    async def case() -> None:
        replies = [Reply() for _ in range(TAKEN_ON - 1)]
        with logins.place() as turn, turn():
            asked = [
                asyncio.create_task(ask(application, one, "/api/login", method="POST", sender=Sender(body)))
                for one in replies
            ]
            hello = Reply()
            await ask(application, hello)
            assert hello.status == 200
        await asyncio.gather(*asked)
        assert {one.status for one in replies} == {401, 429}
        assert all(one.headers["retry-after"] for one in replies if one.status == 429)

    run(case)
