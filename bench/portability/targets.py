"""What is measured: systems at a URL, be it of a runtime on this machine or of a deployed stack, asked as a user would."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bench.portability.bed import KINDS, PASSWORD, USER
from tests.beds.processes import begin, end
from tools.waiting import PATIENCE

DEPLOYED = "deployed at"
"""With which it is said what answers, where that is no runtime on this machine."""
IDLE = 1.0
"""Seconds after which a connection is made anew, before the time is taken: a server may have closed it."""


class Answer(NamedTuple):
    status: int
    body: bytes
    seconds: float
    """From sending the request to the last byte of the answer."""
    headers: Mapping[str, str]

    def json(self) -> Any:
        return json.loads(self.body)


class Wrong(Exception):
    """What was answered is not what should have been; the message says what."""


class Ended(Exception):
    """A system of this machine has ended by itself, and nothing can be measured of it."""


class Client:
    """One user of one server: one request at a time over a connection that is kept."""

    def __init__(self, base_url: str, headers: Mapping[str, str]) -> None:
        where = urlsplit(base_url)
        kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(where.hostname or "", where.port, timeout=PATIENCE)
        self._prefix, self._headers, self._used = where.path, dict(headers), 0.0

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises what the connection raises; nothing is tried twice, since that would be a time of its own."""
        if time.monotonic() - self._used > IDLE:
            self._connection.close()
            self._connection.connect()
        begun = time.perf_counter()
        self._connection.request(method, self._prefix + path, body, {**self._headers, **(headers or {})})
        reply = self._connection.getresponse()
        content = reply.read()
        seconds = time.perf_counter() - begun
        self._used = time.monotonic()
        return Answer(reply.status, content, seconds, {name.lower(): value for name, value in reply.getheaders()})

    def close(self) -> None:
        self._connection.close()


@dataclass
class Target:
    """A system, and a user of it who may do everything on every account."""

    name: str
    kind: str
    """What answers, in words."""
    base_url: str
    headers: Mapping[str, str]
    user: str
    password: str = field(repr=False)
    versions: Mapping[str, str] = field(default_factory=dict)
    bed: subprocess.Popen[str] | None = None
    client: Client = field(init=False)
    _token: tuple[str, float] = field(default=("", 0.0), repr=False)

    def __post_init__(self) -> None:
        self.client = Client(self.base_url, self.headers)

    @property
    def token(self) -> str:
        """One that is good for a while yet."""
        if time.monotonic() > self._token[1]:
            answer = self.client.ask("POST", "/api/login", self.credentials, {"Content-Type": "application/json"})
            if answer.status != 200:
                raise Wrong(f"{self.name} refused the login of {self.user}: {answer.status} {answer.body[:200]!r}")
            self._token = (answer.json()["access_token"], time.monotonic() + answer.json()["expires_in"] / 2)
        return self._token[0]

    @property
    def credentials(self) -> bytes:
        return json.dumps({"user": self.user, "password": self.password}).encode()

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        expect: int = 200,
        headers: Mapping[str, str] | None = None,
        anyone: bool = False,
    ) -> Answer:
        """One request with the user's token. Raises `Wrong` when it is not answered with that status."""
        own = {} if anyone else {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            own["Content-Type"] = "application/json"
        answer = self.client.ask(
            method, path, None if body is None else json.dumps(body).encode(), {**own, **(headers or {})}
        )
        if answer.status != expect:
            raise Wrong(
                f"{method} {path} was answered with {answer.status}: {answer.body[:200].decode(errors='replace')}"
            )
        return answer

    @property
    def fired(self) -> bool:
        """Whether a schedule's event can be delivered from outside."""
        return self.bed is not None and self.name != "local"

    def fire(self, function: str) -> float:
        """Seconds from a schedule's event to what its function logs."""
        assert self.bed is not None, f"{self.name} is deployed: no event can be made up for it"
        return float(_told(self.bed, {"fire": function})["seconds"])


def _told(bed: subprocess.Popen[str], command: Any) -> Any:
    assert bed.stdin is not None  # both are pipes
    assert bed.stdout is not None
    print(json.dumps(command), file=bed.stdin, flush=True)
    return _said(bed)


def _said(bed: subprocess.Popen[str]) -> Any:
    assert bed.stdout is not None
    line = bed.stdout.readline()
    if not line:
        raise Ended(f"the system ended with {bed.wait()}: what it said is above")
    return json.loads(line)


@contextmanager
def local(name: str, python: str) -> Iterator[Target]:
    """A provider's runtime on this machine, by that provider's environment."""
    command = [python, "-m", "bench.portability.bed", name]
    bed = begin(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."}
    )
    try:
        said = _said(bed)
        target = Target(
            name, f"{KINDS[name]}, on this machine", said["url"], said["headers"], USER, PASSWORD, said["versions"], bed
        )
        with closing(target.client):
            yield target
    finally:
        assert bed.stdin is not None
        assert bed.stdout is not None
        bed.stdin.close()  # at the end of its input it closes what it started
        try:
            bed.wait(PATIENCE)
        finally:
            end(bed)
            bed.stdout.close()


@contextmanager
def deployed(name: str, url: str, user: str, password: str) -> Iterator[Target]:
    """A deployed stack. Raises `Wrong` when it is of another provider than `name` says."""
    target = Target(name, f"{DEPLOYED} {url}", url.rstrip("/"), {}, user, password)
    with closing(target.client):
        health = target.ask("GET", "/api/health", anyone=True).json()
        if health["provider"] != name:
            raise Wrong(
                f"{url} is a system on {health['provider']}, not on {name}: say --target {health['provider']}={url}"
            )
        target.versions = {"trefoil": health["version"]}
        yield target
