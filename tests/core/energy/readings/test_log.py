from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.energy.ingest.handler import ingest
from core.energy.readings import log as logs
from core.energy.readings import query, table
from core.energy.readings.engine import files_of
from core.energy.readings.log import Kept, Log, LogError, Snapshot, kept_by
from core.energy.readings.table import ReadingsTable
from core.kernel.errors import Code, TrefoilError
from core.kernel.events import ObjectCreated
from core.kernel.store import Store, erase, open_store
from tests.core.energy.ingest.files import HEADER, line, mpan
from tests.core.energy.ingest.test_handler import drop
from tests.requests import noted

PREFIX = "readings/A"


def newest(store: Store) -> Snapshot:
    found = Log(store, PREFIX).newest()
    assert found is not None
    return found


def taken_in(store: Store, count: int, first: int = 0) -> None:
    for number in range(first, first + count):
        content = HEADER + line(f"2026-01-{number % 28 + 1:02}T00:00:00Z", point=mpan(number // 28))
        ingest(store, drop(store, f"{number}.csv", content))


def delta_log(store: Store) -> Path:
    assert store.folder is not None
    return store.folder / PREFIX / "_delta_log"


def agrees_with_the_engine(store: Store) -> None:
    """What is kept in mind, what another process reads, and what the engine says, are one."""
    opened = ReadingsTable(store, "A").open()
    assert opened is not None
    for snapshot in (newest(store), newest(open_store(store.url))):
        assert snapshot.version == opened.version()
        assert sorted(snapshot.files.values(), key=lambda file: file.path) == sorted(
            files_of(opened), key=lambda file: file.path
        )
        assert all(opened.transaction_version(one) == at for one, at in snapshot.transactions.items())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["ingest", "again", "compact", "checkpoint", "tidy", "forget"]), max_size=8))
