"""What was read of points in each hour, day or month, and what it costs.

The engine sums up what has one price in one period; no single reading comes to Python.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from core.energy.costs.agreed import Spell
from core.energy.costs.lives import Life
from core.energy.costs.periods import HOUR, HOUR_US, MONTH, begin_of, minutes_of, number_of, of_day
from core.energy.costs.prices import A_DAY, HALF_US, MIXED, Prices
from core.energy.readings.decimals import exactly
from core.energy.readings.local import DATE, SHIFT, offset
from core.energy.readings.periods import midnight, minutes_between
from core.energy.readings.query import LATEST, Part, Series, parts
from core.energy.readings.reading import ESTIMATED, EXPORT, HALF_HOUR, IMPORT, QUALITIES
from core.energy.readings.view import Opened
from core.energy.trading.tariffs import Tariff, rounded

ZERO = Decimal()
_COARSE = 60
"""Minutes of what may have two prices, since each day and band begins on a half hour of the clock."""
_AT, _LATER = "us", f"(us + {HALF_US})"

# Each value with the local half hour that it begins in, and, where there are hours, that of its second half.
_HALVES = """
SELECT {others}us, {halves}, value, p FROM (SELECT {others}CAST(start AS BIGINT) AS us, value, p FROM ({rows}))
"""
_CELLS = "SELECT {others}us, {cells}, value, p FROM ({halves})"
_PRICED = """
SELECT {others}{period} AS period, {price} AS price, value, {minutes} AS minutes, {guessed} AS guessed FROM ({cells})
"""
_SUMS = """
SELECT {others}period, price, sum(value) AS value, sum(minutes) AS minutes, sum(guessed) AS guessed
FROM ({rows}) GROUP BY {others}period, price
"""
_DATE = DATE.format(day="period")
_MONTHS = f"""
SELECT {{others}}CAST(date_part('year', {_DATE}) * 12 + date_part('month', {_DATE}) - 1 AS BIGINT) AS period, price,
    value, minutes, guessed
FROM ({{sums}})
"""

_Row = tuple[int, int, Decimal, int, Decimal | None]
"""Period, place of the price, kWh, minutes, and those of the kWh that were estimated."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of a point: `count` periods from the number `first` on, of these of its days (ordinals).

    No reading counts that does not begin in [begin, end).
    """

    point: str
    life: Life
    days: range
    first: int
    count: int
    begin: datetime | None
    end: datetime | None

    def after(self, number: int, resolution: str) -> Asked:
        """Without the periods before one."""
        gone = min(max(0, number - self.first), self.count)
        if not gone:
            return self
        begin = begin_of(resolution, self.life.zone, self.first + gone)
        return replace(self, first=self.first + gone, count=self.count - gone, begin=begin)

    def at_most(self, count: int, resolution: str) -> Asked:
        """Without the periods after so many."""
        if count >= self.count:
            return self
        return replace(self, count=count, end=begin_of(resolution, self.life.zone, self.first + count))


def asked(point: str, life: Life, first: date | None, following: date | None, resolution: str) -> Asked:
    """All periods with a day of the point in [first, following)."""
    zone, days = life.zone, life.days(first, following)
    bounds = [midnight(zone, day).astimezone(UTC) if day else None for day in (first, following)]
    if not days:
        return Asked(point, life, days, 0, 0, *bounds)
    begin, end = _bounds(zone, days)
    number = number_of(resolution, zone, begin)
    count = number_of(resolution, zone, end - datetime.resolution) - number + 1
    return Asked(point, life, days, number, count, *bounds)


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one point: columns of one length, with a value for each period that was asked for.

    `energy` is by channel (import, export) in kWh, None where nothing was read of what should have been; `amount` is
    what it costs, less what is credited, None where nothing was read, or not all of it has a price; `standing` is the
    charge for the days that begin in the period, None where one has no price. `estimated` kWh of both channels were
    read as such, and of `missing` minutes there is no reading (of the channel that lacks more). `read` are the places
    of periods of which anything was read, `mixed` those in which an hour was read as one over a change of the price.
    """

    energy: Mapping[str, list[Decimal | None]]
    amount: list[Decimal | None]
    standing: list[Decimal | None]
    estimated: list[Decimal]
    missing: list[int]
    read: set[int]
    mixed: set[int]


