"""Every job, killed at every line of its code and then delivered again, has the effect of one delivery."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core import accounts, exports, forecasts
from core.clock import system_clock
from core.documents import Documents
from core.readings import query
from core.store import Store, listing, open_store
from demo.weather import WeatherStandIn
from tests.adapters.test_local_server import drop, file

ACCOUNT = "A"
Case = tuple[Callable[[Store], bytes], Callable[[Store], object]]


@pytest.fixture(scope="module")
def source() -> Iterator[WeatherStandIn]:
    source = WeatherStandIn()
    yield source
    source.close()


def deliver(folder: Path, message: bytes, source: str, *more: str) -> subprocess.CompletedProcess[str]:
    """A process that does the job; with `kill FILE:LINE` it dies there, with `lines` it prints where it was."""
    command = [sys.executable, "-m", "tests.core.jobs.crash", str(folder), message.decode(), source, *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def filled(folder: Path) -> Store:
    """A store whose account has ten files' readings, settings, a trade and a grant."""
    from core.auth import access
    from core.auth.access import Action
    from core.events import ObjectCreated
    from core.ingest.handler import ingest

    store = open_store((folder / "store").as_uri())
    documents = Documents(store)
    for day in range(1, 11):
        drop(folder, f"{day}.csv", file(day))
        ingest(store, ObjectCreated(f"incoming/{ACCOUNT}/{day}.csv"))
    documents.put(f"settings/{ACCOUNT}.json", {})
    documents.put(f"trades/{ACCOUNT}/1.json", {})
    access.grant(documents, "podge", Action.READ, ACCOUNT)
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
    prefixes = (*accounts.OWNED, "settings", "accounts")
    held = [meta["path"] for prefix in prefixes for meta in listing(store, prefix)]
    return held, list(Documents(store).values("grants"))


def ask_upkeep(store: Store) -> bytes:
    return json.dumps({"job": "maintain", "account": ACCOUNT}).encode()


def readings(store: Store) -> object:
    (point,) = query.points(store, ACCOUNT)
    rows = query.readings(store, ACCOUNT, point=point.point, begin=None, end=None, limit=1000)
    assert rows is not None
    return point.rows, rows.column("kwh").to_pylist()


def ask_forecast(store: Store) -> bytes:
    return b'{"job":"forecast","date":"2026-01-02"}'


def fetched(store: Store) -> object:
    documents = Documents(store)
    found = {name: forecasts.newest(documents, name) for name in ("london", "leeds")}
    states = {name: state["status"] for name, state in forecasts.run(documents, "2026-01-02").items()}
    return states, {name: one and (one["date"], len(one["hourly"]["time"])) for name, one in found.items()}


CASES: dict[str, Case] = {
    "export": (ask_export, exported),
    "delete-account": (ask_deletion, left),
    "maintain": (ask_upkeep, readings),
    "forecast": (ask_forecast, fetched),
}


@pytest.mark.parametrize("job", CASES)
def test_killed_at_any_line_and_delivered_again_it_has_the_effect_of_one(
    tmp_path: Path, source: WeatherStandIn, job: str
) -> None:
    ask, effect = CASES[job]
    message = ask(filled(tmp_path / "before"))

    def fresh(name: str) -> tuple[Path, Store]:
        folder = tmp_path / name
        shutil.copytree(tmp_path / "before", folder)
        return folder, open_store((folder / "store").as_uri())

    folder, store = fresh("whole")
    done = deliver(folder, message, source.url, "lines")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    wanted = effect(store)
    assert len(lines) >= 10

    def crash(number: int) -> tuple[str, Any]:
        folder, store = fresh(str(number))
        killed = deliver(folder, message, source.url, "kill", lines[number])
        assert killed.returncode == -signal.SIGKILL, f"{lines[number]}: {killed.stderr}"
        again = deliver(folder, message, source.url)
        assert again.returncode == 0, again.stderr
        return lines[number], effect(store)

    with ThreadPoolExecutor(2) as pool:
        for line, found in pool.map(crash, range(len(lines))):
            assert found == wanted, f"killed at {line}"
