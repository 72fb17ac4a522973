"""What the status says of any function set: its schedules, queues and dead letters."""

from __future__ import annotations

from core.kernel import delivery, operations
from core.kernel.dead_letters import DeadLetters
from core.kernel.events import GivenUp
from core.kernel.services import Services
from tests.conftest import StoppedClock


def said(services: Services, waiting: int | None = 0) -> dict[str, str]:
    return {one.about: one.said for one in operations.status(services, lambda _: waiting)}


def test_a_schedule_says_when_it_was_done_and_what_it_is_behind_of(services: Services, clock: StoppedClock) -> None:
    assert said(services)["schedule forecast"] == "never ran; was due 2026-07-01T02:00:00Z"
    delivery.fire(services, services.functions.named("forecast"))
    assert said(services)["schedule forecast"] == "done for 2026-07-01T02:00:00Z"
    clock.advance(days=1)
    assert said(services)["schedule forecast"] == "done for 2026-07-01T02:00:00Z; was due 2026-07-02T02:00:00Z"


def test_a_queue_s_messages_are_counted_where_that_can_be_known(services: Services) -> None:
    assert said(services, 3)["queue jobs"] == "3 waiting"
    assert "its cloud knows" in said(services, None)["queue jobs"]


def test_dead_letters_are_counted_and_the_newest_is_told_in_one_line(services: Services, clock: StoppedClock) -> None:
    assert said(services)["dead letters"] == "0"
    letters = DeadLetters(services.documents, services.clock)
    for error in ("an older one", "a newer one " * 50):
        letters.bury(GivenUp("jobs", {"job": "maintain", "account": error}, attempts=5, error=error))
        clock.advance(minutes=1)
    found = said(services)["dead letters"]
    assert found.startswith("2; the newest of jobs, 2026-07-01T12:01:00")
    assert "a newer one" in found
    assert len(found) < 150


def test_a_dead_letter_is_found_by_its_id_and_by_what_it_is_of(services: Services) -> None:
    letters = DeadLetters(services.documents, services.clock)
    name = letters.bury(GivenUp("jobs", {"job": "maintain", "account": "AccountX"}, attempts=5, error="down"))
    for asked in (name, "AccountX"):
        (found,) = operations.trace(services, asked)
        assert found.path == f"dead-letters/{name}.json"
    assert list(operations.trace(services, "AccountY")) == []