def costs(
    table: Opened,
    wanted: Sequence[Asked],
    spells: Sequence[Spell],
    *,
    resolution: str,
    version: int | str = LATEST,
    every: Sequence[str] = (),
) -> list[Costs]:
    """Of each of these points, which are ordered, what its periods cost. `every` as for `query.parts`.

    Amounts of hours and days are exact; those of a month are made of the lines of a settlement, each rounded as there.
    """
    prices = Prices(spells)
    rows: dict[tuple[str, str], list[_Row]] = {}
    for (zone, begin, end), members in _alike(wanted).items():
        for channel in (IMPORT, EXPORT):
            if any(one.count and channel in one.life.channels for one in members):
                series = [Series(one.point, channel, begin, end, version, zone) for one in members]
                for part in parts(table, series, every=_successive(members, every)):
                    _read(table, part, _sql(part, zone, channel, prices, resolution), channel, rows)
    with exactly():
        return [_of_point(one, spells, prices, resolution, rows) for one in wanted]


def _alike(wanted: Sequence[Asked]) -> dict[tuple[tzinfo, datetime | None, datetime | None], list[Asked]]:
    """Those that can be asked for in one question, in their order."""
    found: dict[tuple[tzinfo, datetime | None, datetime | None], list[Asked]] = {}
    for one in wanted:
        found.setdefault((one.life.zone, one.begin, one.end), []).append(one)
    return found


def _successive(members: Sequence[Asked], every: Sequence[str]) -> Sequence[str]:
    """The names of all points where these follow each other among them, else none."""
    names = [one.point for one in members]
    place = bisect_left(every, names[0])
    return every if list(every[place : place + len(names)]) == names else ()


def _read(table: Opened, part: Part, sql: str, channel: str, rows: dict[tuple[str, str], list[_Row]]) -> None:
    found = table.execute(sql).read_all()
    columns = [found.column(name).to_pylist() for name in ("period", "price", "value", "minutes", "guessed")]
    points = found.column("point").to_pylist() if len(part.points) > 1 else list(part.points) * found.num_rows
    for point, row in zip(points, zip(*columns, strict=True), strict=True):
        rows.setdefault((point, channel), []).append(row)


def _sql(part: Part, zone: tzinfo, channel: str, prices: Prices, resolution: str) -> str:
    """What is summed up of a part: by point, period and price."""
    others = part.keys.removesuffix("start")
    price, later = prices.sql(channel, "half", "cell"), prices.sql(channel, "later", "later_cell")
    halves = f"({_AT} + {offset(_AT, zone, part.first, part.last)}) / {HALF_US} AS half"
    cells = f"half, {prices.cell('half')} AS cell"
    if part.minutes in (None, _COARSE) and price != later:  # which are alike where there is but one price
        until = part.last + timedelta(minutes=HALF_HOUR)
        halves += f", ({_LATER} + {offset(_LATER, zone, part.first, until)}) / {HALF_US} AS later"
        cells += f", later, {prices.cell('later')} AS later_cell"
        coarse = "" if part.minutes else f"{_minutes(part)} = {_COARSE} AND "
        price = f"CASE WHEN {coarse}{price} <> {later} THEN {MIXED} ELSE {price} END"
    rows = _HALVES.format(others=others, halves=halves, rows=part.rows)
    rows = _CELLS.format(others=others, cells=cells, halves=rows)
    hour = f"(us + {SHIFT * HOUR_US}) / {HOUR_US} - {SHIFT}"
    period = hour if resolution == HOUR else f"half / {A_DAY} - {SHIFT}"
    rows = _PRICED.format(
        others=others, period=period, price=price, minutes=_minutes(part), guessed=_guessed(part), cells=rows
    )
    sums = _SUMS.format(others=others, rows=rows)
    return _SUMS.format(others=others, rows=_MONTHS.format(others=others, sums=sums)) if resolution == MONTH else sums


def _minutes(part: Part) -> str:
    return "p / 10 % 1000" if part.minutes is None else str(part.minutes)


def _guessed(part: Part) -> str:
    """SQL for what of a value was estimated: a number or null."""
    if part.quality is None:
        return f"CASE WHEN p % 10 = {QUALITIES.index(ESTIMATED)} THEN value END"
    return "value" if part.quality == ESTIMATED else "CAST(NULL AS DECIMAL(38, 9))"


