from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from core.energy.accounts import accounts
from core.energy.exports import documents as exports
from core.energy.forecasts import documents as forecasts
from core.energy.forecasts.settings import Forecasting, Site
from core.kernel import dead_letters
from core.kernel.dead_letters import DeadLetters
from core.kernel.events import MAX_BYTES, GivenUp, NotReplayable, ObjectCreated, UnknownEvent
from core.kernel.functions import Function, FunctionSet
from core.kernel.services import Services
from core.kernel.triggers import Http, Queue
from tests.conftest import StoppedClock


def bury(services: Services, function: str, *events: dict[str, str], attempts: int = 5) -> list[dict[str, object]]:
    told = {"attempts": attempts, "reason": "why"}
    if function == "ingest":
        created = [ObjectCreated(event["key"]) for event in events]
        dead_letters.bury_objects(services, function, lambda: created, native="?", **told)
    else:
        for event in events:
            dead_letters.bury_message(services, function, json.dumps(event).encode(), **told)
    return DeadLetters(services.documents, services.clock).every()


def test_each_event_of_a_message_gets_a_dead_letter_and_only_one(services: Services) -> None:
    for _ in range(2):
        letters = bury(services, "ingest", {"key": "incoming/A/a.csv"}, {"key": "incoming/A/b.csv"})
    assert sorted(letter["event"]["key"] for letter in letters) == ["incoming/A/a.csv", "incoming/A/b.csv"]  # type: ignore[index]


def test_what_cannot_be_read_is_kept_as_it_came_with_the_reason(services: Services) -> None:
    dead_letters.bury_message(services, "jobs", b"the text", attempts=5, reason="why")
    (letter,) = DeadLetters(services.documents, services.clock).every()
    assert letter["event"] == {"native": "the text"}
    assert letter["error"].startswith("the message is not JSON")
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
    elsewhere = replace(services, own=replace(services.own, forecasting=Forecasting("https://source.example", sites)))
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


def test_a_job_of_a_dead_letter_keeps_all_its_fields(services: Services) -> None:
    event = {"job": "maintain", "account": "A"}
    (letter,) = bury(services, "jobs", event)
    assert json.loads(json.dumps(letter["event"])) == event
    assert dead_letters.replay(services, letter) == {"account": "A", "compacted": False, "vacuumed": 0}


OWN = FunctionSet(
    "Own", (Function("web", Http()), Function("print", Queue("prints"), lambda _, message: message.decode()))
)


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (b'{ "a": [1, 2.5, null] }', {"a": [1, 2.5, None]}),
        (b"not JSON", {"native": "not JSON"}),
        (b"[1]", {"native": "[1]"}),
        (b'{"native": "x"}', {"native": '{"native": "x"}'}),
        (b'{"a": 1, "a": 2}', {"native": '{"a": 1, "a": 2}'}),
        (b'{"a": 0.12345678901234567890}', {"native": '{"a": 0.12345678901234567890}'}),
    ],
)
def test_a_message_of_ones_own_queue_loses_nothing_as_a_dead_letter(
    services: Services, message: bytes, event: dict[str, object]
) -> None:
    own = replace(services, functions=OWN)
    dead_letters.bury_message(own, "print", message)
    (letter,) = DeadLetters(services.documents, services.clock).every()
    assert (letter["event"], letter["attempts"]) == (event, 5)
    replayed = dead_letters.replay(own, letter)
    assert json.loads(replayed) == event if "native" not in event else replayed == event["native"]
    assert DeadLetters(services.documents, services.clock).every() == []


def test_a_letter_of_a_function_that_is_gone_stays(services: Services) -> None:
    (letter,) = bury(services, "ingest", {"key": "incoming/A/a.csv"})
    with pytest.raises(NotReplayable, match="no event that ingest could read"):
        dead_letters.replay(replace(services, functions=OWN), letter)
    assert DeadLetters(services.documents, services.clock).every() == [letter]


def test_a_message_that_was_too_long_says_so_in_its_letter(services: Services) -> None:
    dead_letters.bury_message(services, "jobs", b'{"job":"maintain","account":"A","more":"' + b"x" * MAX_BYTES + b'"}')
    (letter,) = DeadLetters(services.documents, services.clock).every()
    assert "at most 49152 are allowed" in letter["error"]


def test_letters_that_have_expired_are_gone_whoever_looks(services: Services, clock: StoppedClock) -> None:
    (letter,) = bury(services, "ingest", {"key": "incoming/A/a.csv"})
    letters = DeadLetters(services.documents, services.clock)
    clock.advance(days=14, seconds=1)
    assert letters.every() == []
    assert letters.get(str(letter["id"])) is None
