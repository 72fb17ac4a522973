"""The local server as a process: killed, restarted, doubled, and fed with what it can't digest."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from adapters.local.object_trigger import LOOK_EVERY, ObjectTrigger
from adapters.local.server import listen
from core.energy.readings import query
from core.kernel.dead_letters import DeadLetters
from core.kernel.documents import Documents
from core.kernel.events import GivenUp
from core.kernel.services import Services
from core.kernel.store import Store, open_store
from tests.beds.deployment import Deployment
from tests.conftest import StoppedClock
from tests.contract.providers.local import LocalHarness
from tools.waiting import eventually

COMPANY = Deployment("core.energy")

ROW = "1012345678903,2026-01-{day:02}T{hour:02}:{minute:02}:00Z,1,0.5\n"


def file(day: int) -> bytes:
    return (
        "point,start,version,kwh\n" + "".join(ROW.format(day=day, hour=n // 2, minute=n % 2 * 30) for n in range(24))
    ).encode()


def rows(folder: Path) -> int:
    return sum(point.rows for point in query.points(open_store((folder / "store").as_uri()), "A"))


def reports(folder: Path) -> int:
    return len(Documents(open_store((folder / "store").as_uri())).list("ingestions/A"))


def await_reports(folder: Path, count: int) -> None:
    eventually(f"report {count}", lambda: reports(folder) == count)


def drop(folder: Path, name: str, content: bytes) -> None:
    path = folder / "store" / "incoming" / "A" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_a_file_dropped_while_the_server_is_down_is_ingested_when_it_is_up(tmp_path: Path) -> None:
    drop(tmp_path, "a.csv", file(1))
    with closing(LocalHarness(tmp_path, COMPANY)):
        await_reports(tmp_path, 1)
    assert rows(tmp_path) == 24


def test_killed_again_and_again_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    for day in range(1, 21):
        drop(tmp_path, f"{day}.csv", file(day))
    for round_ in range(6):
        server = LocalHarness(tmp_path, COMPANY)
        time.sleep(0.7 + 0.15 * round_)
        server.kill()
    with closing(LocalHarness(tmp_path, COMPANY)):
        await_reports(tmp_path, 20)
    assert rows(tmp_path) == 20 * 24


def test_a_killed_server_s_temporary_files_go_when_the_next_one_starts(tmp_path: Path) -> None:
    held = tmp_path / "store" / ".scratch"
    with closing(LocalHarness(tmp_path, COMPANY)) as killed:
        (left,) = (path for path in held.iterdir() if path.is_dir())
        (left / "staged.parquet").write_text("left")
        killed.kill()
    with closing(LocalHarness(tmp_path, COMPANY)), closing(LocalHarness(tmp_path, COMPANY)):
        assert not left.exists()
        assert len(list(held.glob("*.lock"))) == 2, "what a running server holds is left to it"
    assert list(held.iterdir()) == []


def test_two_servers_on_one_store(tmp_path: Path) -> None:
    with closing(LocalHarness(tmp_path, COMPANY)), closing(LocalHarness(tmp_path, COMPANY)):
        for day in range(1, 11):
            drop(tmp_path, f"{day}.csv", file(day))
        await_reports(tmp_path, 10)
        time.sleep(1)
    assert (rows(tmp_path), reports(tmp_path)) == (240, 10)


def test_what_the_server_writes_is_its_owner_s_alone(tmp_path: Path) -> None:
    """Documents, a table, a report, a queue, a key, and their folders."""
    folder = tmp_path / "made"
    folder.mkdir()
    with closing(LocalHarness(folder, COMPANY)) as server:
        server.drop("incoming/A/a.csv", file(1))
        await_reports(folder, 1)
        server.send("jobs", b'{"job":"maintain","account":"A"}')
        # The test itself made the folder, the log and what it dropped.
        ours = (folder / "store", folder / "server.log", *(folder / "store").glob("incoming/**/*"))
        written = {path for path in folder.rglob("*") if path not in (*ours, folder / "store" / "incoming")}
    kinds = {path.suffix for path in written}
    assert {".json", ".parquet", ".sqlite3", ".pem"} <= kinds
    for path in written:
        assert not path.exists() or path.stat().st_mode & 0o077 == 0, path


def test_what_is_no_http_is_logged_as_json(tmp_path: Path) -> None:
    with closing(LocalHarness(tmp_path, COMPANY)) as server:
        where = urlsplit(server.base_url)
        with socket.create_connection((where.hostname, where.port)) as connection:  # type: ignore[arg-type]
            connection.sendall(b"no HTTP at all\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400")
        (line,) = eventually("the line", lambda: [one for one in server.logs() if one["logger"] == "uvicorn.error"])
    assert (line["level"], line["message"]) == ("WARNING", "Invalid HTTP request received.")


def test_an_answer_waits_for_no_acknowledgement() -> None:
    """What asyncio accepts from the listener sends each packet as it comes: an answer has two, its head and its body."""

    async def accepted() -> int:
        sockets: asyncio.Queue[Any] = asyncio.Queue()
        server = await asyncio.start_server(lambda _, writer: sockets.put_nowait(writer), sock=listen("127.0.0.1", 0))
        _, client = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer = await sockets.get()
        set_to = int(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        client.close()
        server.close()
        return set_to

    assert asyncio.run(accepted()) == 1


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "adapters.local", "--folder", str(tmp_path), "serve", "--port", str(port)]
        result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr == f"trefoil: port {port} is in use by another process; choose another with --port\n"


def test_files_with_odd_names_do_not_keep_others_waiting(tmp_path: Path) -> None:
    for name in ("new\nline.csv", "hash.csv#1", "bad\udcff.csv", "blank and ü.csv"):
        drop(tmp_path, name, file(1))
    with closing(LocalHarness(tmp_path, COMPANY)) as server:
        drop(tmp_path, "good.csv", file(2))
        await_reports(tmp_path, 2)
        time.sleep(2 * LOOK_EVERY)  # it looks again, and complains no more
        complaints = [line["key"] for line in server.logs() if "rename it" in str(line["message"])]
    assert len(complaints) == 3
    assert rows(tmp_path) == 48


class Stopwatch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def letters(store: Store, clock: StoppedClock) -> DeadLetters:
    return DeadLetters(Documents(store), clock)


@pytest.fixture
def trigger(services: Services, letters: DeadLetters, stopwatch: Stopwatch) -> ObjectTrigger:
    return ObjectTrigger(services, services.functions.named("ingest"), letters, stopwatch)


def look(trigger: ObjectTrigger) -> None:
    trigger.look()
    for future in list(trigger._running.values()):
        future.result()


def poison(store: Store) -> Path:
    """A store in which ingestion fails, because a file lies where the tables' folder should be."""
    assert store.folder is not None
    drop(store.folder.parent, "a.csv", file(1))
    blocked = store.folder / "readings"
    blocked.write_text("in the way")
    return blocked


