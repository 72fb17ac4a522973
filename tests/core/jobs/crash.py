"""`python -m tests.core.jobs.crash FOLDER MESSAGE WEATHER_URL [lines | kill FILE:LINE]`: one delivery of a job.

With `lines` it prints each line of core's own code that it comes to, once, from when the job begins; with `kill` it
kills itself when it first comes to that line.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from adapters.local import bootstrap
from core.jobs.handler import run

CORE = Path(__file__).parents[3] / "core"
# What a job is made of; the rest (logs, configuration) changes nothing in the store.
WATCHED = (
    "accounts.py",
    "documents.py",
    "exports.py",
    "forecasts.py",
    "store.py",
    "jobs/",
    "readings/table.py",
    "auth/access.py",
)


def main(folder: str, message: str, weather: str, mode: str = "", where: str = "") -> None:
    given = {"TREFOIL_FORECAST_URL": weather, "TREFOIL_FORECAST_SITES": "london:51.5:0,leeds:53.8:0"}
    base = "http://127.0.0.1:8000"
    services = bootstrap.services(bootstrap.environment(Path(folder), base, given), base_url=base)
    seen: set[str] = set()

    def look(frame: FrameType, event: str, _: Any) -> Any:
        path = Path(frame.f_code.co_filename)
        name = path.relative_to(CORE).as_posix() if path.is_relative_to(CORE) else ""
        if not name.startswith(WATCHED):
            return None
        here = f"{name}:{frame.f_lineno}"
        if event == "line" and here not in seen:
            seen.add(here)
            if here == where:
                os.kill(os.getpid(), signal.SIGKILL)
            if mode == "lines":
                os.write(1, f"{here}\n".encode())  # at once, whichever thread it is
        return look

    if mode:
        threading.settrace(look)
        sys.settrace(look)
    run(services, message.encode())


main(*sys.argv[1:])
