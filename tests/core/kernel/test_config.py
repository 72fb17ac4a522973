from __future__ import annotations

import pytest

from core.kernel.config import Config, ConfigError

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
        "TREFOIL_QUEUES": " projects/p/topics/trefoil- ",
        "TREFOIL_SCHEDULES": "report = 0,30 3 * * MON-FRI; tidy=0 4 * * *;",
        "TREFOIL_MAIL": "smtp://u:secret@mail.example.com?starttls",
        "TREFOIL_MAIL_FROM": "alerts@example.com",
        "TREFOIL_SITE": "https://app.example.com/",
        "UNRELATED": "x",
    }
    config = Config.from_environment(GOOD | optional)
    assert config.store == "s3://bucket/prefix"
    assert config.issuer == "https://trefoil.example"
    assert config.cors_origins == ("https://a.example", "http://localhost:3000")
    assert config.log_level == "WARNING"
    assert config.debug == ("ingest", "auth")
    assert config.queues == "projects/p/topics/trefoil-"
    assert config.schedules == {"report": "0,30 3 * * MON-FRI", "tidy": "0 4 * * *"}
    assert (config.mail_from, config.site) == ("alerts@example.com", "https://app.example.com")
    assert "secret" not in repr(config)


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
    ],
)
def test_a_malformed_variable_is_named_with_its_value(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{variable}: '{value[:5]}"):
        Config.from_environment(GOOD | {variable: value})


def test_the_key_is_not_shown() -> None:
    assert "secret text" not in repr(Config.from_environment(GOOD))


def test_plain_http_is_allowed_on_this_machine_only() -> None:
    assert Config.from_environment(GOOD | {"TREFOIL_ISSUER": "http://127.0.0.1:8000"}).issuer == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("report", "'report' is not name=cron, each name once"),
        ("report=0 3 * * *; report=0 4 * * *", "is not name=cron, each name once"),
        ("report=3 am", "the cron '3 am' has not five fields"),
        ("report=", "the cron '' has not five fields"),
        ("report=0 3 * * 1", "the weekday '1'"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_named(value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"^TREFOIL_SCHEDULES: .*{said}"):
        Config.from_environment(GOOD | {"TREFOIL_SCHEDULES": value})
