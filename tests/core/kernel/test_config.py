from __future__ import annotations

import pytest

from core.kernel.config import MAX_SITES, Config, ConfigError, Site

GOOD = {
    "TREFOIL_STORE": "s3://bucket/prefix",
    "TREFOIL_ISSUER": "https://trefoil.example/",
    "TREFOIL_AUDIENCE": "trefoil",
    "TREFOIL_SIGNING_KEY": "secret text",
}


def test_a_good_environment_is_read_whole() -> None:
    optional = {
        "TREFOIL_CORS_ORIGINS": "https://a.example, http://localhost:3000",
        "TREFOIL_LOG_LEVEL": "warning",
        "TREFOIL_DEBUG": "ingest,auth",
        "TREFOIL_JOBS_QUEUE": " projects/p/topics/jobs ",
        "TREFOIL_FORECAST_URL": "http://127.0.0.1:9/v1/forecast",
        "TREFOIL_FORECAST_SITES": "london:51.5072:-0.1276, north-pole:90:0",
        "UNRELATED": "x",
    }
    config = Config.from_environment(GOOD | optional)
    assert config.store == "s3://bucket/prefix"
    assert config.issuer == "https://trefoil.example"
    assert config.cors_origins == ("https://a.example", "http://localhost:3000")
    assert config.log_level == "WARNING"
    assert config.debug == ("ingest", "auth")
    assert config.jobs_queue == "projects/p/topics/jobs"
    assert config.forecast_url == "http://127.0.0.1:9/v1/forecast"
    assert config.forecast_sites == (Site("london", 51.5072, -0.1276), Site("north-pole", 90.0, 0.0))


@pytest.mark.parametrize("variable", GOOD)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_variable_is_named(variable: str, value: str | None) -> None:
    environment = {name: text for name, text in GOOD.items() if name != variable}
    if value is not None:
        environment[variable] = value
    with pytest.raises(ConfigError, match=f"^{variable}: is not set; give ") as caught:
        Config.from_environment(environment)
    assert caught.value.variable == variable


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TREFOIL_STORE", "/var/lib/trefoil"),
        ("TREFOIL_STORE", "ftp://host/path"),
        ("TREFOIL_STORE", "file://host/path"),
        ("TREFOIL_STORE", "s3://"),
        ("TREFOIL_ISSUER", "trefoil.example"),
        ("TREFOIL_ISSUER", "http://trefoil.example"),
        ("TREFOIL_ISSUER", "https://trefoil.example/?a=b"),
        ("TREFOIL_CORS_ORIGINS", "app.example.com"),
        ("TREFOIL_CORS_ORIGINS", "https://app.example.com/path"),
        ("TREFOIL_LOG_LEVEL", "CHATTY"),
        ("TREFOIL_DEBUG", "ingest auth"),
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
        Config.from_environment(GOOD | {variable: value})


def test_the_key_is_not_shown() -> None:
    assert "secret text" not in repr(Config.from_environment(GOOD))


def test_plain_http_is_allowed_on_this_machine_only() -> None:
    assert Config.from_environment(GOOD | {"TREFOIL_ISSUER": "http://127.0.0.1:8000"}).issuer == "http://127.0.0.1:8000"


def test_a_site_is_named_once_and_there_are_not_too_many() -> None:
    with pytest.raises(ConfigError, match="'london' is named twice"):
        Config.from_environment(GOOD | {"TREFOIL_FORECAST_SITES": "london:51:0,leeds:53:0,london:50:0"})
    sites = [f"s{number}:0:0" for number in range(MAX_SITES + 1)]
    assert len(Config.from_environment(GOOD | {"TREFOIL_FORECAST_SITES": ",".join(sites[1:])}).forecast_sites) == 100
    with pytest.raises(ConfigError, match="names 101 sites; at most 100 can be fetched"):
        Config.from_environment(GOOD | {"TREFOIL_FORECAST_SITES": ",".join(sites)})


def test_without_sites_there_are_none_and_the_source_is_open_meteo() -> None:
    config = Config.from_environment(GOOD)
    assert (config.forecast_sites, config.forecast_url) == ((), "https://api.open-meteo.com/v1/forecast")
