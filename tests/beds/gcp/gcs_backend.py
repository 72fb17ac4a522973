"""The requests, replies and object operations that both APIs of the Cloud Storage stand-in are made of."""

from __future__ import annotations

import json
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

from tools.waiting import PATIENCE

Resource = dict[str, Any]
Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """One request as it came: `target` is path and query undecoded, `query` is decoded."""

    method: str
    target: str
    path: str
    query: Mapping[str, str]
    headers: Message
    body: bytes

    def header(self, name: str) -> str | None:
        value: str | None = self.headers.get(name)
        return value


@dataclass(frozen=True)
class Reply:
    """What is sent back; a Content-Length among the headers counts for HEAD only."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""


@dataclass(frozen=True)
class Conditions:
    """Preconditions on an object's generation, as the JSON and the XML API name them; None asks nothing."""

    match: str | None = None
    not_match: str | None = None
    meta_match: str | None = None

    @classmethod
    def of_json(cls, query: Mapping[str, str]) -> Conditions:
        return cls(
            query.get("ifGenerationMatch"), query.get("ifGenerationNotMatch"), query.get("ifMetagenerationMatch")
        )

    @classmethod
    def of_xml(cls, request: Request) -> Conditions:
        names = ("generation-match", "generation-not-match", "metageneration-match")
        return cls(*(request.header(f"x-goog-if-{name}") for name in names))

    def hold(self, current: Resource | None) -> bool:
        """Whether they hold of the live object; one that is missing has generation 0."""
        generation = int(current["generation"]) if current else 0
        metageneration = int(current.get("metageneration", 1)) if current else 0
        return (
            (self.match is None or int(self.match) == generation)
            and (self.not_match is None or int(self.not_match) != generation)
            and (self.meta_match is None or int(self.meta_match) == metageneration)
        )


class Backend:
    """fake-gcs-server behind the front. Whoever checks conditions and then changes an object holds `lock`."""

    def __init__(self, port: int, own_host: str, on_finalize: Callable[[Resource], None] | None) -> None:
        self.lock = threading.Lock()
        self._port = port
        self._own_host = own_host  # links in replies must lead to the front
        self._on_finalize = on_finalize
        self._idle: deque[HTTPConnection] = deque()

    def send(self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        """One exchange; raises `OSError` when the server can't be reached."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            connection.request(method, target, body, {**(headers or {}), "Host": self._own_host})
            with connection.getresponse() as response:
                reply = Reply(response.status, response.getheaders(), response.read())
        except BaseException:
            connection.close()
            raise
        if reply.status == 416:
            connection.close()  # fake-gcs-server drops the connection after this one without saying so
        else:
            self._idle.append(connection)
        return reply

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def finalized(self, resource: Resource) -> None:
        """Tell of a new object; never called with the lock held."""
        if self._on_finalize is not None:
            self._on_finalize(resource)

    def resource(self, bucket: str, name: str) -> Resource | None:
        reply = self.send("GET", object_target(bucket, name))
        return json.loads(reply.body) if reply.status == 200 else None

    def holds(self, bucket: str, name: str, conditions: Conditions) -> bool:
        return conditions == Conditions() or conditions.hold(self.resource(bucket, name))

    def download(self, bucket: str, name: str, byte_range: str | None) -> Reply:
        headers = {"Range": byte_range} if byte_range else {}
        return self.send("GET", f"/download{object_target(bucket, name)}?alt=media", headers=headers)

    def create(self, bucket: str, resource: Resource, data: bytes, conditions: Conditions) -> tuple[int, Resource]:
        """Status and the new object; 412 if a condition does not hold, 404 if there is no such bucket."""
        boundary = uuid.uuid4().hex
        head = f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps(resource)}\r\n"
        head += f"--{boundary}\r\nContent-Type: {resource['contentType']}\r\n\r\n"
        body = b"".join([head.encode(), data, f"\r\n--{boundary}--\r\n".encode()])
        target = f"/upload/storage/v1/b/{encoded(bucket)}/o?uploadType=multipart&name={encoded(resource['name'])}"
        return self._write(
            bucket, resource["name"], conditions, target, body, f"multipart/related; boundary={boundary}"
        )

    def copy(self, source: tuple[str, str], bucket: str, name: str, conditions: Conditions) -> tuple[int, Resource]:
        """As `create`, from another object; 404 also if that one is missing."""
        target = f"{object_target(*source)}/rewriteTo/b/{encoded(bucket)}/o/{encoded(name)}"
        status, written = self._write(bucket, name, conditions, target, b"{}", "application/json")
        return status, written.get("resource", {})

    def _write(
        self, bucket: str, name: str, conditions: Conditions, target: str, body: bytes, content_type: str
    ) -> tuple[int, Resource]:
        with self.lock:
            if not self.holds(bucket, name, conditions):
                return 412, {}
            reply = self.send("POST", target, body, {"Content-Type": content_type})
        return reply.status, json.loads(reply.body) if reply.status == 200 else {}

    def delete(self, bucket: str, name: str, conditions: Conditions) -> int:
        """204, or 404 or 412 for what was not deleted."""
        with self.lock:
            current = self.resource(bucket, name)
            if current is None:
                return 404
            if not conditions.hold(current):
                return 412
            self.send("DELETE", object_target(bucket, name))
        return 204

    def list(self, bucket: str, prefix: str, delimiter: str) -> tuple[list[Resource], set[str]] | None:
        """Every object under the prefix, and the common prefixes; None if there is no such bucket."""
        items: list[Resource] = []
        prefixes: set[str] = set()
        start = f"/storage/v1/b/{encoded(bucket)}/o?prefix={encoded(prefix)}&delimiter={encoded(delimiter)}"
        token = ""
        while True:
            reply = self.send("GET", f"{start}&maxResults=1000&pageToken={encoded(token)}")
            if reply.status != 200:
                return None
            page = json.loads(reply.body)
            items += page.get("items") or []
            prefixes |= set(page.get("prefixes") or [])
            token = page.get("nextPageToken") or ""
            if not token:
                return items, prefixes


def encoded(text: str) -> str:
    return quote(text, safe="")


def object_target(bucket: str, name: str) -> str:
    """The JSON API's path of an object."""
    return f"/storage/v1/b/{encoded(bucket)}/o/{encoded(name)}"
