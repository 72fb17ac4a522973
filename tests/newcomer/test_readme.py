"""README's commands, typed one after the other where nothing was installed before; see `places`."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.docs.blocks import of
from tests.newcomer.places import NotBareError, Place, bare, here
from tools.waiting import eventually

DEMO = re.compile(r"Trefoil runs at (http://\S+)")
SERVED = re.compile(r"Trefoil serves (http://\S+)")
READERS = {
    "trefoil serve": "trefoil serve --port 0",  # one that is free here, whoever else serves
    "\ntrefoil status": "\nuntil trefoil status | grep 'long.csv: accepted'; do sleep 1; done",
    "\nkill %1": "\nuntil [ -e seen ]; do sleep 1; done; kill %1; wait",
}
"""What a reader does with eyes and hands, as commands."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("newcomer")
    try:
        found = bare(folder / "root")
        print("in a bare Debian")
    except NotBareError as error:
        found = here(folder)
        print(f"in a new clone on this machine; no bare Debian: {error}")
    yield found
    shutil.rmtree(folder)


def commands(number: int) -> str:
    """A block of README's commands."""
    return next(one.text for one in of("sh") if (one.page, one.number) == ("README.md", number))


def answers(url: str, *, page: str) -> None:
    with httpx.Client(base_url=url, trust_env=False) as client:
        assert client.get("/api/health").json()["status"] == "ok"
        assert page in client.get("/").text


def test_the_first_command_starts_the_demo_and_ctrl_c_ends_it(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as output:
        process = place.shell(commands(1), stdout=output, stderr=output)
    try:
        url = eventually("the demo", lambda: _found(DEMO, log, process))
        answers(url, page="<title>Trefoil</title>")
        os.killpg(process.pid, signal.SIGINT)
        eventually("its end", lambda: process.poll() is not None)
    finally:
        _killed(process, log)


def test_a_server_of_ones_own_has_the_site_and_takes_a_file(place: Place, tmp_path: Path) -> None:
    typed = commands(3)
    for readers, ours in READERS.items():
        assert typed.count(readers) == 1
        typed = typed.replace(readers, ours)
    log = tmp_path / "log"
    with log.open("w") as output:
        process = place.shell(typed, stdout=output, stderr=output)
    try:
        served = place.clone / "trefoil.log"
        url = eventually("the server", lambda: served.exists() and _found(SERVED, served, process))
        answers(url, page="<title>Trefoil</title>")
        eventually("the file", lambda: "long.csv: accepted" in log.read_text() or _gone(process, log))
        (place.clone / "seen").touch()
        assert eventually("its end", lambda: process.poll() is not None)
        assert process.returncode == 0
        with pytest.raises(httpx.TransportError):
            answers(url, page="")
    finally:
        _killed(process, log)


def _found(line: re.Pattern[str], log: Path, process: subprocess.Popen[bytes]) -> str:
    found = line.search(log.read_text())
    return found[1] if found else str(_gone(process, log) or "")


def _gone(process: subprocess.Popen[bytes], log: Path) -> None:
    if process.poll() is not None:
        pytest.fail(f"it ended with {process.returncode}:\n{log.read_text()[-4000:]}", pytrace=False)


def _killed(process: subprocess.Popen[bytes], log: Path) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    print(log.read_text()[-4000:])
