"""From which settlement day to which a point is settled: from that of its first reading to that of its last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo

from core.energy.readings.periods import day_of
from core.energy.readings.query import ChannelSummary
from core.energy.readings.reading import EXPORT, IMPORT
from core.energy.readings.zones import named


@dataclass(frozen=True, slots=True)
class Life:
    """A point's zone, and of each channel its first and last day. Reactive channels count where there is no other."""

    zone: tzinfo
    channels: Mapping[str, tuple[date, date]]

    def days(self, first: date | None = None, following: date | None = None) -> range:
        """The days in [first, following) on which any of its channels is settled, as ordinals."""
        begun, ended = zip(*self.channels.values(), strict=True)
        return _days(min(begun), max(ended), first, following)

    def days_of(self, channel: str, within: range) -> range:
        """Those of a channel among such days; none where it has no such channel."""
        if channel not in self.channels or not within:
            return range(0)
        return _days(*self.channels[channel], date.fromordinal(within.start), date.fromordinal(within.stop))


def lives(found: Iterable[ChannelSummary], zone_of: Callable[[str], str]) -> dict[str, Life]:
    """Of each point, by the first and last start of its channels."""
    channels: dict[str, dict[str, tuple[date, date]]] = {}
    zones: dict[str, tzinfo] = {}
    for one in found:
        zone = zones.setdefault(one.point, named(zone_of(one.point)))
        channels.setdefault(one.point, {})[one.channel] = (day_of(zone, one.first), day_of(zone, one.last))
    return {point: Life(zones[point], _energy(held)) for point, held in channels.items()}


def _energy(held: Mapping[str, tuple[date, date]]) -> Mapping[str, tuple[date, date]]:
    return {name: held[name] for name in (IMPORT, EXPORT) if name in held} or held


def _days(begun: date, ended: date, first: date | None, following: date | None) -> range:
    begin = max(begun, first or begun).toordinal()
    end = ended.toordinal() + 1
    return range(begin, max(begin, min(end, following.toordinal()) if following else end))
