"""NEM12: records 100 (file), 200 (a meter's channel), 300 (a day of it), 400 (its qualities by range), 500 and 900.

AEMO, Meter Data File Format Specification NEM12 & NEM13, 2.6. Times are those of the market, +10:00 without daylight
saving; the first value of a day is that of 00:00 to 00:00 + length. Missing 100 and repeated 900 are tolerated, as
are records that end early, after what is of use.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from core.energy.ingest import stamps, times
from core.energy.ingest.fields import Bad, Gap, Traits
from core.energy.ingest.machines.recorder import Recorder, lines
from core.energy.ingest.runs import Run
from core.energy.ingest.source import Refused
from core.energy.ingest.times import SLOT_MINUTES
from core.energy.ingest.words import UNITS
from core.energy.readings.reading import (
    ACTUAL,
    ESTIMATED,
    EXPORT,
    IMPORT,
    REACTIVE_EXPORT,
    REACTIVE_IMPORT,
    SUBSTITUTED,
)

_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 24 * 60 // SLOT_MINUTES
_AHEAD = 10 * 60 // SLOT_MINUTES
_CHANNELS = {"E": IMPORT, "B": EXPORT, "Q": REACTIVE_IMPORT, "K": REACTIVE_EXPORT}
"""By the first letter of a channel's suffix: consumption, generation, and the reactive energy of both."""
_QUALITIES = {"A": ACTUAL, "E": ESTIMATED, "F": SUBSTITUTED, "S": SUBSTITUTED}
_QUALITY = re.compile(r"([AEFSNV])[0-9]{0,2}")
_LENGTHS = (5, 15, 30)
_BEHIND = 5
"""Fields of a day behind its values: quality, reason, its description, and when it was updated and loaded."""
_RANGE = re.compile(r"[0-9]{1,3}")
_STRUCTURE = ("400", "500", "550", "900")


@dataclass(frozen=True, slots=True)
class _Channel:
    """What a 200 record says; or why its days can't be used.

    `name` is that of the channel as it is staged, which may be known of one that can't be used: its days are missed.
    """

    point: str = ""
    name: str = ""
    traits: Traits | None = None
    minutes: int = 30
    flaw: str = "no 200 record stands above this day"
    column: str | None = None
    text: str = ""


@dataclass(slots=True)
class _Day:
    """A day whose qualities 400 records say, which follow."""

    line: int
    first: int
    cells: list[str]
    qualities: list[str | None]


