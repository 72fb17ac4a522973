"""An HTTP proxy that counts: which requests were made of a store, and how many of them one after the other.

Each answer is kept back for a while, as a cloud's would be: so what is asked at once overlaps, and what waits for an
answer shows.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
import time
import urllib.request
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.beds.forwarding import passed_on, send_head
from tests.beds.processes import Server, free_port
from tools.serving import reply

TAKEN = "/-/taken"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: a list or what its method is, its path without the bucket, and when it began and ended."""

    what: str
    path: str
    begun: float
    ended: float


class CountingProxy:
    """Forwards to a server of this machine, `delay` seconds late; `taken` tells what was asked.

    It is a process of its own: the engine keeps the interpreter's lock while it waits for a store.
    """

    def __init__(self, target: str, folder: Path, *, delay: float = 0.02) -> None:
        port = free_port()
        command = [sys.executable, "-m", "tests.beds.counting_proxy", target, str(port), str(delay)]
        self.url = f"http://127.0.0.1:{port}"
        self._server = Server(command, port, folder / "counting.log", dict(os.environ))

    def close(self) -> None:
        self._server.close()


def taken(url: str) -> list[Asked]:
    """What was asked through the proxy at a URL since this was called last, in order; for whatever process."""
    with urllib.request.urlopen(url + TAKEN) as answer:
        return [Asked(**one) for one in json.load(answer)]


def chain(asked: list[Asked]) -> int:
    """How many of the requests were made one after the other: the most of which none overlaps another."""
    count, free = 0, 0.0
    for one in sorted(asked, key=lambda one: one.ended):
        if one.begun >= free:
            count, free = count + 1, one.ended
    return count


class _Counting(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, target: str, port: int, delay: float) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self._target, self._delay = urlsplit(target).netloc, delay
        self._lock = threading.Lock()
        self._asked: list[Asked] = []

    def taken(self) -> list[Asked]:
        with self._lock:
            taken, self._asked = self._asked, []
        return sorted(taken, key=lambda asked: asked.begun)

    def pass_on(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        begun, method, path = time.perf_counter(), handler.command, handler.path
        answer, content = passed_on(handler, self._target, body)
        time.sleep(max(0.0, begun + self._delay - time.perf_counter()))
        url = urlsplit(path)
        listed = method == "GET" and not {"list-type", "prefix", "comp"}.isdisjoint(parse_qs(url.query))
        with self._lock:
            self._asked.append(Asked("LIST" if listed else method, path, begun, time.perf_counter()))
        return answer, content


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Counting
    disable_nagle_algorithm = True

    def _forward(self) -> None:
        if self.path == TAKEN:
            reply(self, 200, json.dumps([asdict(one) for one in self.server.taken()]).encode())
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer, content = self.server.pass_on(self, body)
        send_head(self, answer, content)
        self.wfile.write(content)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _forward  # noqa: N815  the standard library's names

    def log_message(self, *_: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    _, target, port, delay = sys.argv
    _Counting(target, int(port), float(delay)).serve_forever()
