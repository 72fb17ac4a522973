"""A page of costs: so many periods of some points, and where the next page begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from core.energy.costs.agreed import Spell
from core.energy.costs.lives import lives
from core.energy.costs.periods import first_day, number_from, text_of
from core.energy.costs.sums import Asked, Costs, asked, costs
from core.energy.readings.api import MOST_POINTS
from core.energy.readings.decimals import plain
from core.energy.readings.query import ChannelSummary
from core.energy.readings.reading import EXPORT, IMPORT
from core.energy.readings.view import Opened
from core.kernel.errors import invalid

MIXED = "an hour was read as one over a change of the price on some of these days; send half hours to have it priced"
_DAY = timedelta(days=1)


def page(
    table: Opened | None,
    points: Sequence[str],
    found: Sequence[ChannelSummary],
    zone_of: Callable[[str], str],
    spells: Sequence[Spell],
    *,
    first: date | None,
    following: date | None,
    resolution: str,
    version: int | str,
    limit: int,
    position: str,
    every: bool,
) -> tuple[list[dict[str, Any]], str | None]:
    """The series of these points (ordered; `every` there is, or those named) from a position on, as the API says them.

    A position is a point and the start of its first period. It is known beforehand how many periods each point has, so
    the table is asked only for what is shown. Raises `TrefoilError(INVALID)` for a position that is none.
    """
    after, _, start = position.rpartition(" ")
    held = lives(found, zone_of)
    shown: list[str] = []
    wanted: list[Asked] = []
    left, ahead = limit, None
    remaining = [point for point in points if point >= after]
    for point in remaining[:MOST_POINTS]:
        one = asked(point, held[point], first, following, resolution) if point in held else None
        if one and start and point == after:
            one = one.after(_number(resolution, start), resolution)
        if one and one.count > left:
            ahead = f"{point} {text_of(resolution, one.first + left)}"
            if not left:
                break
            one = one.at_most(left, resolution)
        shown.append(point)
        if one:
            wanted.append(one)
            left -= one.count
        if ahead:
            break
    if ahead is None and len(remaining) > MOST_POINTS:
        ahead = f"{remaining[MOST_POINTS]} "
    known = points if every else ()
    of = costs(table, wanted, spells, resolution=resolution, version=version, every=known) if table else []
    said = {one.point: _columns(one, cost, spells, resolution) for one, cost in zip(wanted, of, strict=True)}
    nothing = _nothing()
    return [{"point": point, "zone": zone_of(point), **said.get(point, nothing)} for point in shown], ahead


def _number(resolution: str, start: str) -> int:
    try:
        return number_from(resolution, start)
    except ValueError:
        raise invalid("cursor", "is not a cursor of this API; take `next` of the page before") from None


def _columns(one: Asked, cost: Costs, spells: Sequence[Spell], resolution: str) -> dict[str, Any]:
    return {
        "start": [text_of(resolution, one.first + place) for place in range(one.count)],
        "kwh": _texts(cost.energy[IMPORT]),
        "export_kwh": _texts(cost.energy[EXPORT]),
        "amount": _texts(cost.amount),
        "standing": _texts(cost.standing),
        "estimated_kwh": _texts(cost.estimated),
        "missing": cost.missing,
        "unpriced": _unpriced(one, cost, spells, resolution),
    }


def _nothing() -> dict[str, Any]:
    names = ("start", "kwh", "export_kwh", "amount", "standing", "estimated_kwh", "missing", "unpriced")
    return {name: [] for name in names}


def _texts(values: Sequence[Decimal | None]) -> list[str | None]:
    return [None if value is None else plain(value) for value in values]


def _unpriced(one: Asked, cost: Costs, spells: Sequence[Spell], resolution: str) -> list[dict[str, str]]:
    """The days of the periods shown for which no product is agreed, and those on which hours have two prices."""
    if not one.count:
        return []

    def entry(first: date, following: date, why: str) -> dict[str, str]:
        return {"from": first.isoformat(), "to": following.isoformat(), "why": why}

    begin, end = _first(one, 0, resolution), _first(one, one.count - 1, resolution, after=True)
    begin, end = max(begin, date.fromordinal(one.days.start)), min(end, date.fromordinal(one.days.stop))
    found = []
    for spell in spells:
        part = spell.within(begin, end) if spell.tariff is None else None
        if part is not None and part.first and part.following:
            found.append(entry(part.first, part.following, part.why))
    if cost.mixed:
        first, last = min(cost.mixed), max(cost.mixed)
        found.append(entry(_first(one, first, resolution), _first(one, last, resolution, after=True), MIXED))
    return found


def _first(one: Asked, place: int, resolution: str, *, after: bool = False) -> date:
    """The first day of a period, or that after its last."""
    zone, number = one.life.zone, one.first + place
    if resolution == "hour" and after:
        return first_day(resolution, zone, number) + _DAY
    return first_day(resolution, zone, number + after)
