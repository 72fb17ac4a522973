"""An HTTP proxy before a store that fails as told: what a store, or the way to it, does to a request on a bad day.

It is a process of its own: the engine keeps the interpreter's lock while it waits for a store. What fails is a plan of
rules, set over a control URL; each request takes the first rule that is meant for it, and all are noted.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import select
import socket
import struct
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.beds.forwarding import passed_on, send_head
from tests.beds.processes import Server, free_port
from tools.serving import reply

CONTROL = "/-/"
LOOK = 0.05
"""Seconds between two looks whether who waits for an answer has gone."""


class Fault(StrEnum):
    """What becomes of a request. Of those with LOST the store has done it, and the answer does not come."""

    ERROR = "500"
    BUSY = "503"
    HANG = "no answer"
    RESET = "reset before it is read"
    CUT_UP = "reset in mid-upload"
    CUT_DOWN = "reset in mid-download"
    LOST_CLOSED = "done, then closed"
    LOST_RESET = "done, then reset"
    LOST_BUSY = "done, then 503"
    LOST_HANG = "done, then no answer"


LOST = (Fault.LOST_CLOSED, Fault.LOST_RESET, Fault.LOST_BUSY, Fault.LOST_HANG)

# How each store says that it is asked too much. The codes are from their references:
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
# https://cloud.google.com/storage/docs/xml-api/reference-status,
# https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
BUSY: Mapping[str, tuple[str, str]] = {
    "aws": ("SlowDown", "Please reduce your request rate."),
    "gcp": ("ServiceUnavailable", "We encountered an internal error. Please try again."),
    "azure": ("ServerBusy", "The server is busy."),
}
BROKEN = ("InternalError", "We encountered an internal error. Please try again.")


@dataclass(frozen=True, slots=True)
class Rule:
    """Which requests fail, and how: by method and path (regular expressions), a share of them, so often at most."""

    fault: Fault
    methods: str = ".*"
    path: str = ""
    share: float = 1.0
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What fails from now on. `ahead` seconds are added to the times that the store's answers have."""

    rules: Sequence[Rule] = ()
    seed: int = 0
    ahead: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, what became of it (empty: it was passed on), and when it came in (seconds)."""

    method: str
    path: str
    fault: str
    at: float


@dataclass(frozen=True)
class FaultProxy:
    """A proxy that is asked for by `url`; before `lead` nothing can be passed on."""

    url: str
    _server: Server = field(repr=False)

    def lead(self, target: str) -> None:
        """Pass requests on to a server of this machine."""
        self._say("target", target)

    def plan(self, *rules: Rule, seed: int = 0, ahead: timedelta = timedelta()) -> None:
        """Fail so from now on; without rules no more. Requests that hang are let go."""
        self._say("plan", asdict(Plan(rules, seed, ahead.total_seconds())))

    def taken(self) -> list[Asked]:
        """What was asked since this was called last, in the order in which it came."""
        with urllib.request.urlopen(f"{self.url}{CONTROL}taken") as answer:
            return [Asked(**one) for one in json.load(answer)]

    def close(self) -> None:
        self._server.close()

    def _say(self, what: str, said: Any) -> None:
        with urllib.request.urlopen(f"{self.url}{CONTROL}{what}", json.dumps(said).encode()) as answer:
            answer.read()


def started(provider: str, folder: Path) -> FaultProxy:
    """A proxy on a free port, which fails as the stores of that provider do."""
    port = free_port()
    command = [sys.executable, "-m", "tests.beds.fault_proxy", provider, str(port)]
    return FaultProxy(f"http://127.0.0.1:{port}", Server(command, port, folder / "faults.log", dict(os.environ)))


class _Faults(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, provider: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.provider = provider
        self.target = ""
        self._lock = threading.Lock()
        self._asked: list[Asked] = []
        self.follow({"rules": [], "seed": 0, "ahead": 0.0})

    def lead(self, target: str) -> None:
        self.target = urlsplit(target).netloc

    def follow(self, said: Mapping[str, Any]) -> None:
        with self._lock:
            self.current = Plan(
                [Rule(**{**one, "fault": Fault(one["fault"])}) for one in said["rules"]], ahead=said["ahead"]
            )
            self._left = [rule.times for rule in self.current.rules]
            self._random = random.Random(said["seed"])

    def meet(self, method: str, path: str) -> Fault | None:
        """What becomes of a request, which is noted."""
        with self._lock:
            fault = next(
                (self._take(place) for place in range(len(self._left)) if self._meant(place, method, path)), None
            )
            self._asked.append(Asked(method, path, fault or "", time.perf_counter()))
        return fault

    def _meant(self, place: int, method: str, path: str) -> bool:
        rule = self.current.rules[place]
        if self._left[place] == 0 or not re.fullmatch(rule.methods, method) or not re.search(rule.path, path):
            return False
        return self._random.random() < rule.share

    def _take(self, place: int) -> Fault:
        left = self._left[place]
        self._left[place] = left if left is None else left - 1
        return self.current.rules[place].fault

    def taken(self) -> list[Asked]:
        with self._lock:
            taken, self._asked = self._asked, []
        return taken

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Faults
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        if self.path.startswith(CONTROL):
            self._told(self.path.removeprefix(CONTROL))
            return
        fault = self.server.meet(self.command, unquote(self.path))
        if fault is Fault.RESET:
            self._reset()
        elif fault is Fault.CUT_UP:
            self.rfile.read(self._length() // 2)
            self._reset()
        else:
            self._answer(fault, self.rfile.read(self._length()))

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _handle  # noqa: N815  the standard library's names

    def _told(self, what: str) -> None:
        said = json.loads(self.rfile.read(self._length()) or "null")
        found: list[Any] = []
        if what == "target":
            self.server.lead(said)
        elif what == "plan":
            self.server.follow(said)
        else:
            found = [asdict(one) for one in self.server.taken()]
        reply(self, 200, json.dumps(found).encode())

    def _answer(self, fault: Fault | None, body: bytes) -> None:
        if fault in (Fault.ERROR, Fault.BUSY):
            self._fail(500 if fault is Fault.ERROR else 503)
            return
        if fault is Fault.HANG:
            self._hang()
            return
        answer, content = passed_on(self, self.server.target, body)
        if fault is Fault.LOST_BUSY:
            self._fail(503)
        elif fault is Fault.LOST_CLOSED:
            self.close_connection = True
        elif fault is Fault.LOST_RESET:
            self._reset()
        elif fault is Fault.LOST_HANG:
            self._hang()
        else:
            self._deliver(answer, content, cut=fault is Fault.CUT_DOWN)

    def _deliver(self, answer: http.client.HTTPResponse, content: bytes, *, cut: bool) -> None:
        ahead = self.server.current.ahead
        send_head(self, answer, content, lambda name, value: _shifted(name, value, ahead))
        self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            time.sleep(LOOK)  # what was sent comes through before the end does
            self._reset()

    def _fail(self, status: int) -> None:
        code, message = BUSY[self.server.provider] if status == 503 else BROKEN
        content = (
            f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        )
        body = b"" if self.command == "HEAD" else content.encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml")
        if self.server.provider == "azure":
            self.send_header("x-ms-error-code", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang(self) -> None:
        """Say nothing until who asked has gone, or the plan is another."""
        plan = self.server.current
        while self.server.current is plan:
            if select.select([self.connection], [], [], LOOK)[0] and not self.connection.recv(1, socket.MSG_PEEK):
                break
        self.close_connection = True

    def _reset(self) -> None:
        """End the connection with RST, as a process that dies, or a box on the way, does."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _length(self) -> int:
        return int(self.headers.get("Content-Length", 0))

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _shifted(name: str, value: str, ahead: float) -> str:
    if not ahead or name.lower() not in ("date", "last-modified"):
        return value
    return format_datetime(parsedate_to_datetime(value) + timedelta(seconds=ahead), usegmt=True)


if __name__ == "__main__":
    _, provider, port = sys.argv
    _Faults(provider, int(port)).serve_forever()
