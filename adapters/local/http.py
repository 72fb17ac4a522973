"""HTTP trigger: an ASGI application around core's API, the signed local URLs, and the static site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from adapters.local.bootstrap import LOGINS
from adapters.local.objects import Objects
from adapters.local.signer import PREFIX, UPLOAD_HEADERS, LocalSigner
from adapters.local.site import Site
from core.kernel.api.app import App, cors, problem
from core.kernel.errors import Code, TrefoilError
from core.kernel.http import MAX_REQUEST_BODY, NO_SNIFF, NO_STORE, Request, Response
from core.kernel.services import Services

_PRIVATE = (NO_STORE, NO_SNIFF)
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
THREADS = LOGINS + 32
"""Requests at once: whatever logs in, there are some for the others."""


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

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"this application serves http only, not {scope['type']!r}")
        path = scope["raw_path"].decode("latin-1")
        try:
            if path.startswith(PREFIX):
                await self._object(_request(scope, path, b""), receive, send)
                return
            request = _request(scope, path, await _body(receive))
        except Disconnected:
            return
        handle = self._app.handle
        if self._site is not None and not path.startswith(("/api/", "/.well-known/")):
            handle = self._site.handle
        response = await asyncio.get_running_loop().run_in_executor(self._threads, handle, request)
        await _respond(send, response, head=request.method == "HEAD")

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
        headers = (("Content-Type", "application/octet-stream"), ("Content-Length", str(size)), *_PRIVATE, *allowed)
        await send({"type": "http.response.start", "status": 200, "headers": _encoded(headers)})
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _request(scope: Message, path: str, body: bytes) -> Request:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return Request(scope["method"], path, scope["query_string"].decode("latin-1"), headers, body)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


async def _body(receive: Receive) -> bytes:
    """The body, read no further than core needs to see that it is too long."""
    body = bytearray()
    async for chunk in _chunks(receive):
        body += chunk
        if len(body) > MAX_REQUEST_BODY:
            break
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
