"""What the proxies of tests have in common: a request is passed on as it came, and its answer given as it is."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

_OWN = {"connection", "transfer-encoding", "content-length"}
"""Headers of an answer that are each connection's own (RFC 9110, 7.6.1)."""


def passed_on(handler: BaseHTTPRequestHandler, target: str, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
    """The answer of a server (`HOST:PORT`) to the request, over a connection of its own, and its whole content."""
    headers = {name: value for name, value in handler.headers.items() if name.lower() != "connection"}
    connection = http.client.HTTPConnection(target)
    connection.request(handler.command, handler.path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def send_head(
    handler: BaseHTTPRequestHandler,
    answer: http.client.HTTPResponse,
    content: bytes,
    changed: Callable[[str, str], str] = lambda _, value: value,
) -> None:
    """Send all of an answer but its content; `changed` gives each header's value, by name and what it was."""
    handler.send_response_only(answer.status, answer.reason)
    for name, value in answer.getheaders():
        if name.lower() not in _OWN:
            handler.send_header(name, changed(name, value))
    length = answer.getheader("Content-Length", "0") if handler.command == "HEAD" else str(len(content))
    handler.send_header("Content-Length", length)
    handler.end_headers()
