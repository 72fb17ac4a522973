"""The ingest function against a store: identity, disorder, crashes, and stores that fail."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.energy.ingest import handler, intake, source
from core.energy.ingest.handler import ingest
from core.energy.readings import query
from core.energy.readings.table import ReadingsTable
from core.kernel.documents import Documents
from core.kernel.errors import Code, TrefoilError
from core.kernel.events import ObjectCreated
from core.kernel.store import Store, open_store
from tests.core.energy.ingest.files import HEADER, MPAN, line


def drop(store: Store, name: str, content: bytes, *, created: float | None = None, account: str = "A") -> ObjectCreated:
    assert store.folder is not None
    path = store.folder / "incoming" / account / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if created is not None:
        os.utime(path, (created, created))
    return ObjectCreated(f"incoming/{account}/{name}")


def kwh(store: Store, account: str = "A", point: str = MPAN, **wanted: Any) -> list[Decimal]:
    table = query.readings(store, account, query.Series(point, **wanted), limit=10**6)
    return [] if table is None else table.column("value").to_pylist()


def rows(store: Store, account: str = "A") -> int:
    return sum(summary.rows for summary in query.points(store, account))


def test_the_same_object_delivered_twice_changes_nothing(store: Store) -> None:
    event = drop(store, "a.csv", HEADER + line())
    first = ingest(store, event)
    version = ReadingsTable(store, "A").open().version()  # type: ignore[union-attr]
    assert ingest(store, event) == first
    assert ReadingsTable(store, "A").open().version() == version  # type: ignore[union-attr]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_later_object_wins_in_whatever_order_they_arrive(store: Store, order: tuple[int, ...]) -> None:
    """Creation decides, then the key: c.csv is the oldest here, and of a.csv and b.csv, created together, b.csv wins."""
    events = [
        drop(store, "a.csv", HEADER + line(kwh="1"), created=1.9e9 + 2),
        drop(store, "b.csv", HEADER + line(kwh="2"), created=1.9e9 + 2),
        drop(store, "c.csv", HEADER + line(kwh="3") + line("2026-01-01T00:30:00Z", "4"), created=1.9e9 + 1),
    ]
    for number in order:
        ingest(store, events[number])
    assert kwh(store) == [2, 4]
    assert rows(store) == 2


def test_a_crash_after_the_commit_and_before_the_report(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    event = drop(store, "a.csv", HEADER + line() + line("2026-01-01T00:30:00Z"))
    with monkeypatch.context() as patch:
        patch.setattr(intake.Intake, "report", _die)
        with pytest.raises(KeyboardInterrupt):
            ingest(store, event)
    assert rows(store) == 2
    report = ingest(store, event)
    assert report is not None
    assert (report["accepted"], rows(store)) == (2, 2)


def _die(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


def test_a_replaced_object_is_gone_and_its_successor_is_ingested(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    event = drop(store, "a.csv", HEADER + line(kwh="1"))
    seen = handler.look_up(store, event.key, "A")
    assert seen is not None
    time.sleep(0.01)
    drop(store, "a.csv", HEADER + line(kwh="22"))
    with monkeypatch.context() as patch:
        patch.setattr(handler, "look_up", lambda *_: seen)
        assert ingest(store, event) is None
    ingest(store, event)
    assert kwh(store) == [22]


@pytest.mark.parametrize(
    "key",
    [
        "incoming/A/gone.csv",
        "other/A/a.csv",
        "incoming/a.csv",
        "incoming",
        "",
        "incoming/../A/a.csv",
        "incoming/bad account/a.csv",
        "incoming/A/",
    ],
)
def test_an_event_without_an_object_of_ours_is_passed_over(store: Store, key: str) -> None:
    drop(store, "a.csv", HEADER + line())
    assert ingest(store, ObjectCreated(key)) is None


@pytest.mark.parametrize("name", ["/a.csv", "./a.csv", "../a.csv", "x//a.csv", "a\x01.csv"])
def test_a_key_that_no_client_can_address_is_refused_once_with_a_report(store: Store, name: str) -> None:
    first = ingest(store, ObjectCreated(f"incoming/A/{name}"))
    assert first is not None
    assert (first["status"], first["rows"], first["key"]) == ("refused", 0, f"incoming/A/{name}")
    ingest(store, ObjectCreated(f"incoming/A/{name}"))
    assert list(Documents(store).values("ingestions/A")) == [first]


def test_a_folder_is_no_object(store: Store) -> None:
    assert store.folder is not None
    (store.folder / "incoming" / "A" / "folder.csv").mkdir(parents=True)
    assert ingest(store, ObjectCreated("incoming/A/folder.csv")) is None


@pytest.mark.skipif(
    os.geteuid() == 0, reason="root may write anywhere; the same case runs with a file in the way below"
)
def test_a_read_only_store_is_tried_again(store: Store) -> None:
    assert store.folder is not None
    event = drop(store, "a.csv", HEADER + line())
    store.folder.chmod(0o500)
    with pytest.raises(TrefoilError):
        ingest(store, event)
    store.folder.chmod(0o700)
    assert ingest(store, event) is not None


def test_a_store_that_cannot_be_written_is_tried_again_and_nothing_is_lost(store: Store) -> None:
    assert store.folder is not None
    event = drop(store, "a.csv", HEADER + line())
    (store.folder / "readings").write_text("a file where the tables' folder should be")
    with pytest.raises(TrefoilError) as caught:
        ingest(store, event)
    assert caught.value.code is Code.UNAVAILABLE
    (store.folder / "readings").unlink()
    ingest(store, event)
    assert rows(store) == 1


def test_rejects_by_the_hundred_thousand_keep_the_report_small(store: Store) -> None:
    import json

    bad = 100_000
    event = drop(store, "bad.csv", HEADER + line() + line(kwh="x") * bad)
    report = ingest(store, event)
    assert report is not None
    assert (report["rows"], report["accepted"], report["rejected"]) == (bad + 1, 1, bad)
    assert len(json.dumps(report)) < 5000
    assert store.folder is not None
    assert (store.folder / report["rejects_key"]).read_bytes().count(b"\n") == bad + 1


def test_a_gzip_bomb_is_refused_before_it_fills_anything(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr(source, "MAX_UNPACKED", 1_000_000)
    report = ingest(store, drop(store, "bomb.csv.gz", gzip.compress(HEADER + line() * 100_000)))
    assert report is not None
    assert report["status"] == "refused"
    assert rows(store) == 0


def _ingest_all(url: str, keys: list[str]) -> None:
    store = open_store(url)
    for key in keys:
        ingest(store, ObjectCreated(key))


def test_files_of_one_account_ingested_at_once_by_several_processes(store: Store) -> None:
    """Eight processes, five files each, of which every second one re-sends a reading that all of them have."""
    batches = []
    for worker in range(8):
        keys = []
        for number in range(5):
            shared = line("2026-02-01T00:00:00Z", str(worker * 5 + number)) if number % 2 else b""
            own = b"".join(
                line(f"2026-01-{worker + 1:02}T{number * 4 + n // 2:02}:{n % 2 * 30:02}:00Z") for n in range(4)
            )
            event = drop(store, f"{worker}-{number}.csv", HEADER + own + shared, created=1.9e9 + worker * 5 + number)
            keys.append(event.key)
        batches.append(keys)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_ingest_all, args=(store.url, keys)) for keys in batches]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 8
    assert rows(store) == 8 * 5 * 4 + 1
    assert kwh(store)[-1] == 7 * 5 + 3


def test_killed_at_any_instant_and_delivered_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL after ever longer delays, over the whole course of an ingestion that merges with what is there."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # where what the killed leave goes with the case
    ingest(store, drop(store, "before.csv", HEADER + b"".join(_day(day, "1") for day in range(1, 29))))
    killed = 0
    context = multiprocessing.get_context("fork")
    for number in range(12):
        event = drop(
            store, f"again-{number}.csv", HEADER + b"".join(_day(day, f"{number + 2}") for day in range(1, 29))
        )
        process = context.Process(target=ingest, args=(store, event))
        process.start()
        time.sleep(0.01 * number)
        if process.is_alive() and process.pid:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.join()
        report = ingest(store, event)
        assert report is not None
        assert report["accepted"] == 28 * 48
        assert kwh(store) == [number + 2] * (28 * 48)
        assert rows(store) == 28 * 48
    assert killed >= 3


def _day(day: int, value: str) -> bytes:
    return b"".join(line(f"2026-02-{day:02}T{n // 2:02}:{n % 2 * 30:02}:00Z", value) for n in range(48))


def test_no_temporary_file_is_left(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    ingest(store, drop(store, "a.csv", HEADER + line()))
    ingest(store, drop(store, "b.csv", HEADER + line(kwh="2")))
    ingest(store, drop(store, "c.csv", b"no header"))
    assert list(scratch.iterdir()) == []
