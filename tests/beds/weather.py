"""A weather source that behaves as badly as told, by latitude."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

from demo.weather import WeatherStandIn, weather_of
from tools.serving import reply

Behaviour = Callable[[BaseHTTPRequestHandler, dict[str, str]], None]


class HostileWeather(WeatherStandIn):
    """Sites at the latitudes of `behaviours` are answered so; all others as they should be."""

    def __init__(self) -> None:
        self.behaviours: dict[str, Behaviour] = {}
        super().__init__()

    def answer(self, handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        with suppress(OSError):  # who gave up waiting has closed the connection
            self.behaviours.get(query["latitude"], super().answer)(handler, query)


def status(code: int, body: bytes = b'{"error":true,"reason":"because"}') -> Behaviour:
    return lambda handler, _: reply(handler, code, body)


def elsewhere(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    """A redirection to where the answer would be right."""
    handler.send_response(302)
    handler.send_header("Location", handler.path.replace("51.5", "50"))
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def silence(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    """The request is read and never answered: nothing more is said until who asked has gone."""
    handler.rfile.read(1)


def error_without_body(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    """An error that announces a reason and never gives it."""
    handler.send_response(503)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    silence(handler, query)


def drip(handler: BaseHTTPRequestHandler, drop: bytes) -> None:
    """A little now and then, for as long as anybody reads it."""
    while True:
        handler.wfile.write(drop)
        handler.wfile.flush()
        time.sleep(0.02)


def dripping(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    """A body that goes on and on."""
    handler.send_response(200)
    handler.end_headers()
    drip(handler, b" ")


def dripping_headers(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    """A header that goes on and on."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    drip(handler, b"x")


def dripping_chunks(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    """A chunk's length that goes on and on."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    drip(handler, b"0")


def endless(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    """A hundred megabytes, announced as what they are."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(100 * 1024 * 1024))
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" " * 1024 * 1024)


def cut(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    """Half of an answer, and then the end of the connection."""
    body = json.dumps(weather_of(query)).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def changed(change: Callable[[dict[str, Any]], Any]) -> Behaviour:
    """The right answer, but for what `change` does to it."""

    def answer(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        found = weather_of(query)
        replaced = change(found)
        reply(handler, 200, json.dumps(found if replaced is None else replaced).encode())

    return answer
