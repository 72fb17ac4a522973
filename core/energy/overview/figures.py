"""An account day by day, and what its periods come to beside those before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core.energy.costs.periods import DAY, minutes_of
from core.energy.costs.sums import Asked, Costs
from core.energy.readings.decimals import plain
from core.energy.readings.reading import EXPORT, IMPORT
from core.energy.trading.tariffs import CENT

ZERO = Decimal()
WINDOW = 35
"""Days that the quality and the small chart are of; one that was silent for longer is taken to have ended."""
SILENT = 7
"""Days without a reading after which a point is called silent."""
FEWEST = 3
"""Days that a forecast of the month is made of, at the least."""
LACKING = 10
"""A day of which more than a tenth is missing is no part of a mean."""
WATT_HOUR, SHARE = Decimal("0.001"), Decimal("0.0001")
ONE = timedelta(days=1)


@dataclass(slots=True)
class Day:
    """All points of an account on one settlement day of each: kWh and money, exact; minutes expected and missing.

    `read` says whether anything was, `import_read` whether of the import; `priced` whether all that was, and every
    standing charge, has a price.
    """

    imported: Decimal = ZERO
    exported: Decimal = ZERO
    estimated: Decimal = ZERO
    amount: Decimal = ZERO
    standing: Decimal = ZERO
    due: int = 0
    missing: int = 0
    read: bool = False
    import_read: bool = False
    priced: bool = True

    def add(self, one: Asked, cost: Costs, place: int) -> None:
        """A point's day."""
        charge, amount, read = cost.standing[place], cost.amount[place], place in cost.read
        taken = cost.energy[IMPORT][place]
        self.imported += taken or ZERO
        self.exported += cost.energy[EXPORT][place] or ZERO
        self.estimated += cost.estimated[place]
        self.amount += amount or ZERO
        self.standing += charge or ZERO
        self.due += minutes_of(DAY, one.life.zone, one.first + place)
        self.missing += cost.missing[place]
        self.read = self.read or read
        self.import_read = self.import_read or (read and taken is not None)
        self.priced = self.priced and charge is not None and not (read and amount is None)


def figures(days: Mapping[date, Day], first: date, last: date) -> dict[str, Any] | None:
    """What the days from `first` to `last` come to; None where nothing was read. Costs are exact, or null."""
    found = [days[day] for day in _days(first, last) if day in days]
    if not any(one.read for one in found):
        return None
    cost = sum((one.amount + one.standing for one in found), ZERO) if all(one.priced for one in found) else None
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "import_kwh": plain(sum((one.imported for one in found), ZERO)),
        "export_kwh": plain(sum((one.exported for one in found), ZERO)),
        "cost": None if cost is None else plain(cost),
        "missing": sum(one.missing for one in found),
        "estimated_kwh": plain(sum((one.estimated for one in found), ZERO)),
    }


def day_figures(days: Mapping[date, Day], day: date) -> dict[str, Any] | None:
    """The same of one day, by its `date`."""
    found = figures(days, day, day)
    if found is None:
        return None
    return {"date": day.isoformat(), **{name: value for name, value in found.items() if name not in ("from", "to")}}


def chart(days: Mapping[date, Day], newest: date) -> dict[str, Any]:
    """The days of the window with their import, null where nothing was read."""
    shown = _days(newest - (WINDOW - 1) * ONE, newest)
    kwh = [plain(days[day].imported) if day in days and days[day].import_read else None for day in shown]
    return {"date": [day.isoformat() for day in shown], "import_kwh": kwh}


def so_far(newest: date) -> list[tuple[date, date]]:
    """The month of a day so far, as many days of the month before, and of the same month a year before."""
    first = newest.replace(day=1)
    before, year_before = (first - ONE).replace(day=1), first.replace(year=first.year - 1)
    count = newest.day
    return [(begin, begin + (min(count, _length(begin)) - 1) * ONE) for begin in (first, before, year_before)]


def month_end(days: Mapping[date, Day], newest: date, standing: Decimal | None) -> dict[str, Any] | None:
    """What the month of a day will come to, with the `standing` charges of all of it (None: it has no price).

    A day that is wholly read, or but for a tenth, counts as it is; any other as the mean of such days of its kind:
    Monday to Friday, or the weekend; where the month has none of a kind yet, as the mean of all. None where there are
    fewer than three such days, or one has no price.
    """
    first = newest.replace(day=1)
    last = first + (_length(first) - 1) * ONE
    known = {day: days[day] for day in _days(first, newest) if day in days and _whole(days[day])}
    if len(known) < FEWEST or standing is None or not all(one.priced for one in known.values()):
        return None
    kwh, cost = ZERO, standing
    for day in _days(first, last):
        alike = [one for other, one in known.items() if _weekend(other) == _weekend(day)] or list(known.values())
        counted = [known[day]] if day in known else alike
        kwh += sum((one.imported for one in counted), ZERO) / len(counted)
        cost += sum((one.amount for one in counted), ZERO) / len(counted)
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "import_kwh": plain(kwh.quantize(WATT_HOUR, ROUND_HALF_UP)),
        "cost": f"{cost.quantize(CENT, ROUND_HALF_UP):f}",
        "days": len(known),
    }


def share(part: Decimal, whole: Decimal) -> str | None:
    """A part of a whole from 0 to 1, to four places, half away from zero; None of nothing."""
    return plain((part / whole).quantize(SHARE, ROUND_HALF_UP)) if whole else None


def runs(places: Iterable[int]) -> int:
    """How many runs of successive numbers there are among these, which are ordered."""
    count, last = 0, None
    for place in places:
        count += last is None or place != last + 1
        last = place
    return count


def _whole(day: Day) -> bool:
    return day.read and day.missing * LACKING <= day.due


def _weekend(day: date) -> bool:
    return day.weekday() >= 5  # Saturday, Sunday


def _length(first: date) -> int:
    """How many days the month has that begins then."""
    return ((first + 31 * ONE).replace(day=1) - first).days


def _days(first: date, last: date) -> Sequence[date]:
    return [first + number * ONE for number in range((last - first).days + 1)]
