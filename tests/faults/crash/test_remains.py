"""What a killed server leaves behind does not stay: each case kills it at one place where something is unfinished."""

from __future__ import annotations

import random
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.kernel.auth import access, users
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.store import open_store
from tests.contract.system import PASSWORD
from tests.faults.crash import folders
from tests.faults.crash.servers import Servers, kill_process
from tests.faults.crash.work import USER, Clients, Ledger, write
from tests.figures import Tell
from tools.waiting import eventually


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    servers = Servers(tmp_path, {})
    with ExitStack() as stack:
        stack.callback(servers.kill_all)
        yield servers


@pytest.fixture
def clients(servers: Servers) -> Iterator[Clients]:
    """Of a server that runs, with a user who may send files to any account."""
    documents = Documents(open_store(servers.store.as_uri()))
    users.save(documents, system_clock, USER, PASSWORD)
    access.grant(documents, USER, "upload", "*")
    servers.begin("one")
    servers.ready()
    with closing(Clients(servers, Ledger())) as clients:
        clients.log_in()
        yield clients


def test_an_upload_that_was_under_way_when_the_server_died_leaves_no_file(clients: Clients) -> None:
    servers = clients.servers
    asked = {"name": "half.csv", "bytes": 2_000_000}
    signed = clients.until("POST", "/api/accounts/Ash/uploads", [200], json=asked).json()
    url = urlsplit(signed["url"])
    before = set(folders.files(servers.store))
    served = urlsplit(servers.url())
    with socket.create_connection((served.hostname, served.port)) as connection:
        lines = [f"PUT {url.path}?{url.query} HTTP/1.1", "Host: here", "Content-Length: 2000000"]
        lines += [f"{name}: {value}" for name, value in signed["headers"].items()]
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + bytes(1_500_000))
        eventually("half of a file", lambda: any(path.stat().st_size for path in _new(servers, before)))
        servers.kill("one")
    assert _new(servers, before)
    servers.begin("one")
    servers.ready()
    assert [path for path in _new(servers, before) if path.suffix != ".lock"] == []


def test_a_command_that_was_killed_in_an_ingestion_leaves_no_temporary_file(servers: Servers) -> None:
    lines = (f"1012345678903,2026-01-01T00:00:00Z,1,0.{number}" for number in range(300_000))
    write(servers.store, "incoming/Ash/long.csv", "\n".join(["point,start,version,kwh", *lines, ""]).encode())
    command = servers.process("invoke", "ingest", "--event", "-", given='{"key": "incoming/Ash/long.csv"}')
    try:
        eventually("a temporary file", lambda: [path for path in _temporary(servers) if path.suffix != ".lock"])
    finally:
        kill_process(command)
    assert _temporary(servers)
    assert servers.command("invoke", "maintain", "--event", "-", given="{}") == 0
    assert _temporary(servers) == []


def test_a_server_that_was_killed_while_it_made_its_first_key_leaves_no_other_key(servers: Servers) -> None:
    for _ in range(2):
        servers.begin("one")
        eventually("a key that is being made", lambda: sorted(servers.data.glob("*key*")), every=0.001)
        servers.kill("one")
    servers.begin("one")
    servers.ready()
    assert {path.name for path in servers.data.iterdir()} <= set(folders.BESIDE)


def test_a_server_that_was_killed_at_any_instant_of_its_first_start_starts_again(
    servers: Servers, pytestconfig: pytest.Config, figure: Tell
) -> None:
    kills = 60 if pytestconfig.getoption("--long") else 3
    drawn = random.Random()
    for number in range(kills):
        if number % 3 == 0:
            shutil.rmtree(servers.data, ignore_errors=True)
        servers.begin("one")
        time.sleep(drawn.uniform(0, 1.2))
        servers.kill("one")
    servers.begin("one")
    servers.ready()
    assert servers.command("users", "set", "podge", "--password-stdin", given=f"{PASSWORD}\n") == 0
    with closing(Clients(servers, Ledger())) as clients:
        reply = clients.until("POST", "/api/login", [200], json={"user": "podge", "password": PASSWORD})
        assert reply.json()["token_type"] == "Bearer"
    figure(f"{kills} servers killed within their first start")


def _temporary(servers: Servers) -> list[Path]:
    return [*folders.files(servers.scratch), *folders.files(servers.store / ".scratch")]


def _new(servers: Servers, before: set[Path]) -> set[Path]:
    return {path for path in folders.files(servers.store) if path not in before and path.exists()}
