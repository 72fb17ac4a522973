"""The portability tax: what hello and an authorised read take by Trefoil, by hand for the cloud, and with frameworks.

All of a cloud take turns: a round starts one process for each, in an order that goes round, asks once (cold), then
`warm` times, and imports each entry in a new interpreter. The read verifies an RS256 token (iss, aud, exp, kid) and
reads the user's grants from the cloud's object store, in one request to its stand-in. Every answer is checked. These
are local runtimes, not cloud latency.

Each cloud is measured in its own session's environment, which has its stand-ins: `python -m bench.portability.tax
PROVIDER JOURNAL`. Azure's needs AZURITE, all need PYTHON313 where python3.13 is not on the path.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.portability import contenders, markdown, tables
from bench.portability.contenders import Entrant
from bench.portability.samples import Cell, Journal, Sample, sample
from bench.portability.shape import read
from bench.portability.summary import summary
from bench.runtimes import HELLO, RUNTIMES, Question, imported, measured
from bench.stand_ins import STAND_INS, STORES
from core.kernel.auth import access, tokens
from core.kernel.auth.keys import Keyring
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.store import open_store
from tools.package import ROOT

Say = Callable[[str], None]
PART = "tax"
USER, ACTION, RESOURCE = "podge", "read", "A"


def measure(
    journal: Journal,
    providers: Sequence[str],
    rounds: int,
    warm: int,
    folder: Path,
    say: Say,
    pythons: Mapping[str, str] = {},
) -> None:
    """Add the rounds that the journal has not. `folder` keeps what is built; `pythons`: of each cloud's session.

    What a cloud has finished is in the journal also when it fails, or is interrupted. Raises `RuntimeError` when one
    can't be measured.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for provider in providers:
        # Beside the journal: what was measured when this process was killed is there when the run goes on.
        own = journal.path.resolve().with_name(f"tax-{provider}.jsonl")
        _merge(journal, own, provider)
        try:
            _run(provider, pythons.get(provider, sys.executable), own, rounds, warm, folder, say)
        finally:
            _merge(journal, own, provider)
        own.unlink()


def _merge(journal: Journal, own: Path, provider: str) -> None:
    """Have both know what either does of a cloud."""
    other = Journal(own)
    here, there = set(_of(journal, provider)), set(_of(other, provider))
    journal.add(one for one in other.samples if one in there and one not in here)
    other.add(one for one in journal.samples if one in here and one not in there)


def _of(journal: Journal, provider: str) -> Iterator[Sample]:
    return (one for one in journal.samples if one.part == PART and one.target == provider)


def _run(provider: str, python: str, own: Path, rounds: int, warm: int, folder: Path, say: Say) -> None:
    asked = [provider, str(own), "--rounds", str(rounds), "--warm", str(warm), "--folder", str(folder.resolve())]
    command = [python, "-m", "bench.portability.tax", *asked]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # it is a pipe
        for line in process.stdout:
            say(line.rstrip())
    if process.returncode:
        raise RuntimeError(f"the tax of {provider} could not be measured: {command} ended with {process.returncode}")


def take(journal: Journal, provider: str, rounds: int, warm: int, folder: Path, say: Say) -> None:
    """Measure one cloud, in its session's environment; each round is added whole, when it is finished."""
    known = list(_of(journal, provider))
    # Not `has`: warm requests, of which a round has many, are numbered through.
    done = {one.round for one in known if one.metric == "cold_s"}
    wanted = [number for number in range(rounds) if number not in done]
    if not wanted:
        say(f"{provider}: all {rounds} rounds are there")
        return
    with stored(provider) as store:
        say(f"{provider}: building what is not in {folder} yet")
        everyone = contenders.entrants(provider, folder, store)
        say(f"{provider}: a round that does not count, which fills the disk's cache")
        for one in everyone:
            _process(provider, one, _question(one, everyone), 0, 1)
        for number in wanted:
            first = number % len(everyone)
            taken = [
                found
                for one in (*everyone[first:], *everyone[:first])
                for found in _process(provider, one, _question(one, everyone), number, warm)
            ]
            if not any(one.metric == "package_mib" for one in known):
                taken += [sample(_cell(provider, one, "package_mib"), 0, one.package_mib) for one in everyone]
            # First what says that the round was measured, should the last lines be cut.
            taken.sort(key=lambda found: found.metric != "cold_s")
            journal.add(taken)
            known += taken
            wrong = sorted({f"{one.workload} by {one.way}: {one.wrong}" for one in taken if one.wrong})
            say(f"{provider}: round {number + 1} of {rounds}" + "".join(f"\n  wrong: {one}" for one in wrong))


