"""The schedule and what it starts: forecasts of the configured sites, and the daily upkeep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from core.energy.forecasts import documents as forecasts
from core.energy.functions import FUNCTIONS
from core.kernel import cron
from core.kernel.clock import system_clock
from core.kernel.dead_letters import DeadLetters
from core.kernel.delivery import EARLY
from core.kernel.documents import Documents
from core.kernel.events import GivenUp
from tests.contract.system import SITES, System
from tests.contract.test_http import assert_problem
from tests.contract.test_jobs import buried
from tools.waiting import eventually


@pytest.fixture
def fired(system: System) -> str:
    """The day that a firing is for: that of the last 02:00 UTC, today or yesterday. Its run is done."""
    before = due()
    system.harness.fire("forecast")
    return eventually(
        "the day's forecasts", lambda: next((day for day in (before, due()) if stored(system, day) == set(SITES)), None)
    )


def due() -> str:
    function = FUNCTIONS.named("forecast")
    return cron.last_due(function.trigger.source, system_clock() + EARLY).date().isoformat()


@pytest.fixture
def leeds_is_down(system: System) -> Iterator[None]:
    system.harness.weather.down.add(SITES["leeds"])
    yield
    system.harness.weather.down.discard(SITES["leeds"])


_days = iter(range(1, 1000))


@pytest.fixture
def day() -> str:
    """A day in the past that no other case uses."""
    return (datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=next(_days))).date().isoformat()


def run(system: System, day: str) -> dict[str, Any]:
    return forecasts.run(Documents(system.harness.store), day)


def stored(system: System, day: str) -> set[str]:
    return {site for site, state in run(system, day).items() if state["status"] == "stored"}


def ask(system: System, day: str) -> None:
    system.harness.send("jobs", json.dumps({"job": "forecast", "date": day}).encode())


def queries(system: System, site: str) -> int:
    return len([one for one in system.harness.weather.asked if one["latitude"] == SITES[site]])


@pytest.mark.parametrize("site", SITES)
def test_the_forecast_of_a_site_is_served(system: System, fired: str, site: str) -> None:
    forecast = system.get(f"/api/forecasts/{site}", "nora").json()
    assert (forecast["site"], forecast["date"], str(forecast["latitude"])) == (site, fired, SITES[site])
    hours = forecast["hourly"]["time"]
    assert len(hours) >= 48
    assert hours[0] <= datetime.now(UTC).strftime("%Y-%m-%dT%H:%M") <= hours[-1]
    assert set(forecast["hourly"]) == set(forecast["hourly_units"])
    assert {len(values) for values in forecast["hourly"].values()} == {len(hours)}


def test_the_sites_are_listed_with_what_is_stored_of_each(system: System, fired: str) -> None:
    found = system.get("/api/forecasts", "nora").json()["sites"]
    assert [(one["site"], str(one["latitude"]), one["longitude"]) for one in found] == [
        (site, SITES[site], -1.5) for site in sorted(SITES)
    ]
    for one in found:
        forecast = system.get(f"/api/forecasts/{one['site']}", "nora").json()
        assert one == {name: forecast[name] for name in one}
        assert one["date"] == fired


def test_a_forecast_says_whose_it_is(system: System, fired: str) -> None:
    """The suite's source is the demo's stand-in, which says so."""
    forecast = system.get("/api/forecasts/london", "nora").json()
    assert (forecast["source"], forecast["licence"]) == ("made up by the demo", None)


def test_a_forecast_needs_a_token(system: System) -> None:
    for path in ("/api/forecasts", "/api/forecasts/london"):
        assert_problem(system.get(path), 401)


@pytest.mark.parametrize("site", ["atlantis", "London", "%00", "x" * 100])
def test_a_site_without_a_forecast_is_404_and_the_answer_names_those_there_are(system: System, site: str) -> None:
    problem = assert_problem(system.get(f"/api/forecasts/{site}", "nora"), 404)
    assert ", ".join(SITES) in str(problem["detail"])


def test_the_source_is_asked_for_utc_and_for_what_is_served(system: System, fired: str) -> None:
    asked = system.harness.weather.asked[0]
    assert asked["timezone"] == "UTC"
    served = system.get("/api/forecasts/london", "nora").json()["hourly"]
    assert ["time", *asked["hourly"].split(",")] == list(served)


def test_firing_again_on_one_day_fetches_nothing_again(system: System, fired: str) -> None:
    before = {site: queries(system, site) for site in SITES}
    for _ in range(2):
        system.harness.fire("forecast")
    eventually("two more runs", lambda: len(system.logged(message="nothing to fetch", date=fired)) >= 2)
    assert {site: queries(system, site) for site in SITES} == before


def test_a_run_of_an_earlier_day_that_comes_late_replaces_nothing(system: System, fired: str, day: str) -> None:
    before = system.get("/api/forecasts/london", "nora").json()
    ask(system, day)
    eventually(f"run of {day}", lambda: stored(system, day) == set(SITES))
    assert system.get("/api/forecasts/london", "nora").json() == before


def test_a_source_that_fails_for_one_site_keeps_the_others_and_is_asked_again(
    system: System, leeds_is_down: None, day: str
) -> None:
    ask(system, day)
    eventually("note of the failure", lambda: run(system, day).get("leeds"))
    found = run(system, day)
    assert found["london"]["status"] == "stored"
    assert found["leeds"]["status"] == "failed"
    assert "the source answered 503" in found["leeds"]["error"]
    before = queries(system, "london")
    system.harness.weather.down.discard(SITES["leeds"])
    eventually("forecast of leeds", lambda: stored(system, day) == set(SITES))
    assert queries(system, "london") == before


def test_a_source_that_stays_down_ends_in_a_dead_letter_and_its_replay_fetches_what_lacks(
    system: System, leeds_is_down: None, day: str
) -> None:
    letters = DeadLetters(Documents(system.harness.store), system_clock)
    ask(system, day)
    letter = buried(letters, job="forecast", date=day)
    assert (letter["function"], letter["attempts"]) == ("jobs", 5)
    assert stored(system, day) == {"london"}
    assert "no forecast of" in system.operate("dead-letters", "replay", letter["id"], fails=True)
    system.harness.weather.down.discard(SITES["leeds"])
    replayed = json.loads(system.operate("dead-letters", "replay", letter["id"]))
    assert {state["status"] for state in replayed.values()} == {"stored"}
    assert stored(system, day) == set(SITES)


def test_old_dead_letters_are_removed_daily_and_young_ones_stay(system: System) -> None:
    documents = Documents(system.harness.store)
    event = {"key": f"incoming/A/{uuid4()}"}
    old = DeadLetters(documents, lambda: system_clock() - timedelta(days=15)).bury(GivenUp("ingest", event, 5, "old"))
    letters = DeadLetters(documents, system_clock)
    young = letters.bury(GivenUp("ingest", {**event, "young": True}, 5, "young"))
    system.harness.fire("maintain")
    eventually("removal", lambda: letters.get(old) is None)
    assert letters.get(young) is not None
    letters.remove(young)


def test_every_account_is_looked_after_daily(system: System, account: str) -> None:
    system.ingest(account, "a.csv", "point,start,version,kwh\n1012345678903,2026-01-01T00:00:00Z,1,0.5\n")
    system.harness.fire("maintain")
    system.logged(message="vacuumed", table=f"readings/{account}")
