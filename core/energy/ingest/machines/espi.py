"""Green Button's XML (NAESB REQ.21, ESPI): readings whose type says what they are; starts are seconds since 1970, UTC.

What belongs to what the links of the feed say: an IntervalBlock is up to a MeterReading, to which a ReadingType is
related. Where there are no links and one ReadingType, it is that one's. A reading has a value of `uom` times ten to the
power of `powerOfTenMultiplier`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from xml.parsers import expat

from core.energy.ingest.fields import Traits
from core.energy.ingest.machines.recorder import Recorder
from core.energy.ingest.source import Refused
from core.energy.ingest.times import SLOT_MINUTES
from core.energy.ingest.words import UNITS
from core.energy.readings.reading import (
    ACTUAL,
    ESTIMATED,
    EXPORT,
    IMPORT,
    MINUTES,
    REACTIVE_EXPORT,
    REACTIVE_IMPORT,
    SUBSTITUTED,
)

MAX_TYPES = 1000
"""ReadingTypes and MeterReadings of a feed."""
MAX_WAITING = 100_000
"""Readings that wait for their ReadingType."""
MAX_TEXT = 1000
"""Characters of an element."""
_UNITS = {"72": UNITS["wh"], "38": UNITS["w"], "73": UNITS["varh"], "63": UNITS["var"]}
_CHANNELS = {("1", False): IMPORT, ("19", False): EXPORT, ("1", True): REACTIVE_IMPORT, ("19", True): REACTIVE_EXPORT}
"""By flowDirection: 1 is delivered to the customer, 19 is received from the customer; and whether it is reactive."""
_QUALITIES = {
    **dict.fromkeys(("0", "14", "17", "18", "19"), ACTUAL),
    **dict.fromkeys(("8", "9", "12"), ESTIMATED),
    **dict.fromkeys(("7", "11", "13", "15"), SUBSTITUTED),
}
_HELD = frozenset(
    [
        "uom",
        "powerOfTenMultiplier",
        "flowDirection",
        "accumulationBehaviour",
        "commodity",
        "defaultQuality",
        "dataQualifier",
        "duration",
        "start",
        "value",
        "quality",
    ]
)
_READING_TYPE = re.compile(r"/ReadingType/[^/]+")
_METER_READING = re.compile(r".*/MeterReading/[^/]+")
_DURATION = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class _Type:
    """What readings of a type are; or why they can't be used."""

    channel: str = ""
    factor: Fraction = Fraction(0)
    power: bool = False
    quality: str = ACTUAL
    flaw: str = ""


