from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.energy.ingest.handler import ingest
from core.energy.readings import query, rewrite
from core.energy.readings.files import measure
from core.energy.readings.merging import Change
from core.energy.readings.table import ReadingsTable
from core.kernel.events import ObjectCreated
from core.kernel.store import Store
from tests.core.energy.ingest.files import HEADER, MPAN, line, mpan
from tests.core.energy.ingest.test_handler import drop, kwh, rows


def day(number: int, value: str = "1", point: str = MPAN) -> bytes:
    return b"".join(line(f"2026-01-{number:02}T{n // 2:02}:{n % 2 * 30:02}:00Z", value, point=point) for n in range(24))


def live_files(store: Store) -> int:
    table = ReadingsTable(store, "A").open()
    assert table is not None
    return len(table.file_uris())


def test_another_engine_reads_the_table_where_it_lies(store: Store) -> None:
    ingest(store, drop(store, "a.csv", HEADER + line(kwh="0.123456789")))
    table = ReadingsTable(store, "A").open()
    assert table is not None
    found = duckdb.sql(
        f"SELECT point, epoch_us(start), version, value::VARCHAR, source FROM read_parquet({table.file_uris()!r})"
    )
    moment = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
    assert found.fetchall() == [(MPAN, moment, 1, "0.123456789", "a.csv")]
    assert [(field.name, str(field.type)) for field in table.schema().fields] == [
        ("point", 'PrimitiveType("string")'),
        ("channel", 'PrimitiveType("string")'),
        ("start", 'PrimitiveType("timestamp")'),
        ("minutes", 'PrimitiveType("short")'),
        ("version", 'PrimitiveType("short")'),
        ("value", 'PrimitiveType("decimal(18,9)")'),
        ("quality", 'PrimitiveType("string")'),
        ("source", 'PrimitiveType("string")'),
        ("received", 'PrimitiveType("timestamp")'),
        ("line", 'PrimitiveType("long")'),
    ]


def test_files_that_share_nothing_are_only_added(store: Store) -> None:
    for number in range(1, 6):
        ingest(store, drop(store, f"{number}.csv", HEADER + day(number)))
    assert live_files(store) == 5


def test_boxes_that_meet_without_a_common_reading_are_only_added(store: Store) -> None:
    ingest(store, drop(store, "odd.csv", HEADER + day(1) + day(3)))
    ingest(store, drop(store, "even.csv", HEADER + day(2)))
    assert (live_files(store), rows(store)) == (2, 72)


def test_a_common_reading_rewrites_only_the_file_that_holds_it(store: Store) -> None:
    for number in range(1, 4):
        ingest(store, drop(store, f"{number}.csv", HEADER + day(number), created=1.9e9 + number))
    before = set(ReadingsTable(store, "A").open().file_uris())  # type: ignore[union-attr]
    ingest(store, drop(store, "again.csv", HEADER + line("2026-01-02T05:00:00Z", "9"), created=1.95e9))
    after = set(ReadingsTable(store, "A").open().file_uris())  # type: ignore[union-attr]
    assert len(before - after) == 1
    assert len(after) == 3
    assert kwh(store)[34] == 9
    assert rows(store) == 72


