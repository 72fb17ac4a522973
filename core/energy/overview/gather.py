"""What an overview is made of: asked of the store at once where it can be, and of the table for two spans of days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from core.energy.accounts import settings
from core.energy.costs.agreed import Spell, agreed, currency_of
from core.energy.costs.lives import Life, lives
from core.energy.costs.periods import DAY, first_day
from core.energy.costs.sums import Asked, Costs, asked, costs, standing
from core.energy.ingest import reports, verdicts
from core.energy.overview import figures
from core.energy.overview.figures import ONE, SILENT, WINDOW, ZERO, Day
from core.energy.readings import sources
from core.energy.readings.decimals import exactly
from core.energy.readings.periods import day_of, midnight, next_period
from core.energy.readings.query import ChannelSummary, channels_of
from core.energy.readings.reading import EXPORT, IMPORT
from core.energy.readings.view import Opened, opened
from core.energy.readings.zones import named
from core.energy.settlement import documents as settlements
from core.kernel.clock import rfc3339
from core.kernel.fetching import done_together
from core.kernel.services import Services

MOST_SILENT = 50
"""Silent points that are named; how many there are is said in any case."""
OF_DAYS = (
    "day",
    "day_week_before",
    "week",
    "week_before",
    "month",
    "month_before",
    "month_year_before",
    "month_end",
    "quality",
    "days",
)
"""What is null where nothing was ever read."""

_Found = Sequence[tuple[Asked, Costs]]


@dataclass(frozen=True, slots=True)
class Known:
    """What there is of an account before a day: its channels, from when to when each point is settled, its newest day.

    A point that was read within the window up to the newest day is expected until then.
    """

    channels: Sequence[ChannelSummary]
    lives: Mapping[str, Life]
    newest: date


def overview(services: Services, account: str, today: date | None) -> dict[str, Any]:
    """The answer. What begins on `today` or later is not looked at; None: the clock's day in the points' zones."""
    store, held = services.store, services.documents
    with ExitStack() as stack:
        table, chosen, said, report, settled = done_together(
            store,
            partial(stack.enter_context, opened(store, account)),
            partial(settings.read_whole, held, account),
            partial(held.get, sources.document(account)),
            partial(reports.newest, held, account),
            partial(settlements.newest, held, account),
        )
        found = channels_of(table) if table else []
        zone_of = sources.zones(said and said.value)
        zones = sorted({zone_of(one.point) for one in found})
        now = services.clock()
        today = today or max((day_of(named(zone), now) for zone in zones), default=now.astimezone(UTC).date())
        known = _known(table, found, zone_of, today)
        told: dict[str, Any] = dict.fromkeys(OF_DAYS)
        currency = None
        if known is not None:
            names = sorted({one.point for one in found})
            spans, months_end = _spans(known.newest)
            spells = agreed(held, chosen["contract"], spans[0][0], months_end)
            currency = currency_of(spells)
            with exactly():
                told = _told(known, spells, [_costs(table, known, spells, *span, names) for span in spans], months_end)
            told["day"]["is_yesterday"] = known.newest == today - ONE
    return {
        "name": chosen["display_name"] or account,
        "currency": currency or chosen["currency"],
        "zone": zones[0] if len(zones) == 1 else None,
        "zones": zones,
        "today": today.isoformat(),
        "points": len({one.point for one in found}),
        **told,
        "newest_file": _file(report),
        "newest_settlement": _parts(settled, ("month", "version", "total", "currency", "settled")),
        "weather_site": chosen["weather_site"],
    }


def _file(report: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if report is None:
        return None
    whole = reports.whole(dict(report))
    told = {"outcome": verdicts.outcome(whole), "verdict": verdicts.verdict(whole)}
    return {"name": whole["name"], **told, "created": whole["created"]}


def _parts(held: Mapping[str, Any] | None, names: Sequence[str]) -> dict[str, Any] | None:
    return None if held is None else {name: held[name] for name in names}


def _known(
    table: Opened | None, found: Sequence[ChannelSummary], zone_of: Callable[[str], str], today: date
) -> Known | None:
    """None where no energy was read before that day."""
    late: dict[str, set[str]] = {}
    for one in found:
        zone = zone_of(one.point)
        if day_of(named(zone), one.last) >= today:
            late.setdefault(zone, set()).add(one.point)
    points = {point for those in late.values() for point in those}
    channels = [one for one in found if one.point not in points]
    for zone, those in late.items():
        if table is not None:
            channels += channels_of(table, sorted(those), before=midnight(named(zone), today))
    held = lives(channels, zone_of)
    ends = [life.channels[name][1] for life in held.values() for name in (IMPORT, EXPORT) if name in life.channels]
    if not ends:
        return None
    newest = max(ends)
    return Known(channels, {point: _until(held[point], newest) for point in sorted(held)}, newest)


def _until(life: Life, newest: date) -> Life:
    def last(ended: date) -> date:
        return newest if newest - ended < WINDOW * ONE else ended

    return replace(life, channels={name: (begun, last(ended)) for name, (begun, ended) in life.channels.items()})


def _spans(newest: date) -> tuple[list[tuple[date, date]], date]:
    """The days that are looked at, to before each second one: a year before, and of late; and the month's end."""
    _, (before, _), (year_before, year_last) = figures.so_far(newest)
    first = min(before, newest - (WINDOW - 1) * ONE)
    return [(year_before, year_last + ONE), (first, newest + ONE)], next_period(newest, "month")


