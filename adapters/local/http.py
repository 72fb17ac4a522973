"""HTTP trigger: an ASGI application around core's API, the signed local URLs, and the static site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from adapters.local.bootstrap import LOGINS
from adapters.local.load import Load
from adapters.local.objects import Objects
from adapters.local.signer import PREFIX, UPLOAD_HEADERS, LocalSigner
from adapters.local.site import Site
from core.kernel.api.app import App, cors, problem
from core.kernel.errors import Code, TrefoilError
from core.kernel.http import MAX_REQUEST_BODY, NO_SNIFF, NO_STORE, Attachment, Request, Response
from core.kernel.services import Services

_PRIVATE = (NO_STORE, NO_SNIFF)
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
THREADS = LOGINS + 4
"""Requests at once: whatever logs in, there are some for the others. More would only fight for the interpreter."""
WAITING = 32
"""Requests that wait for a thread: as many as are answered within a second, also where each reads a table."""
BODY_BYTES = 64 * MAX_REQUEST_BODY
"""Of the bodies of all requests together. Files through signed URLs are written as they come, and count in neither."""
BODY_WITHIN = 30.0
"""Seconds in which a body must come: whoever sends slowly must not hold what others need."""


class Disconnected(Exception):
    """The client went away before its request was whole."""


class LocalHttp:
    """The ASGI 3 application. Handlers are synchronous, so each request runs in a thread."""

    def __init__(self, services: Services, signer: LocalSigner, objects: Objects, site: Path | None) -> None:
        self._app = App(services)
        self._signer = signer
        self._objects = objects
        self._site = Site(site) if site else None
        self._origins = services.config.cors_origins
        # The default executor has a thread or two more than the machine has cores: a few logins would fill it.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self._load = Load(requests=THREADS + WAITING, body_bytes=BODY_BYTES)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"this application serves http only, not {scope['type']!r}")
        path = scope["raw_path"].decode("latin-1")
        request = _request(scope, path)
        try:
            if path.startswith(PREFIX):
                await self._object(request, receive, send)
                return
            response = await self._answer(request, receive)
        except Disconnected:
            return
        except TrefoilError as error:
            response = problem(error, request).with_headers(NO_SNIFF, *cors(self._origins, request))
        await _respond(send, response, head=request.method == "HEAD")

    async def _answer(self, request: Request, receive: Receive) -> Response:
        handle = self._app.handle
        if self._site is not None and not request.path.startswith(("/api/", "/.well-known/")):
            handle = self._site.handle
        with self._load.body() as grow:
            request = replace(request, body=await _body(receive, grow))
            with self._load.request():
                return await asyncio.get_running_loop().run_in_executor(self._threads, handle, request)

    async def _object(self, request: Request, receive: Receive, send: Send) -> None:
        allowed = cors(self._origins, request)
        if request.method == "OPTIONS":
            await _respond(send, Response(204, (NO_SNIFF, *allowed)))
            return
        try:
            permit = self._signer.check(request.method, request.path, request.query)
            if permit is None:
                raise TrefoilError(Code.DENIED, "the signed URL was altered, has expired, or is for another method")
            if permit.method == "PUT":
                for name, value in UPLOAD_HEADERS.items():
                    if request.header(name.lower()) != value:
                        raise TrefoilError(Code.DENIED, f"the signed headers were not sent: {name} must be {value}")
                await self._objects.put(permit, _chunks(receive))
                await _respond(send, Response(201, (*_PRIVATE, *allowed)))
                return
            size, chunks = self._objects.get(permit)
        except TrefoilError as error:
            await _respond(send, problem(error, request).with_headers(NO_SNIFF, *allowed))
            return
        file = Attachment(permit.name)
        described = (("Content-Type", file.media_type), ("Content-Disposition", file.disposition))
        headers = (*described, ("Content-Length", str(size)), *_PRIVATE, *allowed)
        await send({"type": "http.response.start", "status": 200, "headers": _encoded(headers)})
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _request(scope: Message, path: str) -> Request:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return Request(scope["method"], path, scope["query_string"].decode("latin-1"), headers)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


async def _body(receive: Receive, grow: Callable[[int], None]) -> bytes:
    """The body, read no further than core needs to see that it is too long."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in _chunks(receive):
                grow(len(chunk))
                body += chunk
                if len(body) > MAX_REQUEST_BODY:
                    break
    except TimeoutError:
        detail = f"the body did not arrive within {BODY_WITHIN:g} seconds; send it again"
        raise TrefoilError(Code.MALFORMED, detail) from None
    return bytes(body[: MAX_REQUEST_BODY + 1])


async def _respond(send: Send, response: Response, *, head: bool = False) -> None:
    headers = _encoded(response.headers)
    # The length of what a HEAD request would have got is not known here: core has dropped the body.
    if not head and response.status != 204:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def _encoded(headers: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
