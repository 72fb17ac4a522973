from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from core.energy.accounts import accounts
from core.kernel import delivery
from core.kernel.dead_letters import DeadLetters
from core.kernel.errors import Code, TrefoilError
from core.kernel.events import GivenUp
from core.kernel.services import Services
from tests.conftest import KeptQueue, StoppedClock


def fire(services: Services, function: str) -> Any:
    return delivery.fire(services, services.functions.named(function))


def test_the_forecast_is_asked_for_by_its_day(services: Services, queue: KeptQueue) -> None:
    assert [fire(services, "forecast"), fire(services, "forecast")] == [{"date": "2026-07-01"}] * 2
    assert queue.sent == [b'{"job":"forecast","date":"2026-07-01"}'] * 2


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-07-01T01:59:49", "2026-06-30"),
        ("2026-07-01T01:59:50", "2026-07-01"),
        ("2026-07-01T02:00:00", "2026-07-01"),
        ("2026-07-02T00:30:00", "2026-07-01"),
    ],
    ids=["yesterday's, very late", "a little early", "on time", "late, after midnight"],
)
def test_a_run_is_that_of_the_time_it_was_due(
    services: Services, queue: KeptQueue, clock: StoppedClock, now: str, day: str
) -> None:
    clock.now = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert fire(services, "forecast") == {"date": day}


def test_a_deletion_that_has_not_ended_is_asked_for_again(services: Services, queue: KeptQueue) -> None:
    identity = accounts.ensure(services.documents, "A")
    accounts.condemn(services.documents, "A", identity)
    fire(services, "maintain")
    assert queue.sent == [f'{{"job":"delete-account","account":"A","identity":"{identity}"}}'.encode()]


def test_a_job_that_is_not_taken_keeps_no_other_from_being_sent(services: Services, queue: KeptQueue) -> None:
    for name in ("A", "B", "C"):
        accounts.ensure(services.documents, name)

    class Refusing(KeptQueue):
        def send(self, queue: str, message: bytes, parent: str = "") -> None:
            if b'"B"' in message:
                raise TrefoilError(Code.UNAVAILABLE, "no")
            super().send(queue, message)

    refusing = Refusing()
    with pytest.raises(TrefoilError, match="did not take 1 of 3 jobs"):
        fire(replace(services, queues=refusing), "maintain")
    assert len(refusing.sent) == 2


def test_the_upkeep_is_asked_for_every_account(services: Services, queue: KeptQueue, clock: StoppedClock) -> None:
    for name in ("B", "A"):
        accounts.ensure(services.documents, name)
    DeadLetters(services.documents, clock).bury(GivenUp("ingest", {"key": "k"}, 5, "why"))
    clock.advance(days=15)
    assert fire(services, "maintain") == {"accounts": 2, "expired_letters": 1, "expired_exports": 0}
    assert queue.sent == [b'{"job":"maintain","account":"A"}', b'{"job":"maintain","account":"B"}']


def test_what_a_crash_left_half_written_goes_but_nothing_that_was_dropped(
    services: Services, clock: StoppedClock
) -> None:
    folder = services.store.folder
    assert folder is not None
    for name in ("readings/A/part-1.parquet#1", "readings/A/_delta_log/1.json#2", "incoming/A/mine#1"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        os.utime(path, (clock().timestamp() - 2 * 86_400,) * 2)
    fire(services, "maintain")
    assert [path.name for path in folder.rglob("*#*")] == ["mine#1"]
