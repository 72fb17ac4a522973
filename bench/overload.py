"""The local server at the rate that it can go on with and at twice that, and while logins flood it.

Half of the requests are hello, half ask for a day of a point with a token. The server is a process of its own, on one
machine with whoever asks it; with `--commit` that of a former commit is asked the same, in turn.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from adapters.local import bootstrap
from bench import generate, measure
from bench.arrivals import Answered, Ask, Client, closed_loop, open_loop
from core.energy.ingest.handler import created
from core.kernel.auth import access, users
from core.kernel.clock import system_clock
from core.kernel.events import ObjectCreated

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
USER, PASSWORD = "ada", "correct horse"
CLIENTS = 16
SECONDS = 10.0
STEPS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Parts of what clients get that wait for each answer: the first at which nothing is refused or late can be gone on with."""
LATE = 1.0
BESIDE = 20.0
"""Requests for hello a second, while logins flood."""
LOGINS = 200.0
NAMES = 5000
"""Each login of the flood has another name: none is locked, and all are worth a look."""
HELLO = Ask("hello", "GET", "/api/hello?name=Tim")
REFUSED = (0, 429, 503)


def fill(folder: Path) -> None:
    """An account with a year of 25 points, and somebody who may read it."""
    base = f"http://{HOST}"
    services = bootstrap.services(bootstrap.environment(folder, base, {"TREFOIL_LOG_LEVEL": "ERROR"}), base_url=base)
    file = folder / "store" / "incoming" / "A" / "year.csv"
    file.parent.mkdir(parents=True)
    generate.write(file, versions=1)
    created(services, ObjectCreated("incoming/A/year.csv"))
    users.save(services.documents, system_clock, USER, PASSWORD)
    access.grant(services.documents, USER, "read", "A")


@contextmanager
def serving(tree: Path, folder: Path) -> Iterator[int]:
    """The port on which the server of this tree listens."""
    command = [sys.executable, "-m", "adapters.local", "--folder", str(folder), "serve", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None  # it is a pipe
        found = re.search(rf"http://{HOST}:(\d+)", process.stdout.readline())
        if found is None:
            raise RuntimeError((folder / "server.log").read_text())
        yield int(found[1])
    finally:
        process.terminate()
        process.communicate()


def read(port: int) -> Ask:
    body = json.dumps({"user": USER, "password": PASSWORD}).encode()
    with urllib.request.urlopen(f"http://{HOST}:{port}/api/login", body) as reply:
        token = json.load(reply)["access_token"]
    query = f"point={generate.points()[12]}&from=2023-06-01&to=2023-06-02"
    return Ask("read", "GET", f"/api/accounts/A/readings?{query}", token)


def both(port: int, asked: Ask, rate: float) -> list[Answered]:
    return open_loop(Client(HOST, port), [(rate / 2, [HELLO]), (rate / 2, [asked])], SECONDS)


def sustainable(port: int, asked: Ask) -> float:
    """Requests a second that all are answered within a second."""
    answers = closed_loop(Client(HOST, port), [HELLO, asked], SECONDS, CLIENTS)
    if wrong := next((one for one in answers if not one.right), None):
        raise RuntimeError(f"{wrong.name} was answered with {wrong.status}")
    most = len(answers) / SECONDS
    for step in STEPS:
        found = both(port, asked, most * step)
        if all(one.status == 200 for one in found) and percentile(found, 0.99) < LATE:
            return most * step
    raise RuntimeError(f"the server refuses, or is late, even at {most * STEPS[-1]:.0f} requests a second")


def flooded(port: int) -> list[Answered]:
    bodies = [json.dumps({"user": f"nobody-{number}", "password": "wrong wrong"}).encode() for number in range(NAMES)]
    logins = [Ask("login", "POST", "/api/login", body=body) for body in bodies]
    return open_loop(Client(HOST, port), [(BESIDE, [HELLO]), (LOGINS, logins)], SECONDS)


def percentile(answers: Sequence[Answered], share: float) -> float:
    seconds = sorted(one.seconds for one in answers)
    return seconds[min(len(seconds) - 1, int(len(seconds) * share))] if seconds else 0.0


def row(who: str, what: str, name: str, rounds: Sequence[Sequence[Answered]]) -> str:
    """One line of the table: of each round, and of these the median."""
    mine = [[one for one in answers if one.name == name] for answers in rounds]
    answered = [[one for one in part if one.status not in REFUSED] for part in mine]
    refused = [[one for one in part if one.status in REFUSED] for part in mine]
    shares = [len(no) / len(part) for no, part in zip(refused, mine, strict=True)]
    figures = [statistics.median(percentile(part, share) * 1e3 for part in answered) for share in (0.5, 0.99)]
    no = statistics.median(percentile(part, 0.99) * 1e3 for part in refused)
    statuses = Counter(one.status for part in mine for one in part)
    said = ", ".join(f"{status or 'given up'}: {count}" for status, count in sorted(statuses.items()))
    cells = (*(f"{figure:.0f}" for figure in figures), f"{statistics.median(shares):.0%}", f"{no:.0f}", said)
    return f"| {what} | {name} | {who} | {' | '.join(cells)} |"


def run(rounds: int, commit: str) -> None:
    with tempfile.TemporaryDirectory(prefix="trefoil-bench-") as name:
        base = Path(name)
        trees = {"former": base / "former", "now": ROOT}
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(trees["former"])], check=True)
        subprocess.run(["git", "checkout", "--quiet", commit], cwd=trees["former"], check=True)
        fill(base / "data")
        with serving(ROOT, base / "data") as port:
            rate = sustainable(port, read(port))
        loads = (f"{rate:.0f} a second", f"{2 * rate:.0f} a second")
        found: dict[tuple[str, str], list[list[Answered]]] = {}
        for _ in range(rounds):
            for who, tree in trees.items():
                with serving(tree, base / "data") as port:
                    asked = read(port)
                    for times, load in enumerate(loads, 1):
                        found.setdefault((load, who), []).append(both(port, asked, times * rate))
                    found.setdefault((f"{LOGINS:.0f} logins a second beside", who), []).append(flooded(port))
    print(f"\n{commit} and now, in turn; median of {rounds} rounds of {SECONDS:.0f} s each. Not cloud latency.")
    print(f"{measure.machine()}\n")
    print("| load | request | | p50 ms | p99 ms | refused | p99 ms of a refusal | statuses |")
    print("|---|---|---|---|---|---|---|---|")
    for (load, who), answers in sorted(found.items(), key=lambda one: [*loads, one[0][0]].index(one[0][0])):
        for kind in sorted({one.name for part in answers for one in part}):
            print(row(who, load, kind, answers))
