"""The demo is the first thing that anybody runs."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from core.energy.readings.points import mpan_digit
from core.energy.trading.products import Product, ProductGiven, checked
from core.energy.trading.tariffs import tariff_of
from core.kernel.described import convert
from demo import files, house, tariffs
from demo.sky import Place
from demo.weather import weather_of


def test_the_check_passes_and_touches_no_store_of_the_callers(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("TREFOIL_STORE", tmp_path.as_uri())
    result = subprocess.run([sys.executable, "-m", "demo", "--check"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.endswith("OK: the demo does what it should\n")
    assert list(tmp_path.iterdir()) == []


def test_a_product_s_description_says_what_its_rates_and_bands_do() -> None:
    for product in tariffs.PRODUCTS:
        found, said = tariff_of(product), product["description"]
        assert checked(product["id"], convert({**product}, ProductGiven)) == product
        convert(product, Product)
        times = {time for band in product["bands"] for time in (band["begin"], band["end"])}
        assert set(re.findall(r"[0-9]{2}:[0-9]{2}", said)) == times
        factor = Decimal("0.5") if "Half price" in said else Decimal(4) / 3 if "A third dearer" in said else None
        assert [band.rate for band in found.bands] == ([] if factor is None else [round(found.rate * factor, 4)])
        assert [len(band.days) for band in found.bands] == [5 if "weekdays" in said else 7 for _ in found.bands]
        assert (f"{found.export} GBP for each kWh that you give" in said) == (found.export != 0)


def test_the_series_is_what_its_source_says() -> None:
    series = files.demand()
    assert len(series) == 4032
    assert series[0] == (datetime(2000, 6, 4, 23, tzinfo=UTC), 22262)


def test_a_point_gets_its_share_of_the_nation() -> None:
    assert files.kwh(22262, files.POINTS[0], 2) == Decimal("0.557")  # 22,262 MW x 500 kWh / 20,000,000 = 0.55655
    assert files.kwh(22262, files.POINTS[0], 1) == Decimal("0.55")


LONDON = Place(51.5072, -0.1276)
YEAR = [datetime(2026, 1, 1, tzinfo=UTC).timestamp() / 3600 + hour for hour in range(365 * 24)]


def test_the_weather_is_smooth_and_within_what_weather_is() -> None:
    for value, least, most, step in (
        (LONDON.clouds, 0, 1, 0.3),
        (LONDON.temperature, -10, 35, 2.5),
        (LONDON.wind, 0, 60, 5),
        (LONDON.light, 0, 1000, 350),
    ):
        values = [value(hour) for hour in YEAR]
        assert all(least <= one <= most for one in values)
        assert max(abs(one - next_) for one, next_ in pairwise(values)) < step


def test_there_is_light_by_day_only_and_most_of_it_in_the_summer_of_the_hemisphere() -> None:
    def light(place: Place, month: int) -> float:
        first = datetime(2026, month, 1, tzinfo=UTC).timestamp() / 3600
        return sum(place.light(first + hour) for hour in range(30 * 24))

    assert light(LONDON, 6) > 4 * light(LONDON, 12) > 0
    assert light(Place(-51.5, 0), 12) > 4 * light(Place(-51.5, 0), 6)
    midnight = [hour for hour in YEAR if hour % 24 == 0]
    assert not any(LONDON.light(hour) for hour in midnight)
    assert all(LONDON.light(hour + 12) for hour in midnight)
    assert all(Place(70, 0).light(YEAR[0] + hour) == 0 for hour in range(24))  # the polar night


def test_a_forecast_says_the_same_whenever_it_is_asked_for() -> None:
    query = {
        "latitude": "51.5072",
        "longitude": "-0.1276",
        "forecast_days": "2",
        "hourly": "temperature_2m,cloud_cover,wind_speed_10m,shortwave_radiation",
    }
    hourly = weather_of(query)["hourly"]
    for number, time in enumerate(hourly["time"]):
        hours = datetime.fromisoformat(f"{time}Z").timestamp() / 3600
        assert hourly["temperature_2m"][number] == round(LONDON.temperature(hours), 1)
        assert hourly["cloud_cover"][number] == round(100 * LONDON.clouds(hours))


def rows_of(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as stream:
        return [line.rstrip("\n").split(",") for line in stream][1:]


def test_the_house_says_tomorrow_what_it_says_today(tmp_path: Path) -> None:
    today = date(2026, 3, 30)  # the day after clocks changed
    told: list[dict[tuple[str, str], str]] = []
    for number, day in enumerate((today, today + timedelta(days=1))):
        folder = tmp_path / str(number)
        folder.mkdir()
        year, weeks, _ = house.write(folder, day)
        assert year.name == "house-2025-02-to-2026-02.csv.gz"
        told.append({(row[1], row[4]): row[3] for row in rows_of(year) + rows_of(weeks)})
    both = told[0].keys() & told[1].keys()
    assert all(told[0][key] == told[1][key] for key in both)
    missing = {key for one in told for key in one} - both
    # The first day of the one, the last of the other, and the lacking day and hours of both, which lie a day apart.
    assert len(missing) == 2 * (48 + 48 + 48 + 48 + 10 + 10)


def test_the_house_has_a_year_with_a_gap_an_estimated_day_and_a_lost_one(tmp_path: Path) -> None:
    today = date(2026, 12, 20)
    year, weeks, typed = (rows_of(path) for path in house.write(tmp_path, today))
    assert {row[0] for row in year + weeks} == {house.POINT}
    assert mpan_digit(house.POINT[:12]) == house.POINT[12]
    assert len(year) == (house.DAYS - house.LATE) * 48 * 2
    assert len(weeks) == (house.LATE * 48 - 48 - 10) * 2
    assert weeks[-1][1] == "2026-12-19T23:30:00Z"
    assert {row[1][:10] for row in weeks if row[5] == "E"} == {"2026-12-16"}
    assert "2026-11-29" not in {row[1][:10] for row in weeks}
    assert sum(row[1].startswith("2026-12-11") for row in weeks) == (48 - 10) * 2
    starts = {row[1] for row in weeks}
    assert not any(row[1] in starts for row in typed)
    assert all(Decimal(row[3]) >= 0 for row in year + weeks)


def test_the_house_takes_more_in_winter_and_gives_more_in_summer() -> None:
    winter, summer = (list(house.halves(date(2026, month, 1), date(2026, month + 1, 1))) for month in (1, 6))
    assert sum(one.taken for one in winter) > 3 * sum(one.taken for one in summer)
    assert sum(one.given for one in summer) > 10 * sum(one.given for one in winter)
    assert not any(one.taken and one.given for one in (*winter, *summer))
