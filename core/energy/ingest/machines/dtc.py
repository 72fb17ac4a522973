"""Two flows of the Data Transfer Catalogue of Great Britain: half-hourly values in the order of their periods.

D0036 has groups 101 (point, quantity), 102 (settlement day of London) and 103 (a value); D0379 has 25B, 26B (day of
UTC) and 66L. A file begins with ZHV and ends with ZPT. As values have no time, a day lands only if it has all of them.
"""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from fractions import Fraction

from core.energy.ingest import stamps
from core.energy.ingest.fields import Bad, Traits
from core.energy.ingest.machines.recorder import Recorder, lines
from core.energy.ingest.runs import Run
from core.energy.ingest.source import Refused
from core.energy.ingest.times import SLOT_MINUTES, SLOT_US
from core.energy.ingest.words import FLOWS
from core.energy.readings.periods import midnight, next_period
from core.energy.readings.points import LONDON
from core.energy.readings.reading import ACTUAL, ESTIMATED, HALF_HOUR
from core.energy.readings.zones import named
from core.kernel.clock import microseconds

_QUALITIES = {"A": ACTUAL, "": ACTUAL, "E": ESTIMATED, "C": ESTIMATED}
"""Of C no public source says more than that it is not A; so it never takes the place of an actual value."""
_ONE = Fraction(1)
_STEP = HALF_HOUR // SLOT_MINUTES
_QUANTITIES = ("AI", "AE", "RI", "RE")
MAX_HELD = 1000
"""Values that wait at most for the end of their day."""


class _Flow:
    """Reads one of the flows. A row is a value."""

    groups = ("", "", "")
    zone: tzinfo | None = None

    def __init__(self, recorder: Recorder) -> None:
        self._to = recorder
        self._point: str | Bad = Bad("no point stands above this value")
        self._channel: str | Bad = Bad("no measurement quantity stands above this value")
        self._day: date | Bad = Bad("no day stands above this value")
        self._held: list[tuple[int, str, str]] = []
        self._ended = False

    def read(self, line: int, data: bytes) -> None:
        """The next lines."""
        whose, day, value = self.groups
        for number, text in enumerate(lines(data), line):
            parts = text.split("|")
            kind = parts[0].strip()
            if not text.strip():
                self._to.tally.note_blank()
                continue
            if kind == value:
                said, worth = (part.strip() for part in (*parts, "", "")[1:3])
                self._held.append((number, said, worth))
                if len(self._held) > MAX_HELD:
                    self._settle()
                continue
            self._settle()
            if kind == whose:
                self._begin(parts)
            elif kind == day:
                found = stamps.day(parts[1], None) if len(parts) > 1 else None
                self._day = found if found and 1900 < found.year < 2199 else Bad("a day is written 20260131")
            elif kind == "ZPT":
                self._ended = True
            elif kind == "ZHV":
                self._point, self._ended = Bad("no point stands above this value"), False
            else:
                self._to.reject(number, None, text, f"a group is one of ZHV, {whose}, {day}, {value} and ZPT")

    def end(self, *, whole: bool) -> None:
        """The last day is there. Raises `Refused` where the file was cut off."""
        if whole and not self._ended:
            raise Refused("the file has no ZPT at its end, so it was cut off; send the whole of it")
        if whole:
            self._settle()

    def _begin(self, parts: list[str]) -> None:
        self._point = self._to.judge.point(parts[1] if len(parts) > 1 else "")
        quantity = parts[2].strip().upper() if len(parts) > 2 else ""
        known = FLOWS[quantity.lower()].channel if quantity in _QUANTITIES else None
        self._channel = known or Bad("a measurement quantity is AI, AE, RI or RE")
        self._day = Bad("no day stands above this value")

    def _settle(self) -> None:
        """All values of a day are there."""
        held, self._held = self._held, []
        if not held:
            return
        reason = next((one.reason for one in (self._point, self._channel, self._day) if isinstance(one, Bad)), None)
        first = 0
        if reason is None and isinstance(self._day, date):
            zone = self.zone or UTC
            begin, after = (microseconds(midnight(zone, one)) for one in (self._day, next_period(self._day, "day")))
            first, count = begin // SLOT_US, (after - begin) // SLOT_US // _STEP
            if len(held) != count:
                reason = f"{self._day} has {count} half hours, and here are {len(held)} values, which have no times"
        # The values of a day stand together; what comes without a day of its own is another's.
        self._day = Bad("no day stands above this value")
        if reason is not None or isinstance(self._point, Bad) or isinstance(self._channel, Bad):
            for line, _, value in held:
                self._to.reject(line, None, value, reason or "")
            return
        self._add(held, first, self._point, self._channel)

    def _add(self, held: list[tuple[int, str, str]], first: int, point: str, channel: str) -> None:
        """The values of one quality after the other."""
        version = self._to.judge.terms.version
        begin = 0
        for at in range(1, len(held) + 1):
            if at < len(held) and held[at][1] == held[begin][1] and held[at][0] == held[begin][0] + at - begin:
                continue
            line, said, _ = held[begin]
            quality = _QUALITIES.get(said.upper())
            if quality is None:
                for place in range(begin, at):
                    self._to.reject(held[place][0], "indicator", said, "an indicator is A, E or C")
            else:
                traits = Traits(channel, version, quality, HALF_HOUR, _ONE)
                cells = [value for _, _, value in held[begin:at]]
                self._to.rows(Run(line, point, traits, first + begin * _STEP, HALF_HOUR, cells, each=True))
            begin = at


class D0036(_Flow):
    """Days of London."""

    groups = ("101", "102", "103")
    zone = named(LONDON)


class D0379(_Flow):
    """Days of UTC."""

    groups = ("25B", "26B", "66L")
