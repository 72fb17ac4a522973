from __future__ import annotations

import json

import pytest

from core import accounts, dead_letters, exports
from core.dead_letters import DeadLetters, NotReplayable
from core.events import UnknownEvent
from core.services import Services


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
    with pytest.raises(NotReplayable, match=r"holds no event that jobs could read: \{'native': 'the text'\}"):
        dead_letters.replay(services, letter)


def test_who_waits_for_an_export_is_told_and_its_replay_does_it(services: Services) -> None:
    accounts.ensure(services.documents, "A")
    name = exports.create(services.documents, services.clock, "A", form="csv", begin=None, end=None)["id"]
    (letter,) = bury(services, "jobs", {"job": "export", "account": "A", "id": name})
    failed = exports.get(services.documents, "A", name)
    assert failed is not None
    assert (failed["status"], failed["error"]) == ("failed", "why")
    assert dead_letters.replay(services, letter)["status"] == "done"
    assert DeadLetters(services.documents, services.clock).every() == []


def test_a_job_of_a_letter_keeps_all_its_fields(services: Services) -> None:
    event = {"job": "maintain", "account": "A"}
    (letter,) = bury(services, "jobs", event)
    assert json.loads(json.dumps(letter["event"])) == event
    assert dead_letters.replay(services, letter) == {"account": "A", "compacted": False, "vacuumed": 0}