def test_compaction_keeps_every_reading_and_sorts_them(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.energy.readings.table.COMPACT_AT", 10**6)
    points = [mpan(number) for number in range(7)]
    for number in range(1, 25):
        ingest(store, drop(store, f"{number}.csv", HEADER + b"".join(day(number, f"{number}", p) for p in points)))
    monkeypatch.setattr(rewrite, "ROWS_PER_SLICE", 1000)
    monkeypatch.setattr(rewrite, "ROWS_PER_FILE", 2000)
    before = {point: kwh(store, point=point) for point in points}
    table = ReadingsTable(store, "A")
    assert not table.compact(at=25)
    assert table.compact(at=24)
    assert {point: kwh(store, point=point) for point in points} == before
    assert rows(store) == 24 * 24 * 7
    assert 1 < live_files(store) <= 3
    opened = table.open()
    assert opened is not None
    for path in opened.file_uris():
        ordered = duckdb.sql(f"SELECT point, epoch_us(start) FROM '{path}'").fetchall()
        assert ordered == sorted(ordered)


def test_one_ingestion_of_sixteen_compacts_once_enough_small_files_are_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReadingsTable.compact, "__kwdefaults__", {"at": 8})
    counts = []
    for number in range(1, 19):
        ingest(store, drop(store, f"{number}.csv", HEADER + day(number)))
        counts.append(live_files(store))
    assert counts == [*range(1, 16), 1, 2, 3]  # the table's own first version has no file
    assert rows(store) == 18 * 24


@pytest.mark.parametrize(("meanwhile", "done"), [(9, True), (2, False)], ids=["added", "rewritten"])
def test_compaction_lets_through_what_is_added_and_is_given_up_for_what_is_rewritten(
    store: Store, monkeypatch: pytest.MonkeyPatch, meanwhile: int, done: bool
) -> None:
    for number in range(1, 4):
        ingest(store, drop(store, f"{number}.csv", HEADER + day(number)))
    original = ReadingsTable._rewrite

    def slow(self: ReadingsTable, *arguments: Any) -> Any:
        added = original(self, *arguments)
        with monkeypatch.context() as patch:
            patch.setattr(ReadingsTable, "_rewrite", original)
            content = HEADER + day(meanwhile, "7") + day(10)
            ingest(store, ObjectCreated(drop(store, "meanwhile.csv", content, created=1.95e9).key))
        return added

    with monkeypatch.context() as patch:
        patch.setattr(ReadingsTable, "_rewrite", slow)
        assert ReadingsTable(store, "A").compact(at=3) is done
    assert rows(store) == (5 if done else 4) * 24
    assert kwh(store).count(7) == 24
    assert live_files(store) == 2


def test_a_merge_that_was_done_is_recognised_in_the_table(store: Store, tmp_path: Path) -> None:
    ingest(store, drop(store, "a.csv", HEADER + line()))
    table = ReadingsTable(store, "A")
    opened = table.open()
    assert opened is not None
    staged = Path(opened.file_uris()[0])
    extent = measure(staged)
    change = Change(staged, "ingest/x", unique=True, extent=extent)
    merged = table.merge(change)
    assert table.merge(change) == merged
    assert rows(store) == 1


def test_an_extent_is_measured_and_meets_only_what_it_touches(store: Store) -> None:
    ingest(store, drop(store, "a.csv", HEADER + day(1)))
    opened = ReadingsTable(store, "A").open()
    assert opened is not None
    extent = measure(Path(opened.file_uris()[0]))
    assert extent is not None
    assert (extent.rows, extent.points, extent.versions) == (24, (MPAN, MPAN), (1, 1))
    later = (datetime(2027, 1, 1, tzinfo=UTC),) * 2
    assert extent.meets(extent)
    assert not extent.meets(replace(extent, starts=later))
    assert not extent.meets(replace(extent, channels=("export", "export")))
    assert not extent.crosses(extent)
    assert extent.crosses(replace(extent, minutes=(15, 15)))
    assert not extent.crosses(replace(extent, minutes=(15, 15), starts=later))


def test_an_account_without_a_table_has_no_points(store: Store) -> None:
    assert query.points(store, "A") == []
    assert not ReadingsTable(store, "A").compact()


def test_of_two_objects_of_one_key_and_second_the_one_ingested_now_wins(store: Store) -> None:
    ingest(store, drop(store, "a.csv", HEADER + line(kwh="1") + line("2026-01-01T00:30:00Z", "1"), created=1.9e9))
    ingest(store, drop(store, "a.csv", HEADER + line(kwh="25"), created=1.9e9))
    assert kwh(store)[0] == 25
