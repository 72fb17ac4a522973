"""The queue `jobs` on one machine: durable, leased, counted, shared; and what its trigger makes of failures."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from adapters.local.queue import LEASE, LONGEST_DELAY, SqliteQueue, SqliteQueues
from adapters.local.queue_trigger import UNTOLD, WORKERS, QueueTrigger
from core.energy.accounts import accounts
from core.energy.exports import documents as exports
from core.kernel.dead_letters import DeadLetters
from core.kernel.documents import Documents
from core.kernel.errors import TrefoilError
from core.kernel.services import Services
from core.kernel.store import Store, open_store
from tests.adapters.test_local_server import COMPANY, await_reports, drop, file, rows
from tests.conftest import StoppedClock
from tests.contract.providers.local import LocalHarness
from tools.waiting import eventually

MAINTAIN = b'{"job":"maintain","account":"A"}'


@pytest.fixture
def jobs(store: Store, clock: StoppedClock) -> SqliteQueue:
    assert store.folder is not None
    return SqliteQueues(store.folder, clock).named("jobs")


@pytest.fixture
def trigger(services: Services, jobs: SqliteQueue) -> QueueTrigger:
    return QueueTrigger(services, services.functions.named("jobs"), jobs)


@pytest.fixture
def letters(services: Services) -> DeadLetters:
    return DeadLetters(services.documents, services.clock)


def idle(trigger: QueueTrigger) -> bool:
    with trigger._lock:  # it is held until the queue knows what became of a message
        return not trigger._running


def look(trigger: QueueTrigger) -> None:
    trigger.look()
    eventually("the end of every job", lambda: idle(trigger))


@pytest.fixture
def busy(trigger: QueueTrigger) -> Iterator[Event]:
    """Every worker is busy until this is set."""
    free = Event()
    for _ in range(WORKERS):
        trigger._workers.submit(free.wait)
    yield free
    free.set()


def test_what_was_sent_is_taken_once_and_in_the_order_of_waiting(jobs: SqliteQueue) -> None:
    for text in (b"a", b"b"):
        jobs.send(text)
    taken = [jobs.take(), jobs.take()]
    assert [one and (one.body, one.attempts) for one in taken] == [(b"a", 1), (b"b", 1)]
    assert jobs.take() is None
    assert len(jobs) == 2


def test_what_is_finished_is_gone(jobs: SqliteQueue) -> None:
    jobs.send(b"a")
    taken = jobs.take()
    assert taken is not None
    jobs.finish(taken)
    jobs.finish(taken)
    assert len(jobs) == 0


def test_a_lease_that_is_not_extended_ends(jobs: SqliteQueue, clock: StoppedClock) -> None:
    jobs.send(b"a")
    taken = jobs.take()
    assert taken is not None
    clock.advance(seconds=LEASE - 1)
    jobs.put_back(taken, LEASE)
    clock.advance(seconds=LEASE - 0.001)
    assert jobs.take() is None
    clock.advance(seconds=0.001)
    again = jobs.take()
    assert again is not None
    assert (again.id, again.attempts) == (taken.id, 2)


def test_a_clock_that_is_set_back_hides_nothing_for_long(jobs: SqliteQueue, clock: StoppedClock) -> None:
    jobs.send(b"a")
    clock.advance(seconds=-LONGEST_DELAY)
    assert jobs.take() is None
    clock.advance(seconds=-1)
    assert jobs.take() is not None


def test_of_many_threads_each_takes_other_messages(jobs: SqliteQueue) -> None:
    for number in range(40):
        jobs.send(str(number).encode())

    def take_all(_: int) -> list[bytes]:
        found = []
        while (taken := jobs.take()) is not None:
            found.append(taken.body)
        return found

    with ThreadPoolExecutor(8) as pool:
        bodies = [body for found in pool.map(take_all, range(8)) for body in found]
    assert sorted(bodies) == sorted(str(number).encode() for number in range(40))


def test_what_a_killed_process_sent_is_there(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib, core.kernel.clock, adapters.local.queue as q;"
        "queue = q.SqliteQueues(pathlib.Path(sys.argv[1]), core.kernel.clock.system_clock).named('jobs');"
        "[queue.send(b'%d' % n) for n in range(20)];"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(SqliteQueues(tmp_path, StoppedClock()).named("jobs")) == 20


def test_a_queue_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / ".queues").write_text("in the way")
    with pytest.raises(TrefoilError, match="the queue can't be used") as caught:
        SqliteQueues(tmp_path, StoppedClock()).named("jobs").send(b"a")
    assert "jobs.sqlite3: [Errno 17] File exists" in str(caught.value.__cause__)


def test_a_file_that_is_no_queue_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / ".queues").mkdir()
    (tmp_path / ".queues" / "jobs.sqlite3").write_text("this is no database, and longer than a header would be" * 9)
    with pytest.raises(TrefoilError, match="the queue can't be used") as caught:
        SqliteQueues(tmp_path, StoppedClock()).named("jobs").take()
    assert "file is not a database" in str(caught.value.__cause__)


def test_a_job_is_done_and_gone(trigger: QueueTrigger, jobs: SqliteQueue) -> None:
    jobs.send(MAINTAIN)
    look(trigger)
    assert len(jobs) == 0


def test_five_attempts_with_growing_delay_and_then_a_dead_letter(
    trigger: QueueTrigger, jobs: SqliteQueue, letters: DeadLetters, clock: StoppedClock
) -> None:
    jobs.send(b'{"job":"dance"}')
    look(trigger)
    for delay in (1, 2, 4, 8):
        clock.advance(seconds=delay - 0.01)
        look(trigger)
        assert letters.every() == []
        clock.advance(seconds=0.01)
        look(trigger)
    (letter,) = letters.every()
    assert (letter["function"], letter["attempts"]) == ("jobs", 5)
    assert letter["event"] == {"native": '{"job":"dance"}'}
    assert "Invalid value 'dance'" in letter["error"]
    assert len(jobs) == 0


def test_a_letter_that_cannot_be_written_keeps_the_message(
    trigger: QueueTrigger, jobs: SqliteQueue, letters: DeadLetters, store: Store, clock: StoppedClock
) -> None:
    assert store.folder is not None
    (store.folder / "dead-letters").write_text("in the way")
    jobs.send(b"nonsense")
    for _ in range(20):
        look(trigger)
        clock.advance(seconds=59)
    assert len(jobs) == 1
    look(trigger)
    assert jobs.take() is None
    clock.advance(seconds=60)
    (store.folder / "dead-letters").unlink()
    look(trigger)
    assert len(jobs) == 0
    assert letters.every()[0]["attempts"] == 5


def test_a_message_that_always_kills_its_process_becomes_a_dead_letter(
    trigger: QueueTrigger, jobs: SqliteQueue, letters: DeadLetters, clock: StoppedClock
) -> None:
    jobs.send(MAINTAIN)
    for _ in range(5):
        assert jobs.take() is not None  # and then nothing more was heard of who took it
        clock.advance(seconds=LEASE)
    look(trigger)
    (letter,) = letters.every()
    assert letter["event"] == json.loads(MAINTAIN)
    assert letter["error"] == UNTOLD.format(function="jobs")
    assert len(jobs) == 0


def test_a_job_that_takes_longer_than_a_lease_is_not_taken_by_others(
    trigger: QueueTrigger, jobs: SqliteQueue, clock: StoppedClock, busy: Event
) -> None:
    jobs.send(MAINTAIN)
    trigger.look()
    for _ in range(3):
        clock.advance(seconds=LEASE * 0.9)
        trigger._extended -= LEASE * 0.9
        trigger.look()
        assert jobs.take() is None
    busy.set()
    eventually("the end of the job", lambda: idle(trigger))
    assert len(jobs) == 0


def test_no_more_is_taken_than_there_are_workers(trigger: QueueTrigger, jobs: SqliteQueue, busy: Event) -> None:
    for _ in range(WORKERS + 3):
        jobs.send(MAINTAIN)
    trigger.look()
    assert len(trigger._running) == WORKERS
    busy.set()
    eventually("the end of every job", lambda: idle(trigger))
    assert len(jobs) == 3


def ask(harness: LocalHarness, store: Store, number: int) -> str:
    documents = Documents(store)
    clock = StoppedClock()
    export = exports.create(documents, clock, "A", form="csv", begin=None, end=None)
    message = {"job": "export", "account": "A", "id": export["id"], "number": number}
    harness.send("jobs", json.dumps(message).encode())
    return str(export["id"])


def states(store: Store, ids: list[str]) -> list[dict[str, Any]]:
    return [exports.get(Documents(store), "A", one) or {} for one in ids]


def test_two_servers_on_one_queue_do_each_job_once(tmp_path: Path) -> None:
    with closing(LocalHarness(tmp_path, COMPANY)) as one, closing(LocalHarness(tmp_path, COMPANY)) as two:
        drop(tmp_path, "a.csv", file(1))
        await_reports(tmp_path, 1)
        store = open_store((tmp_path / "store").as_uri())
        ids = [ask(one if number % 2 else two, store, number) for number in range(10)]
        eventually("every export", lambda: all(state["status"] == "done" for state in states(store, ids)))
    assert sorted(path.stem[:28] for path in (tmp_path / "store" / "exports" / "A").glob("*.csv")) == sorted(ids)
    assert {state["rows"] for state in states(store, ids)} == {24}


def test_a_server_killed_again_and_again_loses_no_job_and_doubles_no_file(tmp_path: Path) -> None:
    store = open_store((tmp_path / "store").as_uri())
    accounts.ensure(Documents(store), "A")
    with closing(LocalHarness(tmp_path, COMPANY)) as server:
        drop(tmp_path, "a.csv", file(1))
        await_reports(tmp_path, 1)
        ids = [ask(server, store, number) for number in range(8)]
        time.sleep(0.2)
        server.kill()
    for round_ in range(1, 4):
        _end_leases(tmp_path)
        with closing(LocalHarness(tmp_path, COMPANY)) as server:
            time.sleep(0.2 + 0.1 * round_)
            server.kill()
    _end_leases(tmp_path)
    with closing(LocalHarness(tmp_path, COMPANY)):
        eventually("every export", lambda: all(state["status"] == "done" for state in states(store, ids)))
    assert rows(tmp_path) == 24
    for state in states(store, ids):
        assert (tmp_path / "store" / state["key"]).read_bytes().count(b"\n") == 25


def _end_leases(folder: Path) -> None:
    """As if the time of a lease had passed."""
    import sqlite3

    database = sqlite3.connect(folder / "store" / ".queues" / "jobs.sqlite3")
    database.execute("UPDATE messages SET visible_at = 0")
    database.commit()
    database.close()
