"""The variables of the forecasts."""

from __future__ import annotations

import pytest

from core.energy.forecasts.settings import MAX_SITES, Forecasting, Site, read
from core.kernel.config import ConfigError


def test_good_variables_are_read_whole() -> None:
    given = {
        "TREFOIL_FORECAST_URL": "http://127.0.0.1:9/v1/forecast",
        "TREFOIL_FORECAST_SITES": "london:51.5072:-0.1276, north-pole:90:0",
    }
    sites = (Site("london", 51.5072, -0.1276), Site("north-pole", 90.0, 0.0))
    assert read(given) == Forecasting("http://127.0.0.1:9/v1/forecast", sites)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TREFOIL_FORECAST_URL", "api.open-meteo.com"),
        ("TREFOIL_FORECAST_URL", "file:///etc/passwd"),
        ("TREFOIL_FORECAST_URL", "https://host/forecast?key=1"),
        ("TREFOIL_FORECAST_URL", "https://host:99999/forecast"),
        ("TREFOIL_FORECAST_URL", "https://host/für"),
        ("TREFOIL_FORECAST_SITES", "london"),
        ("TREFOIL_FORECAST_SITES", "london:51.5"),
        ("TREFOIL_FORECAST_SITES", "london:51.5:0:7"),
        ("TREFOIL_FORECAST_SITES", "london:north:0"),
        ("TREFOIL_FORECAST_SITES", "london:nan:0"),
        ("TREFOIL_FORECAST_SITES", "london:90.1:0"),
        ("TREFOIL_FORECAST_SITES", "london:0:-180.1"),
        ("TREFOIL_FORECAST_SITES", "London:51.5:0"),
        ("TREFOIL_FORECAST_SITES", "a/../b:51.5:0"),
    ],
)
def test_a_malformed_variable_is_named_with_its_value(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{variable}: '{value[:5]}"):
        read({variable: value})


def test_a_site_is_named_once_and_there_are_not_too_many() -> None:
    with pytest.raises(ConfigError, match="'london' is named twice"):
        read({"TREFOIL_FORECAST_SITES": "london:51:0,leeds:53:0,london:50:0"})
    sites = [f"s{number}:0:0" for number in range(MAX_SITES + 1)]
    assert len(read({"TREFOIL_FORECAST_SITES": ",".join(sites[1:])}).sites) == 100
    with pytest.raises(ConfigError, match="names 101 sites; at most 100 can be fetched"):
        read({"TREFOIL_FORECAST_SITES": ",".join(sites)})


def test_without_sites_there_are_none_and_the_source_is_open_meteo() -> None:
    found = read({})
    assert (found.sites, found.url) == ((), "https://api.open-meteo.com/v1/forecast")
