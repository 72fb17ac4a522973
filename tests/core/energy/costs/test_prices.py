"""The engine's choice of a price, against the tariff's own, for each half hour of some weeks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.energy.costs.agreed import Spell
from core.energy.costs.prices import A_DAY, Prices
from core.energy.readings.files import session
from core.energy.readings.local import SHIFT
from core.energy.readings.reading import EXPORT, IMPORT
from core.energy.trading.tariffs import DAYS, tariff_of
from tests.core.energy.costs.asking import GREEN

FIRST = date(2026, 3, 20)
COUNT = 15
NUMBER = (FIRST - date(1970, 1, 1)).days + SHIFT


def clock(half: int) -> str:
    return f"{half // 2:02}:{half % 2 * 30:02}"


@st.composite
def tariffs(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A product with up to three bands, over midnight or not, on some days or all."""
    spans = draw(
        st.lists(
            st.tuples(st.integers(0, 47), st.integers(0, 48), st.lists(st.sampled_from(DAYS), unique=True)), max_size=3
        )
    )
    rates = st.decimals(0, 1, places=4).map(str)
    bands = [
        {"name": f"b{n}", "begin": clock(begin), "end": clock(end), "rate": draw(rates), "days": days}
        for n, (begin, end, days) in enumerate(spans)
        if begin != end
    ]
    return {**GREEN, "id": name, "unit_rate": draw(rates), "export_rate": draw(rates), "bands": bands}


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(tariffs("a"), tariffs("b"), st.integers(2, COUNT))
def test_each_half_hour_has_the_price_of_its_day_and_time(
    one: dict[str, Any], other: dict[str, Any], change: int
) -> None:
    """Two days by nothing, then by one product, from a day on by another."""
    begun, changed = FIRST + timedelta(days=2), FIRST + timedelta(days=change)
    spells = [Spell(None, begun, why="nothing is agreed"), Spell(changed, None, tariff_of(other))]
    if begun < changed:
        spells.insert(1, Spell(begun, changed, tariff_of(one)))
    prices = Prices(spells)
    halves = f"SELECT {NUMBER * A_DAY} + CAST(value AS BIGINT) AS half FROM generate_series(0, {COUNT * A_DAY - 1})"
    cells = f"SELECT half, {prices.cell('half')} AS cell FROM ({halves})"
    chosen = ", ".join(f"{prices.sql(channel, 'half', 'cell')} AS {channel}_price" for channel in (IMPORT, EXPORT))
    rows = session().execute(f"SELECT half, {chosen} FROM ({cells}) ORDER BY half").read_all()
    columns = [rows.column(name).to_pylist() for name in ("half", "import_price", "export_price")]
    assert len(columns[0]) == COUNT * A_DAY
    for half, taken, given_back in zip(*columns, strict=True):
        day = FIRST + timedelta(days=half // A_DAY - NUMBER)
        if day < begun:
            assert prices.rates[taken] is prices.rates[given_back] is None
            continue
        tariff = tariff_of(one if day < changed else other)
        band = tariff.band(day.weekday(), half % A_DAY * 30)
        assert prices.rates[taken].amount == tariff.rate_of(band)  # type: ignore[union-attr]
        assert prices.rates[given_back].amount == -tariff.export  # type: ignore[union-attr]
