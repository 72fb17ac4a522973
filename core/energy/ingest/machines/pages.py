"""The JSON of two services: pages of an object with a list of intervals."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import msgspec
from msgspec import Struct

from core.energy.ingest import times
from core.energy.ingest.fields import Bad, Traits
from core.energy.ingest.machines.recorder import Recorder
from core.energy.ingest.source import Refused
from core.energy.readings.reading import ACTUAL, EXPORT, HALF_HOUR, IMPORT

MAX_BYTES = 16 * 1024 * 1024
"""Bytes of a JSON file, which is read at once: more than six years of half hours."""


class _OctopusReading(Struct):
    consumption: msgspec.Raw
    interval_start: str
    interval_end: str


class _OctopusPage(Struct):
    results: list[_OctopusReading]
    next: Any = None


class _Value(Struct):
    timestamp: str
    primary_value: msgspec.Raw = msgspec.field(name="primaryValue")


class _Device(Struct):
    values: list[_Value] = []


class _N3rgyPage(Struct):
    devices: list[_Device]
    resource: str = ""
    unit: str = ""
    granularity: str = ""


class _Pages:
    """Collects the bytes of a page."""

    def __init__(self, recorder: Recorder) -> None:
        self._to = recorder
        self._data = bytearray()

    def read(self, line: int, data: bytes) -> None:
        """The next bytes. Raises `Refused` for more than `MAX_BYTES`."""
        del line
        if len(self._data) + len(data) > MAX_BYTES:
            raise Refused(f"the JSON has more than {MAX_BYTES >> 20} MiB; send it in parts")
        self._data += data

    def _page(self, kind: type[Any], *, whole: bool) -> Any:
        data = bytes(self._data) if whole else closed(bytes(self._data))
        try:
            return msgspec.json.decode(data, type=kind)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise Refused(
                f"the JSON is not whole, or not as the service writes it ({error}); download it again"
            ) from None


class Octopus(_Pages):
    """Reads a page of Octopus Energy's API. A row is one of its results; its line is its number among them."""

    def end(self, *, whole: bool) -> None:
        """The page is there."""
        page = self._page(_OctopusPage, whole=whole)
        judge = self._to.judge
        if page.next:
            self._to.told.append("the page says that there are more; this file has only its own intervals")
        channel = judge.terms.flow.channel
        for line, found in enumerate(page.results, 1):
            begin, end = (times.instant(text, judge.terms) for text in (found.interval_start, found.interval_end))
            if isinstance(begin, Bad) or isinstance(end, Bad):
                flawed = begin if isinstance(begin, Bad) else end
                self._to.reject(
                    line, "interval_start", found.interval_start, flawed.reason if isinstance(flawed, Bad) else ""
                )
                continue
            length = judge.length(begin, end)
            if isinstance(length, Bad):
                self._to.reject(line, "interval_end", found.interval_end, length.reason)
                continue
            traits = Traits(channel, judge.terms.version, ACTUAL, length, Fraction(1))
            text = bytes(found.consumption).decode("utf-8", "replace")
            self._to.interval(line, judge.terms.point or "", traits, begin, length, text.strip('"'))


class N3rgy(_Pages):
    """Reads an answer of n3rgy. A row is a value; times are the ends of half hours, UTC."""

    def end(self, *, whole: bool) -> None:
        """The answer is there. Raises `Refused` for gas, and for other than half hours."""
        page = self._page(_N3rgyPage, whole=whole)
        judge = self._to.judge
        if page.unit.lower() != "kwh" or "/gas/" in page.resource:
            raise Refused(
                f"the answer has {page.unit or 'no unit'}, of {page.resource or 'no resource'}: no electricity in kWh"
            )
        if page.granularity not in ("", "halfhour"):
            raise Refused(f"the answer has values of a {page.granularity}; ask for the granularity halfhour")
        said = re.search(r"/mpxn/([^/?]+)", page.resource)
        point = judge.point(said[1]) if said else judge.terms.point
        if point is None or isinstance(point, Bad):
            reason = point.reason if isinstance(point, Bad) else "say the point in the account's sources"
            raise Refused(f"the answer's resource {page.resource!r} names no point: {reason}")
        channel = EXPORT if re.search("production|export|generation", page.resource) else IMPORT
        traits = Traits(channel, judge.terms.version, ACTUAL, HALF_HOUR, Fraction(1))
        line = 0
        for device in page.devices:
            for value in device.values:
                line += 1
                end = times.instant(value.timestamp, judge.terms)
                if isinstance(end, Bad):
                    self._to.reject(line, "timestamp", value.timestamp, end.reason)
                    continue
                text = bytes(value.primary_value).decode("utf-8", "replace")
                self._to.interval(line, point, traits, end - 6, HALF_HOUR, text.strip('"'))


def closed(start: bytes) -> bytes:
    """The beginning of a JSON text, cut behind its last whole object and closed there."""
    depth: list[bytes] = []
    inside = escaped = False
    last, open_then = 0, b""
    for at, mark in enumerate(start):
        byte = bytes((mark,))
        if inside:
            inside, escaped = escaped or byte != b'"', byte == b"\\" and not escaped
        elif byte == b'"':
            inside = True
        elif byte in (b"{", b"["):
            depth.append(b"}" if byte == b"{" else b"]")
        elif byte in (b"}", b"]") and depth:
            depth.pop()
            last, open_then = at + 1, b"".join(reversed(depth))
    return start[:last] + open_then
