from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import obstore

from core.energy.exports import documents as exports
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.store import Store, listing
from tests.conftest import StoppedClock


def ask(documents: Documents, clock: StoppedClock, account: str = "A") -> str:
    begin = datetime.fromisoformat("2026-01-01T00:00:00+01:00")
    return str(exports.create(documents, clock, account, form="csv", begin=begin, end=None)["id"])


def test_what_was_asked_for_is_kept(documents: Documents, clock: StoppedClock) -> None:
    name = ask(documents, clock)
    found = exports.get(documents, "A", name)
    assert found is not None
    assert (found["status"], found["from"], found["to"]) == ("queued", "2025-12-31T23:00:00Z", None)
    assert name.startswith("20260701T120000-")
    assert exports.get(documents, "B", name) is None


def test_of_many_attempts_one_finishes_first_and_all_learn_which(documents: Documents, clock: StoppedClock) -> None:
    name = ask(documents, clock)

    def finish(number: int) -> Any:
        return exports.finish(documents, "A", name, status=exports.DONE, key=f"file-{number}")

    with ThreadPoolExecutor(8) as pool:
        told = {found["key"] for found in pool.map(finish, range(8))}
    assert len(told) == 1
    assert told == {exports.get(documents, "A", name)["key"]}  # type: ignore[index]


def test_a_failure_is_not_the_end_but_a_success_is(documents: Documents, clock: StoppedClock) -> None:
    name = ask(documents, clock)
    states = [
        exports.finish(documents, "A", name, status=status)["status"]  # type: ignore[index]
        for status in (exports.FAILED, exports.DONE, exports.FAILED)
    ]
    assert states == ["failed", "done", "done"]


def test_an_export_that_is_gone_stays_gone(documents: Documents, clock: StoppedClock) -> None:
    name = ask(documents, clock)
    documents.delete(exports.path("A", name))
    assert exports.finish(documents, "A", name, status=exports.DONE) is None
    assert exports.get(documents, "A", name) is None


def test_documents_and_files_are_kept_for_14_days(store: Store, documents: Documents, clock: StoppedClock) -> None:
    clock.now = system_clock()
    name = ask(documents, clock)
    obstore.put(store.client, f"exports/A/{name}-12345678.csv", b"x")
    clock.advance(days=13, hours=23)
    assert exports.expire(store, clock) == 0
    clock.advance(hours=2)
    assert (exports.expire(store, clock), exports.expire(store, clock)) == (2, 0)
    assert listing(store, "exports") == []
