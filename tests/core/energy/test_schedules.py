from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.energy import schedules
from core.energy.accounts import accounts
from core.kernel.dead_letters import DeadLetters
from core.kernel.errors import Code, TrefoilError
from core.kernel.events import GivenUp
from core.kernel.services import Services
from tests.conftest import KeptQueue, StoppedClock


def test_the_forecast_is_asked_for_by_its_day(services: Services, queue: KeptQueue) -> None:
    assert [schedules.forecast(services), schedules.forecast(services)] == [{"date": "2026-07-01"}] * 2
    assert queue.sent == [b'{"job":"forecast","date":"2026-07-01"}'] * 2


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-07-01T01:54:59", "2026-06-30"),
        ("2026-07-01T01:55:00", "2026-07-01"),
        ("2026-07-01T02:00:00", "2026-07-01"),
        ("2026-07-02T00:30:00", "2026-07-01"),
    ],
    ids=["yesterday's, very late", "a little early", "on time", "late, after midnight"],
)
def test_a_run_is_that_of_the_time_it_was_due(
    services: Services, queue: KeptQueue, clock: StoppedClock, now: str, day: str
) -> None:
    clock.now = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert schedules.forecast(services) == {"date": day}


def test_only_daily_schedules_are_known() -> None:
    now = datetime(2026, 7, 1, 4, 29, tzinfo=UTC)
    assert schedules.last_due("30 4 * * *", now) == datetime(2026, 6, 30, 4, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match=r"only daily schedules are known, not '0 2 \* \* 1'"):
        schedules.last_due("0 2 * * 1", now)


def test_a_deletion_that_has_not_ended_is_asked_for_again(services: Services, queue: KeptQueue) -> None:
    identity = accounts.ensure(services.documents, "A")
    accounts.condemn(services.documents, "A", identity)
    schedules.maintain(services)
    assert queue.sent == [f'{{"job":"delete-account","account":"A","identity":"{identity}"}}'.encode()]


def test_a_job_that_is_not_taken_keeps_no_other_from_being_sent(services: Services, queue: KeptQueue) -> None:
    for name in ("A", "B", "C"):
        accounts.ensure(services.documents, name)

    class Refusing(KeptQueue):
        def send(self, message: bytes) -> None:
            if b'"B"' in message:
                raise TrefoilError(Code.UNAVAILABLE, "no")
            super().send(message)

    refusing = Refusing()
    with pytest.raises(TrefoilError, match="did not take 1 of 3 jobs"):
        schedules.maintain(replace(services, queue=refusing))
    assert len(refusing.sent) == 2


def test_the_upkeep_is_asked_for_every_account(services: Services, queue: KeptQueue, clock: StoppedClock) -> None:
    for name in ("B", "A"):
        accounts.ensure(services.documents, name)
    DeadLetters(services.documents, clock).bury(GivenUp("ingest", {"key": "k"}, 5, "why"))
    clock.advance(days=15)
    assert schedules.maintain(services) == {"accounts": 2, "expired_letters": 1, "expired_exports": 0}
    assert queue.sent == [b'{"job":"maintain","account":"A"}', b'{"job":"maintain","account":"B"}']
