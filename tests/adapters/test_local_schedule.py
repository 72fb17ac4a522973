"""The schedule on one machine: once for each day, whatever the clock does."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from adapters.local.schedule_trigger import RETRY_AFTER, ScheduleTrigger
from core.kernel.services import Services
from core.kernel.store import Store
from tests.adapters.test_local_server import Stopwatch
from tests.conftest import KeptQueue, StoppedClock


@pytest.fixture
def trigger(services: Services) -> ScheduleTrigger:
    return ScheduleTrigger(services)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def asked(queue: KeptQueue) -> list[str]:
    """The days of the forecasts asked for."""
    return [json.loads(message)["date"] for message in queue.sent]


def test_another_time_may_be_set_for_a_function(
    services: Services, queue: KeptQueue, clock: StoppedClock, store: Store
) -> None:
    own = {"forecast": "30 3 * * *", "maintain": "0 4 * * *"}
    trigger = ScheduleTrigger(replace(services, config=replace(services.config, schedules=own)))
    for moment in ("2026-07-01T03:29:00", "2026-07-01T03:30:00", "2026-07-01T03:59:00"):
        clock.now = at(moment)
        trigger.look()
    assert asked(queue) == ["2026-06-30", "2026-07-01"]


def test_it_fires_once_a_day_at_two(trigger: ScheduleTrigger, queue: KeptQueue, clock: StoppedClock) -> None:
    clock.now = at("2026-07-01T01:30:00")
    trigger.look()
    assert asked(queue) == ["2026-06-30"]  # yesterday's had never been fired
    for moment in ("2026-07-01T02:00:00", "2026-07-01T02:00:01", "2026-07-01T23:59:59", "2026-07-02T01:59:59"):
        clock.now = at(moment)
        trigger.look()
    assert asked(queue) == ["2026-06-30", "2026-07-01"]
    clock.now = at("2026-07-02T02:00:00")
    trigger.look()
    assert asked(queue)[2:] == ["2026-07-02"]


def test_a_clock_that_jumps_over_two_fires_after_the_jump(
    trigger: ScheduleTrigger, queue: KeptQueue, clock: StoppedClock
) -> None:
    clock.now = at("2026-07-01T03:00:00")
    trigger.look()
    clock.now = at("2026-07-02T01:30:00")
    trigger.look()
    clock.now = at("2026-07-02T05:00:00")
    trigger.look()
    assert asked(queue) == ["2026-07-01", "2026-07-02"]


def test_a_clock_that_is_set_back_over_two_does_not_fire_again(
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


def test_after_days_of_being_down_it_fires_once(
    services: Services, trigger: ScheduleTrigger, queue: KeptQueue, clock: StoppedClock
) -> None:
    trigger.look()
    clock.advance(days=5)
    for _ in range(2):
        ScheduleTrigger(services).look()
    assert asked(queue) == ["2026-07-01", "2026-07-06"]


def test_what_failed_is_fired_again_later(services: Services, queue: KeptQueue, store: Store) -> None:
    stopwatch = Stopwatch()
    trigger = ScheduleTrigger(services, stopwatch)
    assert store.folder is not None
    (store.folder / "schedules").write_text("in the way")
    trigger.look()
    assert queue.sent == []
    (store.folder / "schedules").unlink()
    trigger.look()
    assert queue.sent == []
    stopwatch.now += RETRY_AFTER
    trigger.look()
    trigger.look()
    assert len(queue.sent) == 1