@contextmanager
def stored(provider: str) -> Iterator[dict[str, str]]:
    """The store's stand-in with the grants of a user; its variables, which this process has too."""
    with tempfile.TemporaryDirectory(prefix="trefoil-tax-") as name, STAND_INS[provider](Path(name)) as found:
        os.environ.update(found)
        access.grant(Documents(open_store(STORES[provider])), USER, ACTION, RESOURCE)
        yield found


def _question(entrant: Entrant, everyone: Sequence[Entrant]) -> Question:
    """What is asked of it: a token lives an hour, so that each process gets a new one."""
    if entrant.workload == contenders.HELLO:
        return HELLO
    told = next(one.contender.environment for one in everyone if one.way == contenders.TREFOIL)
    token = tokens.mint(
        Keyring(lambda: told["TREFOIL_SIGNING_KEY"], system_clock),
        system_clock,
        issuer=told["TREFOIL_ISSUER"],
        audience=told["TREFOIL_AUDIENCE"],
        subject=USER,
    )
    return Question("/api/me", "", token, {"user": USER, "grants": [{"action": ACTION, "resource": RESOURCE}]})


def _cell(provider: str, entrant: Entrant, metric: str) -> Cell:
    return Cell(PART, provider, entrant.workload, entrant.way, metric)


def _process(provider: str, entrant: Entrant, question: Question, number: int, warm: int) -> Iterator[Sample]:
    """All samples of one process of it, and of importing it."""
    try:
        process = measured(provider, entrant.contender, question, warm)
        entry = imported(entrant.contender)
    except Exception as error:  # noqa: BLE001  whatever it is, the others go on, and it is said
        wrong = f"{type(error).__name__}: {error}"[:500]
        yield from (
            sample(_cell(provider, entrant, metric), number, 0, wrong) for metric in ("cold_s", "warm_s", "warm_p50_s")
        )
        return
    values = {
        "cold_s": process.cold,
        "cold_cpu_s": process.cold_cpu,
        "import_s": entry.wall,
        "import_cpu_s": entry.cpu,
        "modules": entry.modules,
        "warm_p50_s": statistics.median(process.warm),
        "warm_cpu_s": process.warm_cpu,
        "peak_mib": process.peak,
    }
    for metric, value in values.items():
        yield sample(_cell(provider, entrant, metric), number, value, process.wrong)
    for at, seconds in enumerate(process.warm):
        yield sample(_cell(provider, entrant, "warm_s"), number * warm + at, seconds, process.wrong)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.portability.tax", description=__doc__)
    parser.add_argument("provider", choices=list(RUNTIMES))
    parser.add_argument("journal", type=Path, help="the file of samples, which is gone on with")
    parser.add_argument("--rounds", type=int, default=30, help="processes of each (default: %(default)s)")
    parser.add_argument("--warm", type=int, default=200, help="requests of each process (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "tax", help="keeps what is built")
    parser.add_argument("--table", action="store_true", help="print the table too")
    options = parser.parse_args()
    if options.rounds < 1 or options.warm < 1:
        parser.error(f"--rounds {options.rounds} --warm {options.warm}: at least one of each is needed")
    journal = Journal(options.journal)
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    take(journal, options.provider, options.rounds, options.warm, folder, lambda line: print(line, flush=True))
    if options.table:
        found = read({"manifest": {"revision": ""}, **summary(journal.samples)})
        print(markdown.table(tables.tax(found)), markdown.table(tables.beside_frameworks(found)), sep="\n")
        print(markdown.void(found))


if __name__ == "__main__":
    main()