def _of_point(
    one: Asked,
    spells: Sequence[Spell],
    prices: Prices,
    resolution: str,
    rows: Mapping[tuple[str, str], Iterable[_Row]],
) -> Costs:
    exact = resolution != MONTH
    energy: dict[str, list[Decimal | None]] = {}
    amount, estimated, missing = [ZERO] * one.count, [ZERO] * one.count, [0] * one.count
    read: set[int] = set()
    nameless: set[int] = set()
    mixed: set[int] = set()
    for channel in (IMPORT, EXPORT):
        values: list[Decimal | None] = [None] * one.count
        minutes = [0] * one.count
        for period, price, value, length, guessed in rows.get((one.point, channel), ()):
            place = period - one.first
            held = values[place]
            values[place] = value if held is None else held + value
            minutes[place] += length
            if guessed is not None:
                estimated[place] += guessed
            rate = prices.rates[price]
            if rate is not None:
                cost = value * rate.amount
                amount[place] += cost if exact else rounded(cost)
            else:
                (mixed if price == MIXED else nameless).add(place)
        due = _due(one, channel, resolution)
        read |= {place for place, value in enumerate(values) if value is not None}
        missing = [max(lacks, of - got) for lacks, of, got in zip(missing, due, minutes, strict=True)]
        energy[channel] = [ZERO if value is None and not of else value for value, of in zip(values, due, strict=True)]
    charges = standing(one, spells, resolution)
    nameless |= {place for place, charge in enumerate(charges) if charge is None}
    priced = read - nameless - mixed
    costing = [cost if place in priced else None for place, cost in enumerate(amount)]
    return Costs(energy, costing, charges, estimated, missing, read, mixed)


def _due(one: Asked, channel: str, resolution: str) -> list[int]:
    """How many minutes of a channel should have been read in each period."""
    zone, days = one.life.zone, one.life.days_of(channel, one.days)
    due = [0] * one.count
    if not days:
        return due
    begin, end = _bounds(zone, days)
    first, last = number_of(resolution, zone, begin), number_of(resolution, zone, end - datetime.resolution)
    for number in range(max(first, one.first), min(last + 1, one.first + one.count)):
        length = minutes_of(resolution, zone, number)
        if number in (first, last):
            begun, ended = begin_of(resolution, zone, number), begin_of(resolution, zone, number + 1)
            length = minutes_between(max(begin, begun), min(end, ended))
        due[number - one.first] = length
    return due


def standing(one: Asked, spells: Sequence[Spell], resolution: str) -> list[Decimal | None]:
    """The charges of the days that begin in each period; None where one of them has no price."""
    days: Counter[tuple[int, str]] = Counter()
    tariffs: dict[str, Tariff] = {}
    nameless: set[int] = set()
    for spell in spells:
        begin = max(one.days.start, spell.first.toordinal() if spell.first else one.days.start)
        end = min(one.days.stop, spell.following.toordinal() if spell.following else one.days.stop)
        for ordinal in range(begin, end):
            place = _number(resolution, one.life.zone, date.fromordinal(ordinal)) - one.first
            if not 0 <= place < one.count:
                continue
            if spell.tariff is None:
                nameless.add(place)
            else:
                tariffs[spell.tariff.product] = spell.tariff
                days[place, spell.tariff.product] += 1
    found = [ZERO] * one.count
    for (place, product), count in days.items():
        charge = count * tariffs[product].standing
        found[place] += rounded(charge) if resolution == MONTH else charge
    return [None if place in nameless else charge for place, charge in enumerate(found)]


def _number(resolution: str, zone: tzinfo, day: date) -> int:
    """The period in which a day begins."""
    return number_of(HOUR, zone, midnight(zone, day)) if resolution == HOUR else of_day(resolution, day)


def _bounds(zone: tzinfo, days: range) -> tuple[datetime, datetime]:
    """The first instant of such days, and that after their last, in UTC."""
    first, following = date.fromordinal(days.start), date.fromordinal(days.stop)
    return midnight(zone, first).astimezone(UTC), midnight(zone, following).astimezone(UTC)
