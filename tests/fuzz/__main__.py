"""`nox -s fuzz -- --seconds N [TARGET ...]`: atheris over all that takes bytes or texts from outside.

Each target has a process of its own, which stops at the first input that breaks what must hold, that takes more than 20
seconds, or more than 1 GiB of memory. What was found is kept in `tests/fuzz/found`. A target that needs a cloud's
library is passed over where that is not installed. `--list` says what there is; TARGET may end in `*`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fuzz.target import Target

FOUND = Path(__file__).parent / "found"
"""Inputs that were found once; each is tried in every run of the tests."""
TIMEOUT_S = 20
MEMORY_MB = 1024
MOST_BYTES = 16384


def fuzz(name: str, seconds: int, corpus: Path, packages: list[str]) -> None:
    """Try inputs until the time is over. Ends the process."""
    import atheris  # of the session `fuzz` only

    from tests.fuzz.spoil import spoiled  # what is imported below reports which of its lines are reached

    with atheris.instrument_imports(include=packages):
        from tests.fuzz.targets import TARGETS

        target = TARGETS[name]
        seeds = list(target.seeds())
        for seed in seeds:  # which imports what is imported when it is needed
            target.check(seed)

    def mutated(data: bytes, most: int, seed: int) -> Any:
        random = Random(seed)
        return spoiled(data, seeds, random)[:most] if random.random() < 0.5 else atheris.Mutate(data, most)

    limits = [f"-max_total_time={seconds}", f"-timeout={TIMEOUT_S}", f"-rss_limit_mb={MEMORY_MB}"]
    options = [*limits, f"-max_len={MOST_BYTES}", f"-artifact_prefix={FOUND}/{name}~", str(corpus)]
    atheris.Setup([sys.argv[0], *options], target.check, custom_mutator=mutated)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(prog="nox -s fuzz --", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="by name, or a pattern of names (default: all)")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="say what targets there are, and what must hold of each")
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--reaches", action="append", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.corpus:
        fuzz(options.targets[0], options.seconds, options.corpus, options.reaches)
        return 0
    from tests.fuzz.targets import TARGETS

    patterns = options.targets or ["*"]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in TARGETS):
            parser.error(f"there is no target {pattern}; there are {', '.join(TARGETS)}")
    wanted = [one for one in TARGETS.values() if any(fnmatchcase(one.name, pattern) for pattern in patterns)]
    if options.list:
        print("\n".join(f"{one.name}: {one.holds}" for one in wanted))
        return 0
    broken = total = 0
    for target in wanted:
        if not target.runs_here:
            print(f"{target.name:28} passed over: needs {target.needs}, of another session", flush=True)
            continue
        tried, seconds, said = _run(target, options.seconds)
        total += tried
        print(
            f"{target.name:28} {tried:>9,} inputs in {seconds:.0f} s: {'BROKEN' if said else 'nothing found'}",
            flush=True,
        )
        if said:
            broken += 1
            print(said[-6000:], flush=True)
    print(f"{len(wanted)} targets, {total:,} inputs, {broken} broken")
    return 1 if broken else 0


def _run(target: Target, seconds: int) -> tuple[int, float, str]:
    """Fuzz one target in a process of its own: how many inputs, in which time, and what it said if one broke it."""
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(target.seeds()):
            (Path(corpus) / f"{number}").write_bytes(seed)
        begun = time.monotonic()
        command = [sys.executable, "-m", "tests.fuzz", target.name, "--seconds", str(seconds), "--corpus", corpus]
        command += [f"--reaches={package}" for package in target.reaches]
        ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    said = ended.stderr.decode(errors="replace")
    tried = re.findall(r"^#(\d+)", said, re.MULTILINE)
    return int(tried[-1]) if tried else 0, time.monotonic() - begun, said if ended.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
