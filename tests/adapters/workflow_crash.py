"""`python -m tests.adapters.workflow_crash FOLDER EVERY`: kills a process at a line of the engine, and lets another go on.

It has imported everything and opened nothing, and forks a child for each life: the threads of the store's engine would
not survive a fork. For every so manieth line that a run comes to, there is a run whose first process is killed when it
comes to that line (`kill -9` of itself), and whose second one does what is left. A line of JSON says how each ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

from adapters.local import bootstrap
from adapters.local.workflow_trigger import WorkflowTrigger
from adapters.local.workflows import SqliteWorkflows
from core.kernel.documents import Documents
from core.kernel.functions import VARIABLE
from core.kernel.services import Services
from core.kernel.store import open_store
from core.kernel.workflow import runs
from core.kernel.workflow.steps import Run
from tests.trial.functions import NAME

ROOT = Path(__file__).parents[2]
WATCHED = ("adapters/local/sqlite.py", "adapters/local/workflow", "core/kernel/documents.py", "core/kernel/workflow/")
GIVEN = {"kind": "order", "text": "x", "number": 0, "right": False, "numbers": [1, 2]}
KINDS = ("nested", "retry", "catch")
PATIENCE = 60.0


def services(folder: Path) -> Services:
    base = "http://127.0.0.1:8000"
    given = {VARIABLE: "tests.trial", "TREFOIL_LOG_LEVEL": "ERROR"}
    return bootstrap.services(bootstrap.environment(folder, base, given), base_url=base)


def live(folder: Path, run: Run, kind: str, kill: str, out: int) -> None:
    """Start the run and work until it has ended; be killed at that line, or name each line that is come to."""
    seen: set[str] = set()

    def look(frame: FrameType, event: str, _: Any) -> Any:
        path = Path(frame.f_code.co_filename)
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""
        if not name.startswith(WATCHED):
            return None
        here = f"{name}:{frame.f_lineno}"
        if event == "line" and here not in seen:
            seen.add(here)
            if here == kill:
                os.kill(os.getpid(), signal.SIGKILL)
            if out:
                os.write(out, f"{here}\n".encode())
        return look

    made = services(folder)
    journals = made.workflows
    assert isinstance(journals, SqliteWorkflows)
    journal = journals.named(NAME)
    journal.hold(run.name, 0)  # the lease of a process that was killed, whose end is not waited for
    if out or kill:
        threading.settrace(look)
        sys.settrace(look)
    runs.start(made, run, {**GIVEN, "kind": kind})
    trigger = WorkflowTrigger(made, made.functions.named(NAME), journal)
    trigger.start()
    until = time.monotonic() + PATIENCE
    while len(journal) and time.monotonic() < until:
        time.sleep(0.01)
    os._exit(0 if time.monotonic() < until else 1)


def life(folder: Path, run: Run, kind: str, kill: str = "", *, traced: bool = False) -> tuple[int, list[str]]:
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            live(folder, run, kind, kill, write if traced else 0)
        finally:
            os._exit(2)
    os.close(write)
    with os.fdopen(read) as stream:
        lines = list(dict.fromkeys(stream.read().splitlines()))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), lines


def outcome(folder: Path, run: Run) -> dict[str, Any]:
    """Only after every life has ended: what this opens, no child of it could use."""
    documents = Documents(open_store((folder / "store").as_uri()))
    document = runs.get(documents, run)
    kept = {path.removeprefix(f"{run.folder}/"): documents.get(path) for path in documents.list(run.folder)}
    results = {name: held.value.get("value") for name, held in kept.items() if held and not name.startswith("failed/")}
    return {"state": document and document["state"], "error": document and document["error"], "results": results}


def main(folder: Path, every: int) -> None:
    told = []
    for kind in KINDS:
        whole = Run(NAME, "Case", f"whole-{kind}")
        status, lines = life(folder, whole, kind, traced=True)
        told.append({"kind": kind, "run": whole.id, "killed": None, "lives": [status]})
        for number, line in list(enumerate(lines))[KINDS.index(kind) :: every]:
            run = Run(NAME, "Case", f"{kind}-{number}")
            first, _ = life(folder, run, kind, line)
            second, _ = life(folder, run, kind)
            told.append({"kind": kind, "run": run.id, "killed": line, "lives": [first, second]})
    for one in told:
        print(json.dumps({**one, **outcome(folder, Run(NAME, "Case", str(one["run"])))}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