def test_what_is_read_of_a_log_is_what_the_engine_reads(steps: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        store = open_store(Path(name).as_uri())
        taken_in(store, 1)
        for number, step in enumerate(steps, 1):
            if step == "ingest":
                taken_in(store, 1, number)
            elif step == "again":  # the same readings, so that a file is rewritten
                ingest(store, drop(store, f"again-{number}.csv", HEADER + line("2026-01-01T00:00:00Z", str(number))))
            elif step == "compact":
                ReadingsTable(store, "A").compact(at=2)
            elif step == "checkpoint":
                Log(store, PREFIX).checkpoint()
            elif step == "tidy":
                ReadingsTable(store, "A").tidy()
            else:
                store.memory.clear()
            agrees_with_the_engine(store)


def test_a_version_that_another_process_writes_is_seen_by_the_next_question(store: Store) -> None:
    taken_in(store, 1)
    assert sum(point.rows for point in query.points(store, "A")) == 1
    other = multiprocessing.get_context("spawn").Process(target=_write, args=(store.url,))
    other.start()
    other.join()
    assert other.exitcode == 0
    assert sum(point.rows for point in query.points(store, "A")) == 30


def _write(url: str) -> None:
    taken_in(open_store(url), 29, 1)


def test_a_table_that_took_another_ones_place_is_not_taken_for_it(store: Store) -> None:
    taken_in(store, 3)
    assert len(newest(store).files) == 3
    erase(store, PREFIX)
    assert Log(store, PREFIX).newest() is None
    other = open_store(store.url)
    taken_in(other, 5, 10)  # beyond the version that is kept in mind
    kept_by(store).put(PREFIX, Snapshot(3, "another"))
    assert newest(store).version == 5


def test_without_a_pointer_to_a_checkpoint_the_log_is_read_all_the_same(store: Store) -> None:
    taken_in(store, 40)
    (delta_log(store) / "_last_checkpoint").unlink()
    agrees_with_the_engine(store)
    for number in range(10):  # as a clean-up leaves it
        (delta_log(store) / f"{number:020}.json").unlink()
    agrees_with_the_engine(store)
    assert (delta_log(store) / "_last_checkpoint").exists()


def test_a_pointer_to_a_checkpoint_that_is_gone_or_in_parts_is_written_anew(store: Store) -> None:
    taken_in(store, 20)
    pointer = delta_log(store) / "_last_checkpoint"
    said = json.loads(pointer.read_text())
    for number, other in enumerate(({**said, "version": 3}, {**said, "parts": 2}), 21):
        taken_in(store, 1, number)
        pointer.write_text(json.dumps(other))
        agrees_with_the_engine(store)
        assert json.loads(pointer.read_text())["version"] == number


def test_a_log_of_another_protocol_is_refused(store: Store) -> None:
    taken_in(store, 1)
    protocol = {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"]}}
    Log(store, PREFIX).append(newest(store), [{"commitInfo": {}}])
    (delta_log(store) / f"{3:020}.json").write_text(json.dumps(protocol))
    with pytest.raises(LogError, match="asks for reader version 3 and writer version 7"):
        newest(store)


def test_a_line_that_is_no_action_is_refused(store: Store) -> None:
    taken_in(store, 1)
    (delta_log(store) / f"{2:020}.json").write_text('{"add": {"path": 7}}\n')
    with pytest.raises(LogError, match=r"00002\.json is not understood"):
        newest(store)


def test_of_two_writers_of_a_version_one_succeeds(store: Store) -> None:
    taken_in(store, 1)
    snapshot, log = newest(store), Log(store, PREFIX)
    assert log.append(snapshot, [{"commitInfo": {}}]) is not None
    assert log.append(snapshot, [{"commitInfo": {}}]) is None


def test_a_checkpoint_leaves_out_what_was_ingested_long_ago(store: Store) -> None:
    taken_in(store, 2)
    path = delta_log(store) / f"{1:020}.json"
    lines = [json.loads(one) for one in path.read_text().splitlines()]
    for one in lines:
        if "txn" in one:
            one["txn"]["lastUpdated"] -= 31 * 24 * 3600 * 1000
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    Log(store, PREFIX).checkpoint()
    assert len(newest(open_store(store.url)).transactions) == 1


def test_a_table_made_without_that_age_is_given_it_by_the_upkeep(store: Store) -> None:
    config = {"delta.checkpointInterval": "20"}
    DeltaTable.create(store.table_uri(PREFIX), table.TABLE, configuration=config)
    taken_in(store, 1)
    ReadingsTable(store, "A").tidy()
    opened = ReadingsTable(store, "A").open()
    assert opened is not None
    assert opened.metadata().configuration == table.CONFIGURATION
    agrees_with_the_engine(store)


def test_what_is_kept_in_mind_is_bounded_in_number_and_in_size(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    for number in range(logs.TABLES + 1):
        kept.put(str(number), Snapshot(number, ""))
        assert kept.get("0" if number < logs.TABLES else "1") is not (None if number < logs.TABLES else kept)
    assert kept.get("1") is None  # the one used longest ago; "0" was asked for since
    assert kept.get("0") is not None
    monkeypatch.setattr(logs, "ENTRIES", 5)
    kept.put("large", Snapshot(1, "", transactions=dict.fromkeys("abcd", 1)))
    kept.put("larger", Snapshot(1, "", transactions=dict.fromkeys("abcdefgh", 1)))
    assert kept.get("large") is None
    assert kept.get("larger") is not None


def test_an_ingestion_asks_the_store_as_often_at_any_number_of_commits(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_in(store, 1)
    counts = {}
    for number in range(1, 40):
        event = drop(store, f"{number}.csv", HEADER + line("2026-02-01T00:00:00Z", point=mpan(number)))
        with monkeypatch.context() as patch:
            asked = noted(patch)
            ingest(store, ObjectCreated(event.key))
        counts[number] = len(asked)
    ordinary = {count for number, count in counts.items() if (number + 1) % table.UPKEEP_EVERY}
    assert ordinary == {12}


DAY = 24 * 3600


def aged(store: Store, days: int, *, upto: int) -> None:
    """Let the entries and checkpoints up to a version be so many days old."""
    for path in delta_log(store).iterdir():
        if path.name[:20].isdigit() and int(path.name[:20]) <= upto:
            os.utime(path, (time.time() - days * DAY,) * 2)


def test_a_version_that_was_the_newest_within_a_week_stays_readable(store: Store) -> None:
    taken_in(store, 20)
    aged(store, 40, upto=20)  # the newest version for 40 days, until now
    taken_in(store, 1, 20)
    ReadingsTable(store, "A").tidy()
    agrees_with_the_engine(store)
    series = query.Series(mpan(0))
    table = query.readings(store, "A", series, limit=100, table=20)
    assert table is not None
    assert table.num_rows == 20
    kept = sorted(path.name for path in delta_log(store).glob("*.json"))
    assert kept == [f"{version:020}.json" for version in (20, 21)]
    assert json.loads((delta_log(store) / "_last_checkpoint").read_text())["version"] == 21


def test_a_version_that_is_kept_no_longer_is_not_taken_for_an_empty_table(store: Store) -> None:
    taken_in(store, 20)
    aged(store, 40, upto=21)
    ReadingsTable(store, "A").tidy()
    with pytest.raises(TrefoilError, match=r"version 3 of readings/A is kept no longer") as caught:
        query.readings(store, "A", query.Series(mpan(0)), limit=100, table=3)
    assert caught.value.code is Code.UNAVAILABLE


def test_the_pointer_is_not_left_behind_by_a_clean_up(store: Store) -> None:
    taken_in(store, 20)
    Log(store, PREFIX).checkpoint()  # of the newest, so that the engine writes none later
    aged(store, 40, upto=10)
    ReadingsTable(store, "A").tidy()
    assert json.loads((delta_log(store) / "_last_checkpoint").read_text())["version"] == 20
    agrees_with_the_engine(store)


def test_what_was_kept_in_mind_for_a_day_is_read_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clean-up may have removed the entry behind it, whose absence would say that it is the newest."""
    taken_in(store, 3)
    held = newest(store)
    taken_in(open_store(store.url), 20, 3)
    for version in range(4, 17):
        (delta_log(store) / f"{version:020}.json").unlink()
    assert newest(store) == held  # as a clean-up within a month never leaves it
    later = time.time() + logs.LIFE + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert newest(store).version == 23


def test_entries_of_two_tables_are_not_mixed(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is replaced between the answers to two requests that were made at once."""
    taken_in(store, 1)
    newest(store)
    other = open_store((tmp_path / "other").as_uri())
    taken_in(other, 5, 10)
    fetch = logs.fetch
    asked = 0

    def fetching(store: Store, paths: Sequence[str]) -> Any:
        nonlocal asked
        asked += 1
        if asked > 1:
            return fetch(other, paths)
        first, second = paths
        return [*fetch(store, [first]), *fetch(other, [second])]

    monkeypatch.setattr(logs, "fetch", fetching)
    assert newest(store) == newest(other)


@pytest.mark.parametrize("files", [1, 3])
def test_a_file_that_is_gone_is_not_left_out_of_an_answer(store: Store, files: int) -> None:
    taken_in(store, files)
    lost = next(iter(newest(store).files))
    assert store.folder is not None
    (store.folder / PREFIX / lost).unlink()
    with pytest.raises(TrefoilError, match="did not serve") as caught:
        query.points(store, "A")
    assert caught.value.code is Code.UNAVAILABLE
