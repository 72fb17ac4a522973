"""What a run of the tests leaves behind: processes, listening ports and temporary files. It has to be nothing.

The run gets a folder for temporary files of its own, which every process that it starts inherits. When its last
fixture is closed, what is still there is named, and the run has failed. Then the folder goes; only where a case failed
it stays, with the servers' logs. Processes and ports are looked up in /proc; on a machine without it only files are
looked for.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tools.waiting import NeverCame, eventually

PROC = Path("/proc")
PR_SET_CHILD_SUBREAPER = 36
"""prctl(2): who is orphaned below this process becomes its child, so that no descendant is out of sight."""
OWN = "multiprocessing.resource_tracker"
"""Python's own helper of a process that has used multiprocessing; it ends with that."""
KEPT = ("pytest-of-", ".lark_cache_")
"""Pytest's files of the cases themselves, and the grammars of python-hcl2's parser."""
LISTENING = "0A"
"""proc_pid_net(5): the state of a socket that listens."""


class Leftovers:
    """A plugin of pytest."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="trefoil-tests-"))
        self._found: list[str] = []
        self._keep = False
        os.environ["TMPDIR"] = tempfile.tempdir = str(self._folder)
        # Told to end, a run puts away what it has begun, as it does after Ctrl+C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if PROC.is_dir():
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        with suppress(NeverCame):  # one that was told to end may need a moment
            eventually("end of every process", lambda: not processes())
        left = processes()
        self._found = [*(f"process {pid}: {command}" for pid, command in left.items()), *ports(), *files(self._folder)]
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._keep = session.testsfailed > 0
        if self._found and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("left behind")
        for one in self._found or ["nothing"]:
            terminalreporter.line(one)
        if self._keep:
            terminalreporter.line(f"kept for a look at the logs, since a case failed: {self._folder}")

    def pytest_unconfigure(self) -> None:
        if not self._keep:
            shutil.rmtree(self._folder, ignore_errors=True)


def processes() -> dict[int, str]:
    """The processes below this one that have not ended, and what they run."""
    children: dict[int, list[int]] = {}
    for path in PROC.glob("[0-9]*/stat"):
        with suppress(OSError):
            # proc_pid_stat(5): the name, in brackets, may hold anything; behind it are the state and the parent.
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                children.setdefault(int(parent), []).append(int(path.parent.name))
    found: dict[int, str] = {}
    # Not by their numbers: those begin anew, and then a child's is lower than its parent's.
    for pid in below(os.getpid(), children):
        with suppress(OSError):
            found[pid] = (
                (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            )
    return {pid: command for pid, command in found.items() if OWN not in command}


def below(pid: int, children: Mapping[int, Sequence[int]]) -> Iterator[int]:
    """The processes that one has started, and those that they have."""
    for child in children.get(pid, ()):
        yield child
        yield from below(child, children)


def ports() -> Iterator[str]:
    """The ports on which this process itself listens."""
    held = set()
    for link in PROC.glob("self/fd/*"):
        with suppress(OSError):
            held.add(str(link.readlink()))
    for table in PROC.glob("self/net/tcp*"):
        for line in table.read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == LISTENING and f"socket:[{inode}]" in held:
                yield f"port {int(local.rpartition(':')[2], 16)}: still listened on"


def files(folder: Path) -> Iterator[str]:
    """Temporary files, but for what is meant to stay there until another run."""
    for path in sorted(folder.iterdir()):
        if not path.name.startswith(KEPT):
            yield f"temporary file {path}"
