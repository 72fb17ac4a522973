"""The rules of one file, with what each text was found to be, and what was noticed on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from core.energy.ingest import fields
from core.energy.ingest.fields import SLOT_MINUTES, Bad, Gap, Traits, Value
from core.energy.ingest.layout import LONG, SMALL, Layout
from core.energy.ingest.source import Refused
from core.energy.ingest.terms import OFFSET, Terms
from core.energy.ingest.words import END, MINUTES
from core.energy.readings import points
from core.energy.readings.periods import day_of, midnight, next_period
from core.energy.readings.schema import FIRST, LAST
from core.energy.readings.zones import named, offset_of

CACHE = 100_000
"""Distinct texts of a column that are remembered."""


class Judge:
    """What a file's texts mean. `rounded` and `off_grid` count, the latter by point."""

    def __init__(self, layout: Layout, terms: Terms, *, stamp_said: bool = False) -> None:
        self.layout, self.terms, self.stamp_said = layout, terms, stamp_said
        self.rounded = 0
        self.off_grid: Counter[str] = Counter()
        self._caches: dict[str, dict[Any, Any]] = {}
        self._offsets: dict[str, str] = {}
        self._zones: set[str] = set()
        if terms.point and (kind := points.kind_of(terms.point)):
            self._zones.add(kind.zone)

    @property
    def minutes_said(self) -> bool:
        """Whether the length of the intervals is more than an assumption."""
        roles = self.layout.roles
        return self.layout.format != LONG or self.terms.minutes_said or END in roles or MINUTES in roles

    def point(self, text: str) -> str | Bad:
        return self._remembered("point", text, self._point)  # type: ignore[no-any-return]

    def _point(self, text: str) -> str | Bad:
        found = fields.point(text, free=self.terms.free)
        kind = None if isinstance(found, Bad) else points.kind_of(found)
        if kind:
            if self.layout.kinds and kind.name not in self.layout.kinds and not self.terms.free:
                return Bad(f"this is of kind {kind.name}, and the column is called {' or '.join(self.layout.kinds)}")
            self._zones.add(kind.zone)
            self._refuse_offsets()
        return found

    def start(self, text: str) -> int | Bad:
        """The slot, on the grid of the file's minutes."""
        return self._remembered("start", text, self._start)  # type: ignore[no-any-return]

    def _start(self, text: str) -> int | Bad:
        self._note_offset(text)
        return fields.start(text, self.terms)

    def placed(self, text: str) -> int | Bad:
        """The slot, on any grid, unless it is yet to come."""
        found = self.instant(text)
        return found if isinstance(found, Bad) else fields.placed(found, self.terms)

    def until(self, text: str) -> int | Bad:
        """The slot of an end. Its offset may be that of the interval before clocks change, or of after."""
        return self._remembered("until", text, lambda text: fields.instant(text, self.terms))  # type: ignore[no-any-return]

    def instant(self, text: str) -> int | Bad:
        """A slot of any grid."""
        return self._remembered("instant", text, self._instant)  # type: ignore[no-any-return]

    def _instant(self, text: str) -> int | Bad:
        self._note_offset(text)
        return fields.instant(text, self.terms)

    def value(self, text: str, factor: Fraction, length: int) -> Value | Gap | Bad:
        return fields.value(text, factor, length, self.terms)

    def traits(self, texts: tuple[str, ...]) -> Traits | tuple[int, Bad]:
        """What the small columns (`layout.small`) of a row say; or the position of the one at fault, and why."""
        return self._remembered("traits", texts, self._traits)  # type: ignore[no-any-return]

    def _traits(self, texts: tuple[str, ...]) -> Traits | tuple[int, Bad]:
        layout, left, by_role = self.layout, iter(texts), {}
        for role in SMALL:
            if role in layout.roles:
                by_role[role] = tuple(next(left) for _ in layout.roles[role])
        found = fields.traits(by_role, self.terms, layout.unit, layout.flow)
        if isinstance(found, Traits):
            return found
        role, bad = found
        at = layout.position(role)
        return (layout.small or (0,))[0] if at is None else at, bad

    def _remembered(self, name: str, text: Any, rule: Callable[[Any], Any]) -> Any:
        cache = self._caches.setdefault(name, {})
        try:
            return cache[text]
        except KeyError:
            if len(cache) > CACHE:
                cache.clear()
            found = cache[text] = rule(text)
            return found

    def _note_offset(self, text: str) -> None:
        """Remember in which zones clocks had changed on this day, away from this time's offset."""
        if OFFSET in self.terms.allow or text.rstrip()[-1:] in "zZ":
            return
        try:
            moment = datetime.fromisoformat(fields.tidy(text))
            offset = moment.utcoffset()
            if self.terms.stamp == "end":
                moment -= timedelta(minutes=SLOT_MINUTES)
        except (ValueError, OverflowError):
            return
        if not offset or not FIRST.year < moment.year < LAST.year:
            return
        for name in {kind.zone for kind in points.KINDS} - self._offsets.keys():
            zone = named(name)
            day = day_of(zone, moment)
            held = {offset_of(zone, midnight(zone, one)) for one in (day, next_period(day, "day"))}
            if offset_of(zone, moment) != offset and offset in held:
                self._offsets[name] = text
        self._refuse_offsets()

    def _refuse_offsets(self) -> None:
        for zone in sorted(self._zones & self._offsets.keys()):
            raise Refused(
                f"the time {self._offsets[zone].strip()} has the offset of the other part of its day, in which clocks "
                f"in {zone} change; write the times in UTC, or allow `offset` in the account's sources if it is right"
            )

    def note_off_grid(self, point: str, text: str, length: int) -> None:
        """Count a start that is on a finer grid than that of its interval's minutes."""
        found = self.instant(text)
        if not isinstance(found, Bad) and found % (length // SLOT_MINUTES):
            self.off_grid[point] += 1

    def length(self, begin: int, end: int) -> int | Bad:
        """The minutes between two slots."""
        return fields.minutes(str((end - begin) * SLOT_MINUTES))
