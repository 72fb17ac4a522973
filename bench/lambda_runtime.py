"""Lambda's Runtime API, just enough to feed one awslambdaric and time it, with nothing in between.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

from tests.beds.processes import begin, end
from tools.serving import serve
from tools.waiting import PATIENCE


class LambdaSandbox:
    """A new process of the runtime interface client on a handler; `invoke` returns the reply and the seconds.

    It looks for the handler in `folder` first, as Lambda does in /var/task.
    """

    def __init__(
        self, handler: str, environment: Mapping[str, str], *, python: str = sys.executable, folder: Path | None = None
    ) -> None:
        self.started = time.perf_counter()
        self._events: SimpleQueue[bytes] = SimpleQueue()
        self._replies: SimpleQueue[tuple[str, bytes, float]] = SimpleQueue()
        self._server = _Server(("127.0.0.1", 0), _handler(self._events, self._replies))
        serve(self._server, "lambda-runtime")
        own = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_REGION": "eu-west-2",
        }
        self._process = begin(
            [python, "-m", "awslambdaric", handler],
            cwd=folder,
            env={**os.environ, **own, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def invoke(self, event: Any, *, since: float | None = None) -> tuple[Any, float]:
        """Raises `RuntimeError` when the function fails."""
        begun = time.perf_counter() if since is None else since
        self._events.put(json.dumps(event).encode())
        kind, body, at = self._replies.get(timeout=PATIENCE)
        if kind != "response":
            raise RuntimeError(body.decode())
        return json.loads(body), at - begun

    def close(self) -> None:
        end(self._process)
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A process that is ended breaks its connection, which is nothing to tell of."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(
    events: SimpleQueue[bytes], replies: SimpleQueue[tuple[str, bytes, float]]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            event = events.get()
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid4()))
            self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 30_000))
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-2:000000000000:function:x")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(event)))
            self.end_headers()
            self.wfile.write(event)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            replies.put((self.path.rpartition("/")[2], body, time.perf_counter()))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
            """Say nothing while the time is taken."""

    return Handler
