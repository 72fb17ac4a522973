"""The rules of one file, with what each text was found to be, and what was noticed on the way."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from core.energy.ingest import fields, stamps, times, words
from core.energy.ingest.fields import Bad, Gap, Traits, Value
from core.energy.ingest.header import SMALL, Header
from core.energy.ingest.layouts.layout import Long
from core.energy.ingest.source import Refused
from core.energy.ingest.terms import OFFSET, Terms
from core.energy.ingest.times import FINER, FROM_ZERO, SLOT_MINUTES
from core.energy.ingest.words import FLOW, MINUTES, PART
from core.energy.readings import points
from core.energy.readings.periods import day_of, midnight, next_period
from core.energy.readings.schema import FIRST, LAST
from core.energy.readings.zones import named, offset_of

CACHE = 100_000
"""Distinct texts of a column that are remembered."""


class Judge:
    """What a file's texts mean. `rounded` and `off_grid` count, the latter by point; `ordered` dates needed an order.

    `header` is None of a file that has none.
    """

    def __init__(self, header: Header | None, terms: Terms, *, stamp_said: bool = False) -> None:
        self.header, self.terms, self.stamp_said = header, terms, stamp_said
        self.rounded = 0
        self.ordered: str | None = None
        self.off_grid: Counter[str] = Counter()
        self._caches: dict[str, dict[Any, Any]] = {}
        self._offsets: dict[str, str] = {}
        self._zones: set[str] = set()
        if terms.point and (kind := points.kind_of(terms.point)):
            self._zones.add(kind.zone)

    @property
    def long(self) -> bool:
        """Whether each row has an interval, whose time it says."""
        return self.header is not None and self.header.long

    @property
    def each_says_its_minutes(self) -> bool:
        """Whether each row says how long its interval is."""
        header = self.header
        return header is None or not header.long or bool(header.until) or MINUTES in header.roles

    @property
    def minutes_said(self) -> bool:
        """Whether the length of the intervals is more than an assumption."""
        return self.terms.minutes_said or self.each_says_its_minutes

    def point(self, text: str) -> str | Bad:
        return self._remembered("point", text, self._point)  # type: ignore[no-any-return]

    def _point(self, text: str) -> str | Bad:
        found = fields.point(text, free=self.terms.free)
        kind = None if isinstance(found, Bad) else points.kind_of(found)
        if kind:
            kinds = self.header.kinds if self.header else ()
            if kinds and kind.name not in kinds and not self.terms.free:
                return Bad(f"this is of kind {kind.name}, and the column is called {' or '.join(kinds)}")
            self._zones.add(kind.zone)
            self._refuse_offsets()
        return found

    def start(self, text: str) -> int | Bad:
        """The slot, on the grid of the file's minutes."""
        return self._remembered("start", text, self._start)  # type: ignore[no-any-return]

    def _start(self, text: str) -> int | Bad:
        found = self._stamp(text)
        return found if isinstance(found, Bad) else times.started(found, self.terms)

    def placed(self, text: str) -> int | Bad:
        """The slot, on any grid, unless it is yet to come."""
        found = self.instant(text)
        return found if isinstance(found, Bad) else times.placed(found, self.terms)

    def until(self, text: str) -> int | Bad:
        """The slot of an end. Its offset may be that of the interval before clocks change, or of after."""
        return self._remembered("until", text, self._until)  # type: ignore[no-any-return]

    def _until(self, text: str) -> int | Bad:
        return times.instant(self._side(text, -1), self.terms, last=self.terms.last)

    def instant(self, text: str) -> int | Bad:
        """A slot of any grid."""
        return self._remembered("instant", text, self._stamp)  # type: ignore[no-any-return]

    def _stamp(self, text: str) -> int | Bad:
        self._note_offset(text)
        written = self._side(text, 0)
        found = times.instant(written, self.terms)
        if isinstance(found, Bad):
            if found.reason in (FROM_ZERO, FINER):
                raise Refused(f"{written}: {found.reason}")
            self._refuse_order(written)
        else:
            self._note_order(written)
        return found

    def _side(self, text: str, number: int) -> str:
        """The start (0) or the end (-1) of a text that has both, where the layout says so."""
        form = self.header.layout.form if self.header else None
        return re.split(r"\s+to\s+", text)[number] if isinstance(form, Long) and form.span else text

    def day(self, text: str) -> date | Bad:
        """A settlement day."""
        return self._remembered("day", text, self._day)  # type: ignore[no-any-return]

    def _day(self, text: str) -> date | Bad:
        found = times.settlement_date(text, self.terms.order)
        if isinstance(found, Bad):
            self._refuse_order(text)
        else:
            self._note_order(text)
        return found

    def _note_order(self, text: str) -> None:
        if self.ordered is None and self.terms.order:
            first, _ = stamps.split(fields.tidy(text))
            if stamps.day(first, None) is None and stamps.day(first, self.terms.order) is not None:
                self.ordered = first

    def _refuse_order(self, text: str) -> None:
        first, _ = stamps.split(fields.tidy(text))
        if stamps.other_order(first, self.terms.order):
            other = "month" if self.terms.order == "day" else "day"
            raise Refused(
                f"the date {first} has its {other} first, where such files have the {self.terms.order} first; write "
                "dates as 2026-01-31, so that none is taken for another"
            )

    def value(self, text: str, factor: Fraction, length: int) -> Value | Gap | Bad:
        """A number, of texts that come once each."""
        return fields.value(text, factor, length, self.terms)

    def cell(self, text: str, factor: Fraction, length: int) -> Value | Gap | Bad:
        """A number, of texts that come again and again."""
        key = text, factor.numerator, factor.denominator, length
        return self._remembered("value", key, lambda _: fields.value(text, factor, length, self.terms))  # type: ignore[no-any-return]

    def quality(self, text: str) -> str | Bad:
        return self._remembered("quality", text, lambda text: fields.quality(text, self.terms))  # type: ignore[no-any-return]

    def traits(self, header: Header, texts: tuple[str, ...], block: int = 0) -> Traits | tuple[int, Bad]:
        """What the small columns (`header.small`) of a row say of the values of a block.

        Or the position of the one at fault, and why.
        """
        key = texts, block
        return self._remembered("traits", key, lambda key: self._traits(header, *key))  # type: ignore[no-any-return]

    def _traits(self, header: Header, texts: tuple[str, ...], block: int) -> Traits | tuple[int, Bad]:
        left, by_role = iter(texts), {}
        for role in SMALL:
            if role in header.roles:
                by_role[role] = tuple(next(left) for _ in header.roles[role])
        unit, flow = header.unit, header.flow
        if header.blocks:
            unit = header.blocks[block].unit or unit
            both = header.blocks[block].flow.and_(flow)
            if both is None:
                return (header.small or (0,))[0], Bad(
                    "the column's name and the account's sources contradict each other"
                )
            flow = both
        found = fields.traits(by_role, self.terms, unit, flow)
        if isinstance(found, Traits):
            if PART not in header.roles:
                return found
            return replace(found, channel=f"{found.channel}/{words.said(by_role[FLOW][0]).rpartition('#')[2]}")
        role, bad = found
        at = header.position(role)
        return (header.small or (0,))[0] if at is None else at, bad

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
            if not times.at_start(self.terms):
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
