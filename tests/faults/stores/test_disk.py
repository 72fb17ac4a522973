"""The local store is a folder: what fails it is its disk, which is full now and then while users go on.

The disk is one of memory (tmpfs), which a test as root can mount, and fill whenever it likes.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from demo.weather import WeatherStandIn
from tests import asking
from tests.beds.inbox import Inbox
from tests.contract.providers import local
from tests.contract.system import System, company
from tests.faults.stores.mix import Round, judged
from tests.figures import Tell

SIZE = 32 * 1024 * 1024
LEFT = (0, 0, 4096, 8192, 20_000)
"""Bytes that a full disk has left: none, or too few for all that a request writes."""
LONGEST = 0.4
"""Seconds that it stays as it is."""
QUICK, LONG = 2, 60
SEED = 20


class Disk:
    """A disk of a few MB. What lies beside the data is one file, so large that no more is left than is said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.filled = 0
        self._random = random.Random(SEED)
        self._ballast = folder / ".ballast"
        self._over = Event()
        self._changing = Thread()

    def begin(self) -> None:
        """From now on it is full, then it is not, in turn, until `end`."""
        self._over.clear()
        self._changing = Thread(target=self._change)
        self._changing.start()

    def end(self) -> None:
        self._over.set()
        self._changing.join()

    def _change(self) -> None:
        while not self._over.is_set():
            self._fill(self._random.choice(LEFT))
            self._over.wait(self._random.uniform(0, LONGEST))
            self._ballast.unlink()
            self._over.wait(self._random.uniform(0, LONGEST))

    def _fill(self, leave: int) -> None:
        self.filled += 1
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(64 * 1024))
        with self._ballast.open("r+b") as file:
            file.truncate(max(0, self._ballast.stat().st_size - leave))


@pytest.fixture
def disk(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[Disk]:
    if pytestconfig.getoption("--provider") != "local":
        pytest.skip("the store of a cloud has no disk that could be full")
    folder = tmp_path / "system" / "store"
    folder.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a disk can't be mounted here, which needs root: {mounted.stderr.strip()}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def system(disk: Disk, tmp_path: Path) -> Iterator[System]:
    with ExitStack() as stack:
        weather, inbox = stack.enter_context(closing(WeatherStandIn())), stack.enter_context(closing(Inbox()))
        harness = stack.enter_context(closing(local.start(disk.folder.parent, company(weather, inbox))))
        harness.weather, harness.inbox = weather, inbox
        yield System(harness, stack.enter_context(asking.client(harness.base_url)), tmp_path)


def test_users_of_a_full_disk_are_told_the_truth(
    system: System, disk: Disk, pytestconfig: pytest.Config, figure: Tell
) -> None:
    """They drop no files past the system: what a full disk keeps of these is what the one who drops them sees."""
    rounds = LONG if pytestconfig.getoption("--long") else QUICK
    done = judged(system, [Round(disk.begin, things=12)] * rounds, disk.end, seed=SEED, drops=False)
    figure(f"a disk that was full {disk.filled} times; {done}")
