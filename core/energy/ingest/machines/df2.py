"""Stark's DF2: #O names an outstation (an MPAN), #S a sensor, and each row after them has the END of a half hour, UTC.

Sensors: 1 import, 2 export (kWh), 3 and 4 reactive import and export (kVArh).
"""

from __future__ import annotations

from datetime import UTC
from fractions import Fraction

from core.energy.ingest import stamps
from core.energy.ingest.fields import Bad, Traits
from core.energy.ingest.machines.recorder import Recorder, lines
from core.energy.ingest.times import SLOT_MINUTES
from core.energy.readings.reading import EXPORT, HALF_HOUR, IMPORT, REACTIVE_EXPORT, REACTIVE_IMPORT
from core.kernel.clock import microseconds

_CHANNELS = {"1": IMPORT, "2": EXPORT, "3": REACTIVE_IMPORT, "4": REACTIVE_EXPORT}


class Df2:
    """Reads DF2. A row is a half hour."""

    def __init__(self, recorder: Recorder) -> None:
        self._to = recorder
        self._point: str | Bad = Bad("no #O line stands above this row")
        self._channel: str | Bad = Bad("no #S line stands above this row")

    def read(self, line: int, data: bytes) -> None:
        """The next lines."""
        for number, text in enumerate(lines(data), line):
            begin = text[:2].upper()
            if begin == "#O":
                self._point = self._to.judge.point(text[2:].partition("-")[0])
                self._channel = Bad("no #S line stands above this row")
            elif begin == "#S":
                sensor = text[2:].strip()
                self._channel = _CHANNELS.get(sensor) or Bad(f"the sensor {sensor} is none of 1, 2, 3 and 4")
            elif not text.strip():
                self._to.tally.note_blank()
            elif text.strip().upper() != "#F2":
                self._row(number, text)

    def _row(self, number: int, text: str) -> None:
        parts = [part.strip() for part in text.split(",")]
        bad = next((one for one in (self._point, self._channel) if isinstance(one, Bad)), None)
        if bad is not None or isinstance(self._point, Bad) or isinstance(self._channel, Bad):
            self._to.reject(number, None, text, bad.reason if bad else "")
            return
        if len(parts) != 4:
            self._to.reject(number, None, text, "a row has a date, a time, a value and a status")
            return
        end = stamps.moment(f"{parts[0]} {parts[1]}", "day")
        known = end is not None and 1900 < end.year < 2199
        moment = microseconds(end.replace(tzinfo=UTC)) if end is not None and known else 1
        slot, rest = divmod(moment, HALF_HOUR * 60_000_000)
        if rest:
            reason = "this is not the end of a half hour, written 31/01/2026,00:30"
            self._to.reject(number, "time", f"{parts[0]} {parts[1]}", reason)
            return
        quality = self._to.judge.quality(parts[3][-1:])
        if isinstance(quality, Bad):
            self._to.reject(number, "status", parts[3], quality.reason)
            return
        traits = Traits(self._channel, self._to.judge.terms.version, quality, HALF_HOUR, Fraction(1))
        begin = (slot - 1) * (HALF_HOUR // SLOT_MINUTES)
        self._to.interval(number, self._point, traits, begin, HALF_HOUR, parts[2])

    def end(self, *, whole: bool) -> None:
        """Nothing waits."""
