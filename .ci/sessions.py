"""Every session that must pass, two at a time, each with a log of its own in build/logs; then a table of them.

Sessions disturb each other in nothing: each has an environment, ports and temporary files of its own. The two commands
of README are taken from its text and run as they stand there, each in a new clone; the second is the tests' session.
So are those of docs/first-function.md.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from urllib.error import URLError
from urllib.request import urlopen
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
LOGS, CLONES = ROOT / "build" / "logs", ROOT / "build" / "clones"
AT_ONCE = 2
SERVES = re.compile(r"Trefoil runs at (http://\S+)")
SLOWEST = 10
TOLD = 80
"""Last lines of the log of a session that failed."""

_printing = Lock()


@dataclass(frozen=True)
class Job:
    """A session. If it runs pytest, its figures are in build/reports/NAME.xml or in a folder of that name."""

    name: str
    command: str
    folder: Path = ROOT
    serves: bool = False
    """It serves until it is stopped: here, when its site and its API have answered."""

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}.log"

    @property
    def reports(self) -> list[Path]:
        folder = self.folder / "build" / "reports"
        return [*folder.glob(f"{self.name}.xml"), *sorted(folder.glob(f"{self.name}/*.xml"))]


@dataclass(frozen=True)
class Ended:
    job: Job
    status: int
    seconds: float


def commands() -> tuple[str, str]:
    """The first two commands of README: they start the demo, and run the tests."""
    block = re.search(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    if block is None:
        raise SystemExit("README.md has no block of commands")
    demo, tests, *_ = (line.partition("#")[0].strip() for line in block[1].splitlines() if line.strip())
    return demo, tests


def tutorial() -> str:
    """All commands of docs/first-function.md, one after the other, as a newcomer would type them."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "first-function.md").read_text(), re.DOTALL)
    return "\n".join(["set -ex", *blocks])


def clone(name: str) -> Path:
    """A new clone of what is committed here, as a newcomer has one."""
    folder = CLONES / name
    shutil.rmtree(CLONES / name.partition("/")[0], ignore_errors=True)  # with what was made beside it
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


def jobs(apply: str) -> list[Job]:
    """The longest first, so that none is left alone at the end.

    `apply` is what a shell does before the AWS root is applied to the emulator; nothing: it can't be applied here.
    """
    demo, tests = commands()
    return [
        Job("tests", tests, clone("tests")),
        Job("aws", "nox -s aws"),
        *([Job("terraform-apply", f"{apply}; nox --envdir .nox/apply -s terraform -- --apply aws")] if apply else []),
        Job("azure", "nox -s azure"),
        Job("gcp", "nox -s gcp"),
        Job("terraform", "nox -s terraform"),
        Job("faults", "nox -s faults"),
        Job("abuse", "nox -s abuse"),
        Job("bench", "nox -s bench -- --quick"),  # every answer in it is judged; its times are of no interest here
        Job("browser", "nox -s browser"),
        Job("first-function", tutorial(), clone("newcomer/first-function")),
        Job("types", "nox -s types"),
        Job("engines", "nox -s engines"),
        Job("demo", demo, clone("demo"), serves=True),
        Job("lint", "nox -s lint"),
    ]


def run(job: Job) -> Ended:
    say(f"{job.name}: begun")
    begun = time.monotonic()
    for report in job.reports:
        report.unlink()
    with job.log.open("w") as log:
        process = subprocess.Popen(
            ["bash", "-c", job.command],
            cwd=job.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        status = served(process, job) if job.serves else process.wait()
    ended = Ended(job, status, time.monotonic() - begun)
    say(f"{job.name}: {'failed' if status else 'passed'} after {ended.seconds:.0f} s")
    return ended


def served(process: subprocess.Popen[bytes], job: Job) -> int:
    """Wait until it serves, ask for its site and its API, and stop it as Ctrl+C would; 0 when all of that went well."""
    while process.poll() is None:
        time.sleep(0.2)
        if found := SERVES.search(job.log.read_text()):
            answered = [answers(found[1] + path) for path in ("/", "/api/health")]
            os.killpg(process.pid, signal.SIGINT)
            process.wait()
            return 0 if all(answered) else 1
    return process.returncode or 1


def answers(url: str) -> bool:
    with suppress(URLError), urlopen(url) as reply:
        return bool(reply.status == 200)
    return False


def say(line: str) -> None:
    with _printing:
        print(line, flush=True)


def cases(job: Job) -> Iterator[ElementTree.Element]:
    for report in job.reports:
        yield from ElementTree.parse(report).iter("testcase")


def count(job: Job) -> tuple[int, int, int]:
    """Cases that passed, failed and were skipped."""
    kinds = [{child.tag for child in case} for case in cases(job)]
    failed = sum(bool(kind & {"failure", "error"}) for kind in kinds)
    skipped = sum("skipped" in kind for kind in kinds)
    return len(kinds) - failed - skipped, failed, skipped


def table(ended: list[Ended], seconds: float) -> bool:
    """Print what became of every session, and say whether all is well."""
    say(f"\n{'session':16} {'':7} {'time':>8} {'passed':>7} {'failed':>7} {'skipped':>8}")
    sums = [0, 0, 0]
    for one in sorted(ended, key=lambda one: -one.seconds):
        found = count(one.job)
        sums = [total + number for total, number in zip(sums, found, strict=True)]
        numbers = f"{found[0]:7} {found[1]:7} {found[2]:8}" if any(found) else ""
        say(f"{one.job.name:16} {'FAILED' if one.status else 'ok':7} {clock(one.seconds)} {numbers}".rstrip())
    say(f"{'all':16} {'':7} {clock(seconds)} {sums[0]:7} {sums[1]:7} {sums[2]:8}")
    every = [(float(case.get("time", 0)), one.job.name, case) for one in ended for case in cases(one.job)]
    say(f"\nthe {SLOWEST} slowest cases")
    for took, name, case in sorted(every, key=lambda one: -one[0])[:SLOWEST]:
        say(f"{took:7.1f} s  {name}: {case.get('classname')}.{case.get('name')}"[:160])
    failed = [one for one in ended if one.status]
    for one in failed:
        lines = one.job.log.read_text(errors="replace").splitlines()
        say("\n".join([f"\n--- the end of {one.job.log.relative_to(ROOT)}", *lines[-TOLD:]]))
    say(f"\n{sums[0]} passed, {sums[1]} failed, {sums[2]} skipped")
    return not failed


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60:5}:{int(seconds) % 60:02}"


def main() -> int:
    begun = time.monotonic()
    LOGS.mkdir(parents=True, exist_ok=True)
    wanted = jobs(sys.argv[1] if len(sys.argv) > 1 else "")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = list(pool.map(run, wanted))
    verdicts = ROOT / "build" / "verdicts"
    verdicts.mkdir(exist_ok=True)
    for made in (wanted[0].folder / "build" / "verdicts").glob("*.json"):
        shutil.copy(made, verdicts)
    ended.append(run(Job("parity", "nox -s parity -- --check")))  # of what the others found
    return 0 if table(ended, time.monotonic() - begun) else 1


if __name__ == "__main__":
    sys.exit(main())
