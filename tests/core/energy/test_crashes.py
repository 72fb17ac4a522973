"""Every job, killed at every line of its code and then delivered again, has the effect of one delivery."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec
import pytest

from core.energy.accounts import accounts
from core.energy.exports import documents as exports
from core.energy.forecasts import documents as forecasts
from core.energy.functions import FUNCTIONS
from core.energy.readings import query
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.store import Store, listing, open_store
from demo.weather import WeatherStandIn
from tests.adapters.test_local_server import drop, file
from tests.beds.processes import begin, end
from tests.core.energy.crash import Delivery, Outcome

ACCOUNT = "A"
AT_ONCE = 2
Case = tuple[Callable[[Store], bytes], Callable[[Store], object]]


@pytest.fixture(scope="module")
def source() -> Iterator[WeatherStandIn]:
    with closing(WeatherStandIn()) as source:
        yield source


class Warm:
    """A process whose children do jobs, one at a time; see `crash`."""

    def __init__(self) -> None:
        # Not measured: coverage would trace the lines that this traces itself.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        command = [sys.executable, "-m", "tests.core.energy.crash"]
        pipe = subprocess.PIPE
        self._process = begin(command, stdin=pipe, stdout=pipe, text=True, bufsize=1, env=environment)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout

    def deliver(self, delivery: Delivery) -> Outcome:
        self._in.write(msgspec.json.encode(delivery).decode() + "\n")
        return msgspec.json.decode(self._out.readline(), type=Outcome)

    def close(self) -> None:
        with self._in, self._out:
            end(self._process)


@pytest.fixture(scope="module")
def processes() -> Iterator[SimpleQueue[Warm]]:
    """Two, to be taken and put back."""
    with ExitStack() as started:
        free: SimpleQueue[Warm] = SimpleQueue()
        for _ in range(AT_ONCE):
            free.put(started.enter_context(closing(Warm())))
        yield free


def filled(folder: Path) -> Store:
    """A store whose account has ten files' readings, settings, a trade and a grant."""
    from core.energy.ingest.handler import ingest
    from core.kernel.auth import access
    from core.kernel.events import ObjectCreated

    store = open_store((folder / "store").as_uri())
    documents = Documents(store)
    for day in range(1, 11):
        drop(folder, f"{day}.csv", file(day))
        ingest(store, ObjectCreated(f"incoming/{ACCOUNT}/{day}.csv"))
    documents.put(f"settings/{ACCOUNT}.json", {})
    documents.put(f"trades/{ACCOUNT}/1.json", {})
    access.grant(documents, "podge", "read", ACCOUNT)
    return store


def ask_export(store: Store) -> bytes:
    export = exports.create(Documents(store), system_clock, ACCOUNT, form="csv", begin=None, end=None)
    return json.dumps({"job": "export", "account": ACCOUNT, "id": export["id"]}).encode()


def exported(store: Store) -> object:
    """The documents' states, and the content of the file that each names."""
    assert store.folder is not None
    found = list(Documents(store).values(f"exports/{ACCOUNT}"))
    return [(one["status"], one["rows"], (store.folder / one["key"]).read_text()) for one in found]


def ask_deletion(store: Store) -> bytes:
    identity = accounts.identity(Documents(store), ACCOUNT)
    return json.dumps({"job": "delete-account", "account": ACCOUNT, "identity": identity}).encode()


def left(store: Store) -> object:
    prefixes = (*(place.partition("/")[0] for place in FUNCTIONS.owned), "accounts")
    held = [meta["path"] for prefix in prefixes for meta in listing(store, prefix)]
    return held, list(Documents(store).values("grants"))


def ask_upkeep(store: Store) -> bytes:
    return json.dumps({"job": "maintain", "account": ACCOUNT}).encode()


def readings(store: Store) -> object:
    (point,) = query.points(store, ACCOUNT)
    rows = query.readings(store, ACCOUNT, query.Series(point.point), limit=1000)
    assert rows is not None
    return point.rows, rows.column("value").to_pylist()


def ask_forecast(store: Store) -> bytes:
    return b'{"job":"forecast","date":"2026-01-02"}'


def fetched(store: Store) -> object:
    documents = Documents(store)
    found = {name: forecasts.newest(documents, name) for name in ("london", "leeds")}
    states = {name: state["status"] for name, state in forecasts.run(documents, "2026-01-02").items()}
    return states, {name: one and (one["date"], len(one["hourly"]["time"])) for name, one in found.items()}


def ask_alert(store: Store) -> bytes:
    Documents(store).put(f"settings/{ACCOUNT}.json", {"email": "ada@example.com", "alert_kwh_per_day": 11.5})
    return json.dumps({"job": "alert", "account": ACCOUNT, "at": "2026-01-11T07:00:00Z"}).encode()


def told(store: Store) -> object:
    """What is noted, but when; and the mails, of which a crash may have sent one twice."""
    assert store.folder is not None
    mails = [path.read_text().partition("Message-ID: ")[2] for path in (store.folder.parent / "mail").glob("*.eml")]
    noted = [{**one, "at": ""} for one in Documents(store).values(f"alerts/{ACCOUNT}")]
    return noted, set(mails)


CASES: dict[str, Case] = {
    "export": (ask_export, exported),
    "delete-account": (ask_deletion, left),
    "maintain": (ask_upkeep, readings),
    "forecast": (ask_forecast, fetched),
    "alert": (ask_alert, told),
}


@pytest.mark.parametrize("job", CASES)
def test_killed_at_any_line_and_delivered_again_it_has_the_effect_of_one(
    tmp_path: Path, source: WeatherStandIn, processes: SimpleQueue[Warm], job: str
) -> None:
    ask, effect = CASES[job]
    message = ask(filled(tmp_path / "before")).decode()

    def fresh(name: str) -> tuple[Path, Store]:
        folder = tmp_path / name
        shutil.copytree(tmp_path / "before", folder)
        return folder, open_store((folder / "store").as_uri())

    def deliver(folder: Path, **options: Any) -> Outcome:
        process = processes.get()
        try:
            return process.deliver(Delivery(str(folder), message, source.url, **options))
        finally:
            processes.put(process)

    folder, store = fresh("whole")
    done = deliver(folder, trace=True)
    assert done.status == 0, done.error
    lines = done.lines
    wanted = effect(store)
    assert len(lines) >= 10

    def crash(number: int) -> tuple[str, Any]:
        folder, store = fresh(str(number))
        killed = deliver(folder, kill=lines[number])
        assert killed.status == -signal.SIGKILL, f"{lines[number]}: {killed.error}"
        again = deliver(folder)
        assert again.status == 0, again.error
        found = effect(store)
        shutil.rmtree(folder)
        return lines[number], found

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for line, found in pool.map(crash, range(len(lines))):
            assert found == wanted, f"killed at {line}"
