"""Every session that must pass, each with a log of its own in build/logs; then a table of them.

The long ones run two at a time, and beside them the brief ones, one after the other. Sessions disturb each other in
nothing: each has an environment, ports and temporary files of its own. README's command for the tests is taken from its
text and runs as it stands there, in a new clone; so are those of docs/first-function.md.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
LOGS, CLONES = ROOT / "build" / "logs", ROOT / "build" / "clones"
AT_ONCE = 2
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


def tests() -> str:
    """README's second command, which runs the tests."""
    _, second, *_ = re.findall(r"```sh\n(.*?)\n```", (ROOT / "README.md").read_text(), re.DOTALL)
    return str(second)


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


def long(apply: str) -> list[Job]:
    """The longest first, so that none is left alone at the end.

    `apply` is what a shell does before the AWS root is applied to the emulator; nothing: it can't be applied here.
    """
    return [
        Job("tests", tests(), clone("tests")),
        Job("aws", "nox -s aws"),
        *([Job("terraform-apply", f"{apply}; nox --envdir .nox/apply -s terraform -- --apply aws")] if apply else []),
        Job("azure", "nox -s azure"),
        Job("gcp", "nox -s gcp"),
        Job("terraform", "nox -s terraform"),
        Job("faults", "nox -s faults"),
        Job("abuse", "nox -s abuse"),
        Job("browser", "nox -s browser"),
        # Every answer in it is judged; its times are of no interest here.
        Job("bench", "nox -s bench -- --quick --providers aws"),
    ]


def brief() -> list[Job]:
    """Minutes each, most of them spent on waiting for what is fetched."""
    return [
        Job("lint", "nox -s lint"),
        Job("types", "nox -s types"),
        Job("newcomer", "nox -s newcomer"),
        Job("first-function", tutorial(), clone("newcomer/first-function")),
        Job("docs", "nox -s docs"),
        Job("audit", "nox -s audit"),
        Job("engines", "nox -s engines"),
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
        ended = Ended(job, process.wait(), time.monotonic() - begun)
    say(f"{job.name}: {'failed' if ended.status else 'passed'} after {ended.seconds:.0f} s")
    return ended


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
    wanted = long(sys.argv[1] if len(sys.argv) > 1 else "")
    with ThreadPoolExecutor(AT_ONCE) as pool, ThreadPoolExecutor(1) as beside:
        briefly = beside.map(run, brief())
        ended = [*pool.map(run, wanted), *briefly]
    verdicts = ROOT / "build" / "verdicts"
    verdicts.mkdir(exist_ok=True)
    for made in (wanted[0].folder / "build" / "verdicts").glob("*.json"):
        shutil.copy(made, verdicts)
    ended.append(run(Job("parity", "nox -s parity -- --check")))  # of what the others found
    return 0 if table(ended, time.monotonic() - begun) else 1


if __name__ == "__main__":
    sys.exit(main())
