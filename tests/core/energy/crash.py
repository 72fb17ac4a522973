"""`python -m tests.core.energy.crash`: does jobs in children of one warm process, and kills them where it is told to.

For each line of JSON on its standard input, a `Delivery`, a child does the job; when it has ended, a line of JSON on
the standard output, an `Outcome`, says how. The process itself has imported everything and opened nothing: the
threads of the store's and the table's engine, which live in the child that first needs them, would not survive a fork.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec

from adapters.local import bootstrap
from core.energy.alerts import letter, sums  # noqa: F401  what jobs import when they need it
from core.energy.exports import writer as export  # noqa: F401
from core.energy.functions import FUNCTIONS
from core.kernel.functions import resolve
from tests.core.energy.running import run

for job in FUNCTIONS.jobs:
    resolve(job.handler)
CORE = Path(__file__).parents[3] / "core"
# What a job is made of; the rest (logs, configuration) changes nothing in the store.
WATCHED = (
    "kernel/auth/access.py",
    "kernel/documents.py",
    "kernel/jobs.py",
    "kernel/store.py",
    "energy/accounts/accounts.py",
    "energy/accounts/deletion.py",
    "energy/alerts/documents.py",
    "energy/alerts/job.py",
    "energy/exports/documents.py",
    "energy/exports/job.py",
    "energy/forecasts/documents.py",
    "energy/forecasts/job.py",
    "energy/readings/maintenance.py",
    "energy/readings/rewrite.py",
    "energy/readings/table.py",
)


class Delivery(msgspec.Struct):
    """One delivery of a job's message. The child dies when it first comes to the line `kill`, `FILE:LINE`."""

    folder: str
    message: str
    weather: str
    trace: bool = False
    """Name each line of core's own code that it comes to, once, from when the job begins."""
    kill: str = ""


class Outcome(msgspec.Struct):
    status: int
    """The child's exit status; negative: the signal that ended it."""
    lines: list[str]
    error: str


def deliver(delivery: Delivery, out: int) -> None:
    base, folder = "http://127.0.0.1:8000", Path(delivery.folder)
    given = {
        "TREFOIL_FORECAST_URL": delivery.weather,
        "TREFOIL_FORECAST_SITES": "london:51.5:0,leeds:53.8:0",
        "TREFOIL_MAIL": (folder / "mail").as_uri(),
        "TREFOIL_MAIL_FROM": "alerts@example.com",
    }
    tempfile.tempdir = delivery.folder
    services = bootstrap.services(bootstrap.environment(folder, base, given), base_url=base)
    seen: set[str] = set()

    def look(frame: FrameType, event: str, _: Any) -> Any:
        path = Path(frame.f_code.co_filename)
        name = path.relative_to(CORE).as_posix() if path.is_relative_to(CORE) else ""
        if not name.startswith(WATCHED):
            return None
        here = f"{name}:{frame.f_lineno}"
        if event == "line" and here not in seen:
            seen.add(here)
            if here == delivery.kill:
                os.kill(os.getpid(), signal.SIGKILL)
            if delivery.trace:
                os.write(out, f"{here}\n".encode())  # at once, whichever thread it is
        return look

    if delivery.trace or delivery.kill:
        threading.settrace(look)
        sys.settrace(look)
    run(services, delivery.message.encode())


def child(delivery: Delivery, out: int) -> None:
    """Never returns: what is below on the stack is the parent's."""
    status = 1
    try:
        os.dup2(os.open(Path(delivery.folder) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
        os.dup2(1, 2)
        deliver(delivery, out)
        status = 0
    except BaseException:  # noqa: BLE001  whatever it is, it must not get out of the child
        Path(delivery.folder, "error").write_text(traceback.format_exc())
    finally:
        os._exit(status)


def outcome(delivery: Delivery) -> Outcome:
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        child(delivery, write)
    os.close(write)
    with os.fdopen(read) as stream:
        lines = stream.read().splitlines()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    error = Path(delivery.folder, "error")
    return Outcome(status, lines, error.read_text() if error.exists() else "")


def main() -> None:
    for line in sys.stdin:
        print(msgspec.json.encode(outcome(msgspec.json.decode(line, type=Delivery))).decode(), flush=True)


if __name__ == "__main__":
    main()
