"""Delta tables on every store: concurrent commits, rewrites, and another engine's view."""

from __future__ import annotations

import multiprocessing

import pytest
from deltalake import DeltaTable

from core.energy.ingest.handler import ingest
from core.energy.readings.schema import TABLE
from core.energy.readings.table import ReadingsTable
from core.kernel.errors import Code, TrefoilError
from core.kernel.events import ObjectCreated
from core.kernel.store import Store, open_store
from tests.contract.system import Harness
from tests.core.energy.ingest.files import mpan

WRITERS, COMMITS = 8, 10


def file(writer: int, commit: int) -> bytes:
    """A day of readings of one writer's own point, each with a value that tells who wrote it."""
    rows = "".join(
        f"{mpan(writer)},2026-01-{commit + 1:02}T{n // 2:02}:{n % 2 * 30:02}:00Z,1,{writer}.{n:02}\n" for n in range(24)
    )
    return f"point,start,version,kwh\n{rows}".encode()


def write(url: str, writer: int) -> None:
    store = open_store(url)
    for commit in range(COMMITS):
        ingest(store, ObjectCreated(f"incoming/Race/{writer}-{commit}.csv"))


def counted(url: str) -> list[tuple[str, int]]:
    from core.energy.readings import query

    return [(point.point, point.rows) for point in query.points(open_store(url), "Race")]


def in_process(target: object, *arguments: object) -> object:
    """Queries hold the interpreter's lock while they read, so they can't share a process with a stand-in."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(target, arguments)  # type: ignore[arg-type]


def test_eight_writers_of_ten_commits_lose_nothing(harness: Harness, store: Store, place: str) -> None:
    for writer in range(WRITERS):
        for commit in range(COMMITS):
            harness.drop(f"{place}/incoming/Race/{writer}-{commit}.csv", file(writer, commit))
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write, args=(store.url, writer)) for writer in range(WRITERS)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * WRITERS
    assert in_process(counted, store.url) == [(mpan(writer), COMMITS * 24) for writer in range(WRITERS)]


def test_the_table_is_where_the_contract_says(harness: Harness, store: Store, place: str) -> None:
    harness.drop(f"{place}/incoming/Race/0-0.csv", file(0, 0))
    in_process(ingest_at, store.url, "incoming/Race/0-0.csv")
    table = DeltaTable(store.table_uri("readings/Race"))
    assert [field.name for field in table.schema().fields] == TABLE.names
    assert harness.fetch(f"{place}/readings/Race/_delta_log/{0:020}.json")


def ingest_at(url: str, key: str) -> object:
    return ingest(open_store(url), ObjectCreated(key))


def test_a_table_of_a_store_that_does_not_answer_is_unavailable(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not harness.unreachable:
        pytest.skip("a folder is always there to answer")
    for name, value in harness.unreachable.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TrefoilError) as caught:
        ReadingsTable(open_store(harness.store.url), "Race").open()
    assert caught.value.code is Code.UNAVAILABLE
