"""The schedule on one machine: once for each day, whatever the clock does."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from adapters.local.schedule_trigger import FUNCTIONS, ScheduleTrigger, last_due
from core.functions import FUNCTIONS as DECLARED
from core.functions import Trigger
from core.services import Services
from core.store import Store
from tests.conftest import KeptQueue, StoppedClock


@pytest.fixture
def trigger(services: Services) -> ScheduleTrigger:
    return ScheduleTrigger(services)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def asked(queue: KeptQueue) -> list[str]:
    """The days of the forecasts asked for."""
    return [json.loads(message)["date"] for message in queue.sent]


def test_every_scheduled_function_is_struck() -> None:
    assert set(FUNCTIONS) == {one.name for one in DECLARED if one.trigger is Trigger.SCHEDULE}


def test_it_strikes_once_a_day_at_two(trigger: ScheduleTrigger, queue: KeptQueue, clock: StoppedClock) -> None:
    clock.now = at("2026-07-01T01:59:59")
    trigger.look()
    assert asked(queue) == ["2026-07-01"]  # yesterday's had never been struck
    for moment in ("2026-07-01T02:00:00", "2026-07-01T02:00:01", "2026-07-01T23:59:59", "2026-07-02T01:59:59"):
        clock.now = at(moment)
        trigger.look()
    assert asked(queue) == ["2026-07-01", "2026-07-01"]
    clock.now = at("2026-07-02T02:00:00")
    trigger.look()
    assert asked(queue)[2:] == ["2026-07-02"]


def test_a_clock_that_jumps_over_two_strikes_after_the_jump(
    trigger: ScheduleTrigger, queue: KeptQueue, clock: StoppedClock
) -> None:
    clock.now = at("2026-07-01T03:00:00")
    trigger.look()
    clock.now = at("2026-07-02T01:30:00")
    trigger.look()
    clock.now = at("2026-07-02T05:00:00")
    trigger.look()
    assert asked(queue) == ["2026-07-01", "2026-07-02"]


def test_a_clock_that_is_set_back_over_two_does_not_strike_again(
    trigger: ScheduleTrigger, queue: KeptQueue, clock: StoppedClock
) -> None:
    for moment in ("2026-07-02T02:00:00", "2026-07-02T01:00:00", "2026-07-02T02:00:00"):
        clock.now = at(moment)
        trigger.look()
    assert asked(queue) == ["2026-07-02"]


def test_a_clock_that_was_years_ahead_stops_nothing(
    trigger: ScheduleTrigger, queue: KeptQueue, clock: StoppedClock
) -> None:
    for moment in ("2036-07-02T02:00:00", "2026-07-02T02:00:00", "2026-07-02T02:00:01"):
        clock.now = at(moment)
        trigger.look()
    assert asked(queue) == ["2036-07-02", "2026-07-02"]


def test_after_days_of_being_down_it_strikes_once(
    services: Services, trigger: ScheduleTrigger, queue: KeptQueue, clock: StoppedClock
) -> None:
    trigger.look()
    clock.advance(days=5)
    for _ in range(2):
        ScheduleTrigger(services).look()
    assert asked(queue) == ["2026-07-01", "2026-07-06"]


def test_what_failed_is_struck_again(trigger: ScheduleTrigger, queue: KeptQueue, store: Store) -> None:
    assert store.folder is not None
    (store.folder / "schedules").write_text("in the way")
    trigger.look()
    assert queue.sent == []
    (store.folder / "schedules").unlink()
    trigger.look()
    trigger.look()
    assert len(queue.sent) == 1


def test_only_daily_schedules_are_known_here() -> None:
    assert last_due("30 4 * * *", at("2026-07-01T04:29:00")) == at("2026-06-30T04:30:00")
    with pytest.raises(ValueError, match=r"daily schedules only, not '0 2 \* \* 1'"):
        last_due("0 2 * * 1", at("2026-07-01T00:00:00"))
