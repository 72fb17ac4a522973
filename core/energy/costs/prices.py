"""Which price holds when, for the engine: it tells of each reading the place of its price in a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.energy.costs.agreed import Spell
from core.energy.readings.local import MINUTE_US, SHIFT, stepwise
from core.energy.readings.reading import EXPORT, HALF_HOUR
from core.energy.trading.tariffs import EXPORTED, Tariff

NOT_AGREED, MIXED = 0, 1
"""Places of no price: nothing is agreed for the day; and an hour was read as one over which the price changes."""
HALF_US = HALF_HOUR * MINUTE_US
A_DAY, A_WEEK = 48, 7 * 48
"""Half hours."""
_EPOCH = date(1970, 1, 1)
# Added to a half hour's number, so that what is left of whole weeks is counted from Monday on.
_MONDAY = (_EPOCH.weekday() - SHIFT) % 7 * A_DAY


@dataclass(frozen=True, slots=True)
class Rate:
    """What a kWh costs, in major units: negative where it is credited."""

    tariff: Tariff
    amount: Decimal


class Prices:
    """The prices of successive spells. Half hours are local ones, numbered from `SHIFT` days before 1970 on."""

    def __init__(self, spells: Sequence[Spell]) -> None:
        self.rates: list[Rate | None] = [None, None]
        self._places: dict[tuple[str, str], int] = {}
        self._spells = spells
        bands = [band for spell in spells if spell.tariff for band in spell.tariff.bands]
        self._cycle = A_WEEK if any(len(band.days) < 7 for band in bands) else A_DAY

    def cell(self, half: str) -> str:
        """SQL for the place of a half hour in what repeats itself: a week, or a day where all days are alike."""
        return f"({half} + {_MONDAY}) % {self._cycle}"

    def sql(self, channel: str, half: str, cell: str) -> str:
        """SQL for the place in `rates` of what is read in a half hour, which is that `cell` of its cycle."""
        steps: list[tuple[int, int | str]] = []
        for spell in self._spells:
            since = 0 if spell.first is None else ((spell.first - _EPOCH).days + SHIFT) * A_DAY
            steps.append((since, self._of(spell.tariff, channel, cell) if spell.tariff else NOT_AGREED))
        return stepwise(half, steps) if steps else str(NOT_AGREED)

    def _of(self, tariff: Tariff, channel: str, cell: str) -> str:
        """Stepwise, since a band is a run of half hours."""
        if channel == EXPORT:
            return str(self._place(tariff, EXPORTED))
        places = [self._place(tariff, tariff.band(n // A_DAY, n % A_DAY * HALF_HOUR)) for n in range(self._cycle)]
        return stepwise(cell, [(n, place) for n, place in enumerate(places) if n == 0 or places[n - 1] != place])

    def _place(self, tariff: Tariff, band: str) -> int:
        key = (tariff.product, band)
        if key not in self._places:
            self._places[key] = len(self.rates)
            self.rates.append(Rate(tariff, -tariff.export if band == EXPORTED else tariff.rate_of(band)))
        return self._places[key]
