"""The local server's connections: those that say nothing, and those that don't read, keep nobody else out."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bench.arrivals import Ask, at_once
from core.kernel.store import open_store
from tests import asking
from tests.beds.processes import begin, end
from tests.contract.system import Harness, System
from tests.faults.load import crowd, files
from tests.faults.load.capacity import Capacity
from tests.figures import Tell
from tools.waiting import PATIENCE, eventually

OPEN_FILES = 256
"""That the server of these cases may have open at once."""
SILENT = 2 * OPEN_FILES
UNREAD = 16
"""Clients that ask and read no answer."""


@pytest.fixture
def served(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The URL and the folder of a server that may open few files."""
    if pytestconfig.getoption("--provider") != "local":
        pytest.skip("connections are the platform's on the clouds")
    command = [sys.executable, "-m", "adapters.local", "--folder", str(tmp_path), "serve", "--port", "0"]
    few = ["sh", "-c", f'ulimit -n {OPEN_FILES}; exec "$@"', "few", *command]
    with (tmp_path / "server.log").open("w") as log:
        process = begin(few, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, (tmp_path / "server.log").read_text()
        yield found[0], tmp_path
    finally:
        end(process)
        process.stdout.close()


def connected(url: str, *, reads: int = 65536) -> socket.socket:
    """A connection, of whose answer the system takes no more than `reads` bytes before they are read."""
    where = urlsplit(url)
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, reads)
    found.settimeout(PATIENCE)
    found.connect((where.hostname, where.port))
    return found


def all_answered(harness: Harness, stated: Capacity) -> bool:
    return all(one.right for one in at_once(crowd.client(harness), crowd.hello(harness, stated.at_once)))


def test_connections_that_say_nothing_keep_nobody_out_and_files_are_ingested(
    served: tuple[str, Path], figure: Tell
) -> None:
    url, folder = served
    store, (file,) = open_store((folder / "store").as_uri()), files.made("A", 1)
    with ExitStack() as opened:
        for _ in range(SILENT):
            opened.enter_context(connected(url))
        answered = [asking.request("GET", f"{url}/api/hello").status_code for _ in range(10)]
        assert set(answered) == {200}
        path = folder / "store" / file.key
        path.parent.mkdir(parents=True)
        path.write_bytes(file.content)
        files.await_reports(store, [file])
    files.assert_each_ingested_once(store, "A", [file])
    lines = (folder / "server.log").read_text().splitlines()
    assert not [one for one in lines if "out of system resource" in one][:1]
    figure(
        f"{SILENT} silent connections to a server that may open {OPEN_FILES} files: others answered, a file ingested"
    )


def test_a_connection_that_is_used_is_not_closed_for_silent_ones(served: tuple[str, Path]) -> None:
    url, _ = served
    with ExitStack() as opened, closing(HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)) as used:
        used.connect()
        first = used.sock
        for _ in range(SILENT):
            opened.enter_context(connected(url))
            used.request("GET", "/api/hello")
            assert used.getresponse().read()
            assert used.sock is first, "it was closed, and opened anew"


def test_clients_that_read_no_answer_keep_nobody_out(
    harness: Harness, system: System, stated: Capacity, figure: Tell
) -> None:
    if harness.provider != "local":
        pytest.skip("connections are the platform's on the clouds")
    long = Ask("document", "GET", "/api/openapi.json", headers={"Host": "here"}).encoded("here")
    with ExitStack() as opened:
        for _ in range(UNREAD):
            # More answers than the system's buffers take: the server holds the rest.
            opened.enter_context(connected(harness.base_url, reads=4096)).sendall(long * 10)
        # As soon as the answers that nobody reads are made.
        eventually("answers to as many at once as are stated", lambda: all_answered(harness, stated), every=1)
    figure(f"{UNREAD} clients that read no answer: {stated.at_once} others at once are answered")