class Espi:
    """Reads a feed. A row is an IntervalReading; its line is its number among them."""

    def __init__(self, recorder: Recorder) -> None:
        self._to = recorder
        # In whichever encoding the feed says that it is, it comes here as UTF-8 (`texts`).
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.buffer_text = True
        self._path: list[str] = []
        self._words: list[str] = []
        self._links: dict[str, list[str]] = {}
        self._fields: dict[str, str] = {}
        self._types: dict[str, _Type] = {}
        self._related: dict[str, str] = {}
        self._waiting: list[tuple[int, dict[str, str], str]] = []
        self._points: set[str] = set()
        self._usage_points: set[str] = set()
        self._guessed = False
        self._number = 0

    def read(self, line: int, data: bytes) -> None:
        """The next bytes. Raises `Refused` where they are no XML."""
        del line
        try:
            self._parser.Parse(data, False)
        except expat.ExpatError as error:
            raise Refused(f"the file is no whole XML ({error}); download it again") from None

    def end(self, *, whole: bool) -> None:
        """Nothing follows."""
        if whole:
            try:
                self._parser.Parse(b"", True)
            except expat.ExpatError as error:
                raise Refused(f"the file is no whole XML ({error}); it may be cut off, so download it again") from None
            if self._waiting and not self._types:
                raise Refused("the feed has readings, and no ReadingType that says what they are")
        for number, found, meter in self._waiting:
            self._told(number, found, self._type(meter, last=True) or _Type(flaw="there is no ReadingType"))

    def _doctype(self, *_: Any) -> None:
        raise Refused("the XML has a document type, as no Green Button file has; nothing of it is read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        self._path.append(tag)
        if len(self._path) > 50:
            raise Refused("the XML is nested more deeply than any Green Button file is")
        self._words.clear()
        if tag == "entry":
            self._links.clear()
        elif tag in ("ReadingType", "IntervalReading"):
            self._fields.clear()
        elif tag == "link":
            self._link(attributes.get("rel", ""), attributes.get("href", ""))

    def _link(self, rel: str, href: str) -> None:
        links = self._links.setdefault(rel, [])
        if len(links) < MAX_TYPES:
            links.append(href)
        if rel == "self" and (found := re.search(r"/UsagePoint/[^/]+", href)):
            self._one(self._points, found[0])

    def _one(self, points: set[str], name: str) -> None:
        """Raise `Refused` where there are several usage points."""
        points.add(name)
        if len(points) > 1:
            raise Refused(
                "the feed has several usage points; download each by itself, so that none is taken for another"
            )

    def _text(self, data: str) -> None:
        self._words.append(data)
        if sum(map(len, self._words)) > MAX_TEXT:
            self._words = ["(a longer text than any of a feed)"]

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        self._path.pop()
        if tag in _HELD:
            self._fields[tag] = "".join(self._words).strip()
        elif tag == "ReadingType":
            self._keep(self._types, self._self(), _type(self._fields))
            if self._guessed and len(self._types) > 1:
                raise Refused(
                    "the feed has several ReadingTypes, and no links that say which of them its readings have"
                )
        elif tag == "UsagePoint":
            self._one(self._usage_points, self._self() or f"#{len(self._usage_points)}")
        elif tag == "MeterReading":
            related = next((href for href in self._links.get("related", ()) if _READING_TYPE.search(href)), "")
            self._keep(self._related, self._self(), related)
        elif tag == "IntervalReading":
            self._reading(dict(self._fields))
        self._words.clear()

    def _self(self) -> str:
        return next(iter(self._links.get("self", ())), "")

    def _keep(self, held: dict[str, Any], name: str, found: Any) -> None:
        if len(held) >= MAX_TYPES:
            raise Refused(f"the feed has more than {MAX_TYPES} reading types or meter readings")
        held[name or f"#{len(held)}"] = found

    def _meter(self) -> str:
        """The MeterReading that the block is one of, by its links; none: empty."""
        up = next((href for rel in ("up", "self") for href in self._links.get(rel, ()) if "MeterReading" in href), "")
        meter = _METER_READING.match(up)
        return meter[0] if meter else ""

    def _type(self, meter: str, *, last: bool = False) -> _Type | None:
        """The type of a MeterReading's readings; None while it is not there. `last` says that none follows."""
        related = self._related.get(meter, "")
        if related in self._types:
            return self._types[related]
        if not last and (related or not self._types or (meter and meter not in self._related)):
            return None
        if len(self._types) == 1 and not related:
            self._guessed = True
            return next(iter(self._types.values()))
        return _Type(flaw="no link says which ReadingType of the feed this reading has")

    def _reading(self, found: dict[str, str]) -> None:
        self._number += 1
        meter = self._meter()
        known = self._type(meter)
        if known is not None:
            self._told(self._number, found, known)
            return
        # The type follows: what is read so far waits for it, and no longer than a feed of a year.
        self._waiting.append((self._number, found, meter))
        if len(self._waiting) > MAX_WAITING:
            raise Refused(
                f"the feed has its ReadingTypes behind more than {MAX_WAITING:,} readings; download less at once"
            )

    def _told(self, line: int, found: dict[str, str], known: _Type) -> None:
        judge = self._to.judge
        text = found.get("value", "")
        if known.flaw:
            self._to.reject(line, "ReadingType", text, known.flaw)
            return
        begin, duration = found.get("start", ""), found.get("duration", "")
        if not re.fullmatch(r"[0-9]{1,10}", begin) or int(begin) % 300 or not _DURATION.fullmatch(duration):
            self._to.reject(
                line,
                "start",
                begin,
                "this is no start on the grid of 5 minutes, in seconds since 1970, with a duration",
            )
            return
        minutes = int(duration) // 60
        if minutes not in MINUTES or int(duration) % 60:
            self._to.reject(line, "duration", duration, "an interval has 5, 10, 15, 30 or 60 minutes")
            return
        quality = _QUALITIES.get(found["quality"]) if "quality" in found else known.quality
        if quality is None:
            self._to.reject(line, "quality", found["quality"], "this quality is none of a value that can be used")
            return
        factor = known.factor * Fraction(minutes, 60) if known.power else known.factor
        traits = Traits(known.channel, judge.terms.version, quality, minutes, factor, known.power)
        self._to.interval(line, judge.terms.point or "", traits, int(begin) // (60 * SLOT_MINUTES), minutes, text)


def _type(found: dict[str, str]) -> _Type:
    unit = _UNITS.get(found.get("uom", ""))
    power = found.get("powerOfTenMultiplier", "0") or "0"
    if found.get("commodity", "1") not in ("0", "1", "2"):
        return _Type(flaw=f"the commodity {found['commodity']} is no electricity")
    if unit is None:
        return _Type(flaw=f"the unit (uom) {found.get('uom', '')!r} is none of 72 (Wh), 38 (W), 73 (VArh) and 63 (VAr)")
    if found.get("dataQualifier") in ("8", "9"):
        return _Type(flaw="the values are the highest or the lowest of their intervals (dataQualifier), and no energy")
    if found.get("accumulationBehaviour", "4") not in ("0", "4"):
        return _Type(flaw="the values accumulate (accumulationBehaviour is not 4), as a register's do")
    channel = _CHANNELS.get((found.get("flowDirection", ""), unit.reactive))
    if channel is None:
        direction = found.get("flowDirection", "")
        return _Type(flaw=f"the flowDirection {direction!r} is neither 1 (delivered) nor 19 (received)")
    quality = _QUALITIES.get(found.get("defaultQuality", "0"))
    if quality is None:
        return _Type(flaw=f"the defaultQuality {found['defaultQuality']} is none of values that can be used")
    if not re.fullmatch(r"-?[0-9]{1,2}", power):
        return _Type(flaw=f"the powerOfTenMultiplier {power!r} is no small whole number")
    return _Type(channel, unit.factor * Fraction(10) ** int(power), unit.power, quality)
