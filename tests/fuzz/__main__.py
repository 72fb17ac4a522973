"""`nox -s fuzz -- --seconds N [TARGET ...]`: atheris over recognition, every record machine, and archives.

Each target has a process of its own, which stops at the first input that breaks what must hold (`ingestion.check`), that
takes more than 20 seconds, or more than 1 GiB of memory. What was found is kept in `tests/fuzz/found`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.ingestion import FOUND, TARGETS, check, seeds

TIMEOUT_S = 20
MEMORY_MB = 1024


def fuzz(target: str, seconds: int, corpus: Path) -> None:
    """Try inputs until the time is over. Ends the process."""
    import atheris  # of the session `fuzz` only

    with atheris.instrument_imports(include=["core.energy.ingest"]):
        import core.energy.ingest.staging  # noqa: F401  what is imported here reports which of its lines are reached

    def one(data: bytes) -> None:
        check(target, data)

    limits = [f"-max_total_time={seconds}", f"-timeout={TIMEOUT_S}", f"-rss_limit_mb={MEMORY_MB}", "-max_len=16384"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={FOUND}/{target}-", str(corpus)], one)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(prog="nox -s fuzz --", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)} (default: all)")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: %(default)s)")
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := sorted(set(options.targets) - set(TARGETS)):
        parser.error(f"there is no target {', '.join(unknown)}")
    if options.corpus:
        fuzz(options.targets[0], options.seconds, options.corpus)
        return 0
    broken = []
    for target in options.targets or TARGETS:
        with tempfile.TemporaryDirectory() as name:
            for number, seed in enumerate(seeds(target)):
                (Path(name) / f"{number}").write_bytes(seed)
            begun = time.monotonic()
            command = [sys.executable, "-m", "tests.fuzz", target, "--seconds", str(options.seconds), "--corpus", name]
            ended = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
            tried = re.findall(r"^#(\d+)", ended.stderr, re.MULTILINE)
            seconds = time.monotonic() - begun
        state = "nothing found" if ended.returncode == 0 else "BROKEN"
        print(f"{target:12} {int(tried[-1]) if tried else 0:>9,} inputs in {seconds:.0f} s: {state}", flush=True)
        if ended.returncode:
            broken.append(target)
            print(ended.stderr[-6000:])
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