class Nem12:
    """Reads NEM12. A row is a 300 record: all of its intervals land or none."""

    def __init__(self, recorder: Recorder) -> None:
        self._to = recorder
        self._channel = _Channel()
        self._various: _Day | None = None
        self._suffixes: dict[tuple[str, str], str] = {}

    def read(self, line: int, data: bytes) -> None:
        """The next lines."""
        for number, text in enumerate(lines(data), line):
            kind = text[:4]
            if kind == "300,":
                if self._various is not None:
                    self._settle()
                self._day(number, _split(text))
            elif kind == "400,":
                self._range(number, _split(text))
            else:
                self._other(number, text)

    def end(self, *, whole: bool) -> None:
        """The last day's qualities are known."""
        del whole
        self._settle()

    def _other(self, number: int, text: str) -> None:
        parts = _split(text)
        kind = parts[0].strip()
        if kind not in ("400", "500"):
            self._settle()
        if kind == "300":
            self._day(number, parts)
        elif kind == "400":
            self._range(number, parts)
        elif kind == "200":
            self._channel = self._begun(parts)
        elif not any(map(str.strip, parts)):
            self._to.tally.note_blank()
        elif kind == "100":
            if len(parts) > 1 and parts[1].strip().upper() != "NEM12":
                raise Refused(f"line {number} begins a file of {parts[1]}; send it by itself")
            self._channel = _Channel()
        elif kind not in _STRUCTURE:
            self._to.reject(number, None, text, "a record is one of 100, 200, 300, 400, 500 and 900")

    def _begun(self, parts: list[str]) -> _Channel:
        nmi, suffix = _at(parts, 1).strip(), _at(parts, 4).strip().upper()
        unit, length = _at(parts, 7).strip(), _at(parts, 8).strip()
        point = self._to.judge.point(nmi)
        if isinstance(point, Bad):
            return _Channel(flaw=point.reason, column="NMI", text=nmi)
        channel, known = _CHANNELS.get(suffix[:1]), UNITS.get(unit.lower())
        name = self._name(point, channel, suffix) if channel else ""
        if length not in map(str, _LENGTHS):
            reason = "an interval has 5, 15 or 30 minutes (IntervalLength of the 200 record)"
            return _Channel(point, name, flaw=reason, column="IntervalLength", text=length)
        if channel is None:
            reason = f"the channel {suffix} is none of E (consumption), B (generation), Q and K (reactive)"
            return _Channel(flaw=reason, column="NMISuffix", text=suffix)
        if known is None or known.reactive != channel.startswith("reactive"):
            return _Channel(point, name, flaw=f"{unit} is no unit of the channel {suffix}", column="UOM", text=unit)
        minutes = int(length)
        factor = known.factor * Fraction(minutes, 60) if known.power else known.factor
        traits = Traits(name, self._to.judge.terms.version, ACTUAL, minutes, factor, known.power)
        return _Channel(point, name, traits, minutes)

    def _name(self, point: str, channel: str, suffix: str) -> str:
        """Of several channels of one direction each is a part of the whole: they are added in the end (`parts`)."""
        first = self._suffixes.setdefault((point, channel), suffix)
        return channel if suffix == first else f"{channel}/{suffix.lower()}"

    def _day(self, number: int, parts: list[str]) -> None:
        channel = self._channel
        day = stamps.day(_at(parts, 1), None)
        first = (day.toordinal() - _EPOCH) * _DAY - _AHEAD if day and 1900 < day.year < 2199 else None
        if channel.name and first is not None:
            self._to.batches.expect(channel.point, channel.name, first, first + _DAY - 1)
        if channel.traits is None:
            self._to.reject(number, channel.column, channel.text or ",".join(parts[:3]), channel.flaw)
            return
        if first is None:
            self._to.reject(number, "IntervalDate", _at(parts, 1), "a day is written 20260131")
            return
        count = 24 * 60 // channel.minutes
        cells = parts[2 : 2 + count]
        said = _at(parts, 2 + count).strip().upper()
        quality = _QUALITY.fullmatch(said)
        if len(cells) < count:
            self._to.reject(
                number, None, ",".join(parts)[:200], f"{len(cells)} values where the 200 record says {count}"
            )
            return
        if (said and quality is None) or any(map(str.strip, parts[2 + count + _BEHIND :])):
            reason = f"after {count} values of {channel.minutes} minutes stands no quality (A, E, F, S, N, V)"
            self._to.reject(number, "QualityMethod", said, reason)
            return
        letter = quality[1] if quality else "A"
        if letter == "V":
            self._various = _Day(number, first, cells, [None] * count)
        elif letter == "N":
            self._add(number, first, [""] * count, channel.traits)
        else:
            self._add(number, first, cells, _of(channel.traits, _QUALITIES[letter]))

    def _add(self, number: int, first: int, cells: list[str], traits: Traits) -> None:
        channel = self._channel
        self._to.day(Run(number, channel.point, traits, first, channel.minutes, cells))

    def _range(self, number: int, parts: list[str]) -> None:
        """A 400 record says the quality of a range of the day above."""
        if self._various is None:
            return
        begin, end = (_at(parts, at).strip() for at in (1, 2))
        quality = _QUALITY.fullmatch(_at(parts, 3).strip().upper())
        held = self._various.qualities
        numbers = _RANGE.fullmatch(begin) and _RANGE.fullmatch(end)
        if not numbers or not 1 <= int(begin) <= int(end) <= len(held) or quality is None:
            reason = f"line {number}, a 400 record, is no range of intervals with a quality"
            self._to.reject(self._various.line, "QualityMethod", ",".join(parts)[:100], reason)
            self._various = None
            return
        for at in range(int(begin) - 1, int(end)):
            held[at] = "" if quality[1] in "NV" else _QUALITIES[quality[1]]

    def _settle(self) -> None:
        """The qualities of a day are all known."""
        day, self._various = self._various, None
        traits = self._channel.traits
        if day is None or traits is None:
            return
        if None in day.qualities:
            at = day.qualities.index(None) + 1
            reason = f"the quality is V, and no 400 record says that of interval {at}"
            self._to.reject(day.line, "QualityMethod", "V", reason)
            return
        step = self._channel.minutes // SLOT_MINUTES
        for at, cell in enumerate(day.cells):
            flaw = self._flaw(cell, day.first + at * step, traits) if day.qualities[at] else None
            if flaw is not None:
                self._to.reject(day.line, f"value {at + 1}", cell, flaw)
                return
        # One quality after the other; what has none is no reading.
        self._to.tally.rows += 1
        begin = 0
        for at in range(1, len(day.cells) + 1):
            if at == len(day.cells) or day.qualities[at] != day.qualities[begin]:
                cells = day.cells[begin:at] if day.qualities[begin] else [""] * (at - begin)
                quality = day.qualities[begin] or ACTUAL
                whose, first = self._channel, day.first + begin * step
                self._to.part(Run(day.line, whose.point, _of(traits, quality), first, whose.minutes, cells))
                begin = at

    def _flaw(self, cell: str, slot: int, traits: Traits) -> str | None:
        """Why a value of a day is no reading and no gap; zero is a gap where it is yet to come."""
        value = self._to.judge.cell(cell, traits.factor, self._channel.minutes)
        if isinstance(value, Gap):
            return None
        if isinstance(value, Bad):
            return value.reason
        placed = times.placed(slot, self._to.judge.terms) if value.scaled else slot
        return placed.reason if isinstance(placed, Bad) else None


def _of(traits: Traits, quality: str) -> Traits:
    return traits if quality == traits.quality else replace(traits, quality=quality)


def _split(text: str) -> list[str]:
    if '"' in text:
        try:
            return next(csv.reader([text]), [])
        except csv.Error:
            pass  # a carriage return within the line: what its fields are, they are judged for
    return text.split(",")


def _at(parts: list[str], at: int) -> str:
    return parts[at] if at < len(parts) else ""
