"""What a run leaves behind is named, removed, and makes it fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.leftovers import below

CONFTEST = """
from tests.leftovers import Leftovers

def pytest_configure(config):
    config.pluginmanager.register(Leftovers())
"""
CASE = """
import socket, subprocess, sys, tempfile, time

kept = []

def test_it_passes(tmp_path):
    (tmp_path / "own").write_text("goes with the run")
    {left}
"""
# A process that another one leaves: its parent ends at once.
ORPHAN = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600) # orphan'])"


def run(folder: Path, left: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_case.py").write_text(CASE.format(left=left))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    environment = {**os.environ, "TREFOIL_PATIENCE": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_a_run_that_leaves_nothing_passes(tmp_path: Path) -> None:
    done = run(tmp_path, "pass")
    assert done.returncode == 0, done.stdout
    assert re.search(r"left behind =+\nnothing\n", done.stdout)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes and ports are looked up in /proc, which is Linux's")
@pytest.mark.parametrize(
    ("left", "named"),
    [
        (f'subprocess.run([sys.executable, "-c", {ORPHAN!r}])', r"process \d+: .*# orphan"),
        ("kept.append(socket.create_server(('127.0.0.1', 0)))", r"port \d+: still listened on"),
        ("kept.append(open(tempfile.mkstemp()[1]))", r"temporary file .*trefoil-tests-.*"),
    ],
    ids=["a process", "a port", "a file"],
)
def test_what_is_left_is_named_and_fails_the_run(tmp_path: Path, left: str, named: str) -> None:
    done = run(tmp_path, left)
    assert done.returncode == 1, done.stdout
    assert re.search(rf"left behind =+\n{named}\n", done.stdout), done.stdout
    if process := re.search(r"process (\d+)", done.stdout):
        assert (
            not Path("/proc", process[1], "cmdline").exists() or not Path("/proc", process[1], "cmdline").read_bytes()
        )


def test_a_process_is_found_whose_number_is_lower_than_its_parent_s() -> None:
    """As it is where the system has begun anew with its numbers."""
    assert list(below(30_000, {30_000: [5, 31_000], 5: [7], 1: [2]})) == [5, 7, 31_000]