def test_five_attempts_with_growing_delay_and_then_a_dead_letter(
    trigger: ObjectTrigger, letters: DeadLetters, store: Store, stopwatch: Stopwatch
) -> None:
    blocked = poison(store)
    look(trigger)
    for delay in (1, 2, 4, 8):
        look(trigger)
        stopwatch.now += delay - 0.01
        look(trigger)
        assert letters.every() == []
        stopwatch.now += 0.01
    look(trigger)
    (letter,) = letters.every()
    assert (letter["function"], letter["attempts"], letter["event"]["key"]) == ("ingest", 5, "incoming/A/a.csv")
    assert "OSError" in letter["error"]
    blocked.unlink()
    stopwatch.now += 1000
    look(trigger)
    assert query.points(store, "A") == []
    letters.remove(letter["id"])
    look(trigger)
    assert query.points(store, "A")[0].rows == 24


def test_a_corrected_file_does_not_wait_for_the_dead_letter_of_the_old_one(
    trigger: ObjectTrigger, letters: DeadLetters, store: Store, stopwatch: Stopwatch
) -> None:
    blocked = poison(store)
    for _ in range(7):
        look(trigger)
        stopwatch.now += 10
    assert len(letters.every()) == 1
    blocked.unlink()
    assert store.folder is not None
    drop(store.folder.parent, "a.csv", file(2) + b"\n")
    look(trigger)
    look(trigger)
    assert query.points(store, "A")[0].rows == 24


def test_dead_letters_are_kept_for_14_days(letters: DeadLetters, clock: StoppedClock, store: Store) -> None:
    letters.bury(GivenUp("ingest", {"key": "k", "revision": "r"}, 5, "why"))
    clock.advance(days=14)
    assert len(letters.every()) == 1
    clock.advance(seconds=1)
    assert letters.every() == []
    letters.bury(GivenUp("ingest", {"key": "k", "revision": "r"}, 5, "why"))
    clock.advance(days=14, seconds=1)
    assert (letters.expire(), letters.expire()) == (1, 0)
    assert Documents(store).list("dead-letters") == []


def test_what_is_no_dead_letter_is_passed_over(letters: DeadLetters, store: Store) -> None:
    letters.bury(GivenUp("ingest", {"key": "k", "revision": "r"}, 5, "why"))
    assert store.folder is not None
    (store.folder / "dead-letters" / "broken.json").write_text("")
    (store.folder / "dead-letters" / "other.json").write_text("[]")
    assert letters.revisions() == {("k", "r")}


def test_a_dropped_file_is_taken_at_the_second_look(trigger: ObjectTrigger, store: Store) -> None:
    assert store.folder is not None
    drop(store.folder.parent, "a.csv", file(1))
    look(trigger)
    assert query.points(store, "A") == []
    look(trigger)
    assert query.points(store, "A")[0].rows == 24


def test_a_file_that_is_still_growing_waits(trigger: ObjectTrigger, store: Store) -> None:
    assert store.folder is not None
    for size in (30, 60, 90):
        drop(store.folder.parent, "a.csv", file(1)[:size])
        look(trigger)
    assert query.points(store, "A") == []
    drop(store.folder.parent, "a.csv", file(1))
    look(trigger)
    look(trigger)
    assert query.points(store, "A")[0].rows == 24
