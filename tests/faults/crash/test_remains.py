"""What a killed server leaves behind does not stay: each case kills it at one place where something is unfinished."""

from __future__ import annotations

import socket
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
from tests.faults.crash.servers import Servers
from tests.faults.crash.work import USER, Clients, Ledger
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


def _new(servers: Servers, before: set[Path]) -> set[Path]:
    return {path for path in folders.files(servers.store) if path not in before and path.exists()}
