from __future__ import annotations

import json
from dataclasses import replace

import pytest

from core.energy.accounts import accounts
from core.energy.exports import documents as exports
from core.energy.forecasts import documents as forecasts
from core.kernel import dead_letters
from core.kernel.config import Site
from core.kernel.dead_letters import DeadLetters
from core.kernel.events import GivenUp, NotReplayable, UnknownEvent
from core.kernel.services import Services


def bury(services: Services, function: str, *events: dict[str, str], attempts: int = 5) -> list[dict[str, object]]:
    dead_letters.bury(services, function, lambda: events, native="?", attempts=attempts, reason="why")
    return DeadLetters(services.documents, services.clock).every()


def test_each_event_of_a_message_gets_a_letter_and_only_one(services: Services) -> None:
    for _ in range(2):
        letters = bury(services, "ingest", {"key": "incoming/A/a.csv"}, {"key": "incoming/A/b.csv"})
    assert sorted(letter["event"]["key"] for letter in letters) == ["incoming/A/a.csv", "incoming/A/b.csv"]  # type: ignore[index]


def test_what_cannot_be_read_is_kept_as_it_came_with_the_reason(services: Services) -> None:
    def unreadable() -> list[dict[str, str]]:
        raise UnknownEvent("it makes no sense")

    dead_letters.bury(services, "jobs", unreadable, native="the text", attempts=5, reason="why")
    (letter,) = DeadLetters(services.documents, services.clock).every()
    assert (letter["event"], letter["error"]) == ({"native": "the text"}, "it makes no sense")
    with pytest.raises(UnknownEvent, match="the message is not JSON"):
        dead_letters.replay(services, letter)


def test_a_message_that_can_be_read_by_now_is_replayed(services: Services) -> None:
    """As after an update that knows the job."""
    message = '{"job":"maintain","account":"A"}'
    DeadLetters(services.documents, services.clock).bury(GivenUp("jobs", {"native": message}, 5, "no such job"))
    (letter,) = DeadLetters(services.documents, services.clock).every()
    assert dead_letters.replay(services, letter)["account"] == "A"


@pytest.mark.parametrize("sites", [(), (Site("leeds", 53.8, -1.5),)])
def test_a_forecast_is_not_replayed_where_its_sites_are_unknown(services: Services, sites: tuple[Site, ...]) -> None:
    forecasts.note(services.documents, "2026-01-01", {"york": {"status": "failed", "error": "x", "at": ""}})
    (letter,) = bury(services, "jobs", {"job": "forecast", "date": "2026-01-01"})
    elsewhere = replace(services, config=replace(services.config, forecast_sites=sites))
    with pytest.raises(NotReplayable, match="york can't be fetched here: set TREFOIL_FORECAST_SITES"):
        dead_letters.replay(elsewhere, letter)
    assert DeadLetters(services.documents, services.clock).get(str(letter["id"])) == letter


@pytest.mark.parametrize(
    "change", [{"at": "2026-01-01T00:00:00"}, {"at": 5}, {"at": "soon"}, {"id": "other"}, {"event": None}]
)
def test_a_document_that_is_no_letter_is_passed_over(services: Services, change: dict[str, object]) -> None:
    (letter,) = bury(services, "ingest", {"key": "a"})
    services.documents.put("dead-letters/foreign.json", {**letter, "id": "foreign", **change})
    letters = DeadLetters(services.documents, services.clock)
    assert letters.every() == [letter]
    assert letters.expire() == 0


def test_who_waits_for_an_export_is_told_and_its_replay_does_it(services: Services) -> None:
    accounts.ensure(services.documents, "A")
    name = exports.create(services.documents, services.clock, "A", form="csv", begin=None, end=None)["id"]
    (letter,) = bury(services, "jobs", {"job": "export", "account": "A", "id": name})
    failed = exports.get(services.documents, "A", name)
    assert failed is not None
    assert failed["status"] == "failed"
    assert f"dead letter {letter['id']}" in failed["error"]
    assert dead_letters.replay(services, letter)["status"] == "done"
    assert DeadLetters(services.documents, services.clock).every() == []


def test_a_job_of_a_letter_keeps_all_its_fields(services: Services) -> None:
    event = {"job": "maintain", "account": "A"}
    (letter,) = bury(services, "jobs", event)
    assert json.loads(json.dumps(letter["event"])) == event
    assert dead_letters.replay(services, letter) == {"account": "A", "compacted": False, "vacuumed": 0}