def _costs(
    table: Opened | None, known: Known, spells: Sequence[Spell], first: date, following: date, names: Sequence[str]
) -> _Found:
    wanted = [asked(point, life, first, following, DAY) for point, life in known.lives.items()]
    wanted = [one for one in wanted if one.count]
    if table is None or not wanted:
        return []
    return list(zip(wanted, costs(table, wanted, spells, resolution=DAY, every=names), strict=True))


def _told(known: Known, spells: Sequence[Spell], found: Sequence[_Found], months_end: date) -> dict[str, Any]:
    days: dict[date, Day] = {}
    for one, cost in (pair for span in found for pair in span):
        for place in range(one.count):
            days.setdefault(first_day(DAY, one.life.zone, one.first + place), Day()).add(one, cost, place)
    newest, week = known.newest, 7 * ONE
    month, before, year_before = figures.so_far(newest)
    return {
        "day": figures.day_figures(days, newest),
        "day_week_before": figures.day_figures(days, newest - week),
        "week": figures.figures(days, newest - week + ONE, newest),
        "week_before": figures.figures(days, newest - 2 * week + ONE, newest - week),
        "month": figures.figures(days, *month),
        "month_before": figures.figures(days, *before),
        "month_year_before": figures.figures(days, *year_before),
        "month_end": figures.month_end(days, newest, _charges(known, spells, months_end)),
        "quality": _quality(known, days, found[-1]),
        "days": figures.chart(days, newest),
    }


def _charges(known: Known, spells: Sequence[Spell], months_end: date) -> Decimal | None:
    """The standing charges of the whole month, of points that are expected until its end; None: a day lacks one."""
    total, first = ZERO, known.newest.replace(day=1)
    for point, life in known.lives.items():
        channels = {
            name: (begun, months_end - ONE if ended == known.newest else ended)
            for name, (begun, ended) in life.channels.items()
        }
        for charge in standing(asked(point, replace(life, channels=channels), first, months_end, DAY), spells, DAY):
            if charge is None:
                return None
            total += charge
    return total


def _quality(known: Known, days: Mapping[date, Day], found: _Found) -> dict[str, Any]:
    """How whole the window is: what is missing and estimated, in how many places, and who is silent."""
    first = known.newest - (WINDOW - 1) * ONE
    shown = [day for date_, day in days.items() if date_ >= first]
    gaps = 0
    for one, cost in found:
        begin = max(0, first.toordinal() - one.days.start)
        gaps += figures.runs(place for place in range(begin, one.count) if cost.missing[place])
    last: dict[str, datetime] = {}
    for channel in known.channels:
        last[channel.point] = max(channel.last, last.get(channel.point, channel.last))
    silent = [
        (moment, point)
        for point, moment in last.items()
        if known.newest - day_of(known.lives[point].zone, moment) >= SILENT * ONE
    ]
    estimated = sum((day.estimated for day in shown), ZERO)
    energy = sum((day.imported + day.exported for day in shown), ZERO)
    newest_first = sorted(silent, key=lambda one: (-one[0].timestamp(), one[1]))
    return {
        "from": first.isoformat(),
        "to": known.newest.isoformat(),
        "missing": sum(day.missing for day in shown),
        "estimated_share": figures.share(estimated, energy),
        "gaps": gaps,
        "newest": rfc3339(max(last.values())),
        "silent_points": len(silent),
        "silent": [{"point": point, "last": rfc3339(moment)} for moment, point in newest_first[:MOST_SILENT]],
    }
