from __future__ import annotations

from core import accounts, schedules
from core.dead_letters import DeadLetters
from core.events import GivenUp
from core.services import Services
from tests.conftest import KeptQueue, StoppedClock


def test_the_forecast_is_asked_for_by_its_day(services: Services, queue: KeptQueue) -> None:
    assert [schedules.forecast(services), schedules.forecast(services)] == [{"date": "2026-07-01"}] * 2
    assert queue.sent == [b'{"job":"forecast","date":"2026-07-01"}'] * 2


def test_the_upkeep_is_asked_for_every_account(services: Services, queue: KeptQueue, clock: StoppedClock) -> None:
    for name in ("B", "A"):
        accounts.ensure(services.documents, name)
    DeadLetters(services.documents, clock).bury(GivenUp("ingest", {"key": "k"}, 5, "why"))
    clock.advance(days=15)
    assert schedules.maintain(services) == {"accounts": 2, "expired_letters": 1, "expired_exports": 0}
    assert queue.sent == [b'{"job":"maintain","account":"A"}', b'{"job":"maintain","account":"B"}']
