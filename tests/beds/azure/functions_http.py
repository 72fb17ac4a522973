"""The host's HTTP triggers."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tests.beds.azure.functions_link import Function, Outcome, typed_data
from tests.beds.azure.rpc import messages
from tools.serving import serve

Headers = list[tuple[str, str]]
Invoke = Callable[[Function, Any, Mapping[str, Any]], Outcome]

_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})
"""What the server writes itself, in lower case."""
_LARGEST_LINE = 65536


class Route(NamedTuple):
    pattern: re.Pattern[str]
    methods: frozenset[str]
    """Empty for any."""
    function: Function


class Reply(NamedTuple):
    status: int
    headers: Headers
    body: bytes = b""


class HttpFront:
    """Serves the functions with an HTTP trigger on a free port, until `close`. `invoke` is called by many threads."""

    def __init__(self, functions: Iterable[Function], prefix: str, invoke: Invoke) -> None:
        self._server = _Server(routes(functions, prefix), invoke)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = serve(self._server, "functions-http")

    def close(self) -> None:
        """Refuse new connections and break the open ones; safe to call twice."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.break_connections()


def routes(functions: Iterable[Function], prefix: str) -> list[Route]:
    """The routes, those with fewer parameters first. Raises ValueError for a function that wants a key."""
    found = []
    for function in functions:
        if function.type != "httptrigger":
            continue
        trigger = function.trigger
        if str(trigger.get("authLevel", "function")).lower() != "anonymous":
            raise ValueError(f"{function.name}: only the auth level ANONYMOUS is served here")
        template = "/".join(
            part for part in (prefix.strip("/"), (trigger.get("route") or function.name).strip("/")) if part
        )
        methods = frozenset(method.upper() for method in trigger.get("methods") or ())
        rank = (template.count("{*"), template.count("{"))
        found.append((rank, Route(_pattern(template), methods, function)))
    return [route for _, route in sorted(found, key=lambda ranked: ranked[0])]


def _pattern(template: str) -> re.Pattern[str]:
    """What a route's template matches: `{name}`, `{name?}`, `{name:constraint}` (not checked) and `{*name}`."""
    pattern = ""
    for segment in template.split("/"):
        if segment.startswith("{*"):
            pattern += f"(?:/(?P<{segment.strip('{*}')}>.*))?"
            continue
        literals = re.split(r"\{(\w+)[^}]*\}", segment)
        inner = "".join(f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(literals))
        pattern += f"(?:/{inner})?" if segment.endswith("?}") else f"/{inner}"
    return re.compile(pattern + "/?", re.IGNORECASE | re.DOTALL)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, found: list[Route], invoke: Invoke) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._routes = found
        self._invoke = invoke
        self.connections: set[socket.socket] = set()

    def break_connections(self) -> None:
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that went away is no error of the server.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def answer(self, method: str, target: str, headers: Headers, body: bytes) -> Reply:
        """The reply of the function whose route the raw target matches."""
        parts = urlsplit("//host" + target if target.startswith("/") else target)
        # The real host's paths are decoded but for the slash.
        path = unquote(re.sub(r"%(?=2[fF])", "%25", parts.path))
        for route in self._routes:
            match = route.pattern.fullmatch(path)
            if match and (not route.methods or method in route.methods):
                request = _request(method, target, headers, body)
                request.query.update(_joined(parse_qsl(parts.query, keep_blank_values=True), keep_empty=False))
                request.params.update({name: value for name, value in match.groupdict().items() if value})
                return _reply(self._invoke(route.function, messages.TypedData(http=request), {}))
        return Reply(404, [])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def __getattr__(self, name: str) -> Any:
        # The base class looks for do_GET and so on; here any method is served alike.
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Log nothing: the tests see each reply."""

    def _serve(self) -> None:
        try:
            body = self._body()
        except ValueError:
            self.close_connection = True
            self._write(Reply(400, []))
            return
        # The base class merges leading slashes in `path`.
        target = self.requestline.split()[1]
        self._write(self.server.answer(self.command, target, list(self.headers.items()), body))

    def _body(self) -> bytes:
        """The request's body. Raises ValueError when its framing is broken.

        The host hands over only what came with a Content-Length (ToRpcHttp in its GrpcMessageConversionExtensions, and
        https://github.com/Azure/azure-functions-host/issues/7930): chunks are read and lost.
        """
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            for _ in self._chunks():
                pass
            return b""
        return self._exactly(int(self.headers.get("Content-Length") or 0))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(_LARGEST_LINE).split(b";")[0], 16):
            yield self._exactly(size)
            self.rfile.readline(_LARGEST_LINE)
        while self.rfile.readline(_LARGEST_LINE).strip():
            pass

    def _exactly(self, size: int) -> bytes:
        if size < 0:
            raise ValueError(f"a body of {size} bytes")
        content = self.rfile.read(size)
        if len(content) < size:
            raise ConnectionAbortedError("the client went away")
        return content

    def _write(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        given = {name.lower(): value for name, value in reply.headers}
        for name, value in reply.headers:
            if name.lower() not in _FRAMING:
                self.send_header(name, value)
        if "date" not in given:
            self.send_header("Date", self.date_time_string())
        if self.command == "HEAD" and not reply.body and "content-length" in given:
            self.send_header("Content-Length", given["content-length"])
        elif reply.status >= 200 and reply.status not in {204, 304}:
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and reply.status not in {204, 304}:
            self.wfile.write(reply.body)


def _request(method: str, target: str, headers: Headers, body: bytes) -> Any:
    """A request as the real host hands it over: names of headers in lower case, repeated ones joined by a comma."""
    joined = _joined([(name.lower(), value) for name, value in headers], keep_empty=True)
    url = f"http://{joined.get('host', '')}{target}" if target.startswith("/") else target
    request = messages.RpcHttp(method=method, url=url, headers=joined)
    if body:
        request.body.CopyFrom(typed_data(body))
    return request


def _joined(pairs: Iterable[tuple[str, str]], *, keep_empty: bool) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    joined = {name: ",".join(several) for name, several in values.items()}
    return {name: value for name, value in joined.items() if value or keep_empty}


def _reply(outcome: Outcome) -> Reply:
    if not outcome.ok:
        return Reply(504 if outcome.timed_out else 500, [])
    value = outcome.value
    if value is None:
        return Reply(204, [])
    if not isinstance(value, messages.RpcHttp):
        return Reply(200, [("Content-Type", "text/plain; charset=utf-8")], str(value).encode())
    cookies = [("Set-Cookie", _cookie(cookie)) for cookie in value.cookies]
    body = value.body.bytes or (value.body.string or value.body.json).encode()
    return Reply(int(value.status_code or 200), [*value.headers.items(), *cookies], body)


def _cookie(cookie: Any) -> str:
    """A Set-Cookie header as ASP.NET writes it, which escapes the value."""
    same_site = {1: "lax", 2: "strict", 3: "none"}.get(cookie.same_site)
    attributes = {
        "expires": formatdate(cookie.expires.value.seconds, usegmt=True) if cookie.HasField("expires") else "",
        "max-age": str(int(cookie.max_age.value)) if cookie.HasField("max_age") else "",
        "domain": cookie.domain.value,
        "path": cookie.path.value,
        "samesite": same_site,
    }
    parts = [f"{cookie.name}={quote(cookie.value, safe='')}"]
    parts += [f"{name}={value}" for name, value in attributes.items() if value]
    parts += [name for name, flag in (("secure", cookie.secure), ("httponly", cookie.http_only)) if flag.value]
    return "; ".join(parts)
