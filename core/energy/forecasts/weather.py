"""Hourly weather forecasts from an API of Open-Meteo's shape. https://open-meteo.com/en/docs"""

from __future__ import annotations

import json
import random
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Event, Timer
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import msgspec

from core.energy.forecasts.documents import Hourly
from core.energy.forecasts.settings import Site
from core.kernel import logs
from core.kernel.described import describe

DAYS = 4
OPEN_METEO, OPEN_METEO_LICENCE = "open-meteo.com", "CC BY 4.0"
MAX_ANSWER = 1024 * 1024
"""Bytes; an answer for `DAYS` days has about 5,000."""

log = logs.logger("forecast")


class Failed(Exception):
    """There is no forecast for a site. The message says why, in words that its operator can use."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a source is waited for, in seconds: `silence` between two bytes, `answer` for a whole one.

    What may pass by itself is tried `tries` times; before the second one it waits `delay`, doubled for each further
    one, and up to as much again at random, so that many sites do not come back at once.
    """

    silence: float = 5.0
    answer: float = 10.0
    tries: int = 3
    delay: float = 0.5


class _Passing(Exception):
    """What may be over at the next try."""


class _Answer(msgspec.Struct):
    """`source` is what a source says of itself, as a stand-in should; Open-Meteo says nothing."""

    hourly: dict[str, list[Any]]
    hourly_units: dict[str, str]
    source: Annotated[str, msgspec.Meta(max_length=200)] = ""


describe(_Answer, Hourly)


def fetch(url: str, site: Site, patience: Patience = Patience()) -> dict[str, Any]:
    """A site's next days by the hour: `hourly` (lists of equal length, `time` in UTC) and `hourly_units`.

    Beside them stands whose they are: `source`, in its own words or by the URL's host, and `licence` where it is known.

    No connection, an answer that stops or is late, 429 and 5xx are tried again. Raises `Failed`.
    """
    hourly = ",".join(Hourly.__struct_fields__[1:])
    asked = {"latitude": site.latitude, "longitude": site.longitude, "hourly": hourly, "forecast_days": DAYS}
    where = f"{url}?{urlencode({**asked, 'timezone': 'UTC'})}"
    delay = patience.delay
    for number in range(1, patience.tries + 1):
        try:
            return _understood(_get(where, patience), urlsplit(url).hostname or "")
        except _Passing as problem:
            if number == patience.tries:
                raise Failed(f"{problem}, {number} times") from None
            logs.debug(log, "tried again", site=site.name, reason=str(problem))
        time.sleep(delay + random.uniform(0, delay))  # noqa: S311  not a secret
        delay *= 2
    raise AssertionError("tries must be at least 1")


def _get(url: str, patience: Patience) -> bytes:
    """The body of a 200. Redirections are not followed: elsewhere may be what only we can reach."""
    where = urlsplit(url)
    kind = HTTPSConnection if where.scheme == "https" else HTTPConnection
    connection = kind(where.hostname or "", where.port, timeout=patience.silence)
    # However slowly bytes come, each in time: at the end of our patience the connection ends.
    held: list[socket.socket] = []
    late = Event()
    timer = Timer(patience.answer, _cut, [held, late])
    timer.start()
    try:
        connection.connect()
        held.append(connection.sock)  # the connection forgets it when the answer is to end with it
        if late.is_set():  # before there was anything to cut
            raise _Passing(_late(patience))
        connection.request("GET", f"{where.path or '/'}?{where.query}", headers={"Accept": "application/json"})
        response = connection.getresponse()
        body = _body(response)
    except (OSError, HTTPException) as error:
        if late.is_set():
            raise _Passing(_late(patience)) from None
        if isinstance(error, TimeoutError):
            raise _Passing(f"the source said nothing for {patience.silence} s") from None
        raise _Passing(f"the source can't be reached: {error!r}") from None
    finally:
        timer.cancel()
        connection.close()
    if late.is_set():  # the end of the connection looks like the end of an answer without a length
        raise _Passing(_late(patience))
    if response.length:
        raise _Passing(f"the source's answer ended {response.length} bytes early")
    if response.status == 200:
        return body
    said = body[:300].decode(errors="replace").strip()
    problem = f"the source answered {response.status} {response.reason}: {said}"
    if response.status == 429 or response.status >= 500:
        raise _Passing(problem)
    raise Failed(problem)


def _late(patience: Patience) -> str:
    return f"the source's answer was not whole after {patience.answer} s"


def _cut(held: list[socket.socket], late: Event) -> None:
    late.set()
    for one in held:
        with suppress(OSError):  # it has ended already
            one.shutdown(socket.SHUT_RDWR)


def _body(response: HTTPResponse) -> bytes:
    """The whole answer. Its length is looked at while it comes: who answers wrongly may do so without end."""
    body = bytearray()
    while chunk := response.read1(64 * 1024):
        body += chunk
        if len(body) > MAX_ANSWER:
            raise Failed(f"the source's answer is longer than {MAX_ANSWER} bytes")
    return bytes(body)


def _understood(body: bytes, host: str) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(body, type=_Answer)
        hourly = msgspec.to_builtins(msgspec.convert(answer.hourly, Hourly))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        begins = json.dumps(body[:80].decode(errors="replace"))
        raise Failed(f"the source's answer is no forecast: {error}; it begins {begins}") from None
    hours = len(hourly["time"])
    uneven = [name for name, values in hourly.items() if len(values) != hours]
    if uneven or not hours:
        raise Failed(f"the source's answer has {hours} hours, but another number of {', '.join(uneven) or 'values'}")
    return {"hourly": hourly, "hourly_units": answer.hourly_units, **_attribution(answer.source, host)}


def _attribution(said: str, host: str) -> dict[str, str | None]:
    """What a site has to show beside the weather. https://open-meteo.com/en/licence"""
    if said:
        return {"source": said, "licence": None}
    if host == OPEN_METEO or host.endswith(f".{OPEN_METEO}"):
        return {"source": OPEN_METEO, "licence": OPEN_METEO_LICENCE}
    return {"source": host, "licence": None}
