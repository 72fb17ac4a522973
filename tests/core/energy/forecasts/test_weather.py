"""The weather source over a real connection: answering well, slowly, wrongly, without end, and not at all."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from core.energy.forecasts.settings import Site
from core.energy.forecasts.weather import MAX_ANSWER, Failed, Patience, _understood, fetch
from demo.weather import weather_of
from tests.beds import weather
from tests.beds.processes import NOBODY
from tests.beds.weather import Behaviour, HostileWeather
from tools.waiting import PATIENCE

SITE = Site("london", 51.5, -0.1)
QUERY = {
    "latitude": "51.5",
    "longitude": "-0.1",
    "forecast_days": "1",
    "hourly": "temperature_2m,cloud_cover,wind_speed_10m,shortwave_radiation",
}
# Of what should come, it is waited for with the tests' own patience; of what never comes, for a moment.
LONG = Patience(silence=PATIENCE, answer=PATIENCE, tries=3, delay=0.01)
SILENCE = replace(LONG, silence=0.3)
ANSWER = replace(LONG, answer=0.6)
NONE = replace(LONG, answer=0.0)


@pytest.fixture
def source() -> Iterator[HostileWeather]:
    with closing(HostileWeather()) as source:
        yield source


def test_a_good_answer_is_read(source: HostileWeather) -> None:
    found = fetch(source.url, SITE)
    hours = found["hourly"]["time"]
    assert len(hours) == 96
    assert {len(values) for values in found["hourly"].values()} == {96}
    assert found["hourly_units"]["temperature_2m"] == "°C"
    (asked,) = source.asked
    assert (asked["latitude"], asked["longitude"], asked["timezone"]) == ("51.5", "-0.1", "UTC")


@pytest.mark.parametrize(
    ("said", "host", "source", "licence"),
    [
        ("made up by the demo", "api.open-meteo.com", "made up by the demo", None),
        ("", "api.open-meteo.com", "open-meteo.com", "CC BY 4.0"),
        ("", "customer-api.open-meteo.com", "open-meteo.com", "CC BY 4.0"),
        ("", "not-open-meteo.com", "not-open-meteo.com", None),
    ],
)
def test_whose_a_forecast_is_is_told_by_itself_or_by_its_host(
    said: str, host: str, source: str, licence: str | None
) -> None:
    answer = json.dumps({**weather_of(QUERY), "source": said}).encode()
    found = _understood(answer, host)
    assert (found["source"], found["licence"]) == (source, licence)


def test_a_source_that_says_nothing_of_itself_is_known_by_its_host(source: HostileWeather) -> None:
    source.behaviours["51.5"] = weather.changed(lambda found: found.pop("source") and None)
    assert fetch(source.url, SITE, LONG)["source"] == "127.0.0.1"
    del source.behaviours["51.5"]
    assert fetch(source.url, SITE, LONG)["source"] == "made up by the demo"


def test_hours_without_a_value_are_kept_as_null(source: HostileWeather) -> None:
    source.behaviours["51.5"] = weather.changed(lambda found: found["hourly"]["temperature_2m"].__setitem__(3, None))
    assert fetch(source.url, SITE, LONG)["hourly"]["temperature_2m"][3] is None


@pytest.mark.parametrize(
    ("behaviour", "patience", "complaint"),
    [
        (
            weather.status(500),
            LONG,
            r'the source answered 500 Internal Server Error: \{"error":true,"reason":"because"\}, 3 times',
        ),
        (weather.status(503), LONG, "answered 503"),
        (weather.status(429), LONG, "answered 429"),
        (weather.error_without_body, SILENCE, r"said nothing for 0\.3 s, 3 times"),
        (weather.silence, SILENCE, r"said nothing for 0\.3 s, 3 times"),
        (weather.dripping_headers, ANSWER, r"was not whole after 0\.6 s, 3 times"),
        (weather.dripping_chunks, ANSWER, r"was not whole after 0\.6 s, 3 times"),
        (weather.dripping, ANSWER, r"was not whole after 0\.6 s, 3 times"),
        (weather.dripping, NONE, r"was not whole after 0\.0 s, 3 times"),
        (weather.cut, LONG, "ended .* early, 3 times"),
    ],
    ids=[
        "500",
        "503",
        "429",
        "an error without end",
        "silence",
        "headers",
        "chunks",
        "dripping",
        "no patience",
        "cut off",
    ],
)
def test_what_may_pass_is_tried_three_times(
    source: HostileWeather, behaviour: Behaviour, patience: Patience, complaint: str
) -> None:
    source.behaviours["51.5"] = behaviour
    with pytest.raises(Failed, match=complaint):
        fetch(source.url, SITE, patience)
    # On a busy machine our patience may end before the source has heard of it.
    assert len(source.asked) == 3 if patience is LONG else len(source.asked) <= 3


def test_what_passed_is_a_forecast(source: HostileWeather) -> None:
    source.behaviours["51.5"] = lambda handler, query: (
        weather.cut(handler, query) if len(source.asked) < 3 else weather.changed(lambda _: None)(handler, query)
    )
    assert len(fetch(source.url, SITE, LONG)["hourly"]["time"]) == 96


@pytest.mark.parametrize(
    ("behaviour", "complaint"),
    [
        (weather.status(400), "the source answered 400"),
        (weather.status(404), "the source answered 404 Not Found"),
        (weather.elsewhere, "the source answered 302 Found"),
        (weather.status(200, b"<html>Sign in to the hotel's network</html>"), "is no forecast: .*Sign in to the hotel"),
        (weather.status(200, b""), "is no forecast"),
        (weather.status(200, b"[" * 100_000), "is no forecast"),
        (weather.status(200, b"\xff\xfe"), "is no forecast"),
        (weather.endless, f"longer than {MAX_ANSWER} bytes"),
        (weather.changed(lambda found: found.pop("hourly")), "missing required field `hourly`"),
        (weather.changed(lambda found: found["hourly"].pop("cloud_cover") and None), "required field `cloud_cover`"),
        (
            weather.changed(lambda found: found["hourly"]["time"].append("x")),
            "has 97 hours, but another number of temp",
        ),
        (weather.changed(lambda found: found["hourly"]["time"].__setitem__(0, 5)), r"Expected `str`, got `int`"),
        (weather.changed(lambda found: found["hourly"].update(cloud_cover=["a"])), "Expected `float | null`"),
        (weather.changed(lambda found: {**found, "hourly": {key: [] for key in found["hourly"]}}), "has 0 hours"),
    ],
)
def test_a_wrong_answer_fails_at_once_and_says_what_is_wrong(
    source: HostileWeather, behaviour: Behaviour, complaint: str
) -> None:
    source.behaviours["51.5"] = behaviour
    with pytest.raises(Failed, match=complaint):
        fetch(source.url, SITE, LONG)
    assert len(source.asked) == 1


def test_nobody_there_is_said_so() -> None:
    with pytest.raises(Failed, match=r"can't be reached: .*refused.*, 3 times"):
        fetch(f"{NOBODY}/v1/forecast", SITE, LONG)


def test_the_waits_grow_and_differ(source: HostileWeather, monkeypatch: pytest.MonkeyPatch) -> None:
    source.behaviours["51.5"] = weather.status(503)
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    for _ in range(2):
        with pytest.raises(Failed):
            fetch(source.url, SITE, Patience(delay=0.5))
    first, second, third, fourth = waited
    for short, long in ((first, second), (third, fourth)):
        assert 0.5 <= short <= 1
        assert 1 <= long <= 2
    assert first != third


def test_what_a_source_answers_is_described_before_threads_share_it() -> None:
    """A process died whose threads, one for each site, were the first to use it."""
    script = (
        "from core.energy.forecasts import weather\n"
        "from tests.describing import is_described\n"
        "assert is_described(weather.Hourly) and is_described(weather._Answer)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
