"""Cold and warm hello of a cloud's package in that cloud's genuine runtime, against a handler written by hand for it.

`nox -s bench -- cold` for AWS and Google Cloud; `nox -s aws -- bench` (also gcp, azure) from a provider's session. What
runs is the package as it is deployed, unpacked, in a Python 3.13 that can't write bytecode (`bench/portability` has the
contenders); beside it the same without its bytecode, and other packages that are given (`--beside former.zip`). Cold is
from starting the process to its first answer, by the clock and by what the process had of a CPU, which other work on
the machine changes less; warm are the following requests, one after the other. Every answer is checked. These figures
are this machine's, not cloud latency. `bench/portability/tax.py` has the read too, the frameworks, and intervals.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from bench.measure import OUT, machine
from bench.portability import contenders
from bench.runtimes import HELLO, RUNTIMES, Contender, imported, measured, settings

WARM = 200


@dataclass(frozen=True, slots=True)
class Samples:
    """Seconds of one contender: cold and of that on a CPU, importing its entry likewise, and warm."""

    cold: list[float] = field(default_factory=list)
    cold_cpu: list[float] = field(default_factory=list)
    entry: list[float] = field(default_factory=list)
    entry_cpu: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)


def everybody(provider: str, beside: Sequence[Path], folder: Path) -> list[Contender]:
    """The package of this commit with and without its bytecode, those given, and the handler written by hand."""
    python, code = contenders.runtime(provider, folder), contenders.package(provider, folder)
    bare = folder / "without"
    shutil.copytree(code, bare, ignore=shutil.ignore_patterns("__pycache__"))
    found = [("Trefoil", code), ("the same without bytecode", bare)]
    for number, path in enumerate(beside):
        found.append((f"Trefoil ({path.name})", contenders.unpacked(path, folder / f"{number}-{path.stem}")))
    environment, entry = settings(provider), contenders.OURS[provider]
    ours = [Contender(name, place, str(python), environment, entry) for name, place in found]
    return [*ours, replace(contenders.native_hello(provider, python, folder), name="written by hand")]


def run(provider: str, rounds: int, beside: Sequence[Path] = ()) -> None:
    """Measure, print a table, and keep the samples."""
    with tempfile.TemporaryDirectory(prefix="trefoil-bench-") as name:
        everyone = everybody(provider, beside, Path(name))
        samples = {one.name: Samples() for one in everyone}
        for number in range(rounds + 1):
            for one in everyone:
                process, entry = measured(provider, one, HELLO, WARM), imported(one)
                assert not process.wrong, (one.name, process.wrong)
                if number:  # the first round fills the disk's cache
                    taken = samples[one.name]
                    taken.cold.append(process.cold)
                    taken.cold_cpu.append(process.cold_cpu)
                    taken.entry.append(entry.wall)
                    taken.entry_cpu.append(entry.cpu)
                    taken.warm.extend(process.warm)
    print(f"\n{provider}: hello, {machine()}; packages run in Python 3.13; {rounds} processes each, in turn\n")
    print("| | cold ms | x | on a CPU ms | x | import ms | on a CPU ms | warm p50 ms | p95 ms |")
    print("|---|---|---|---|---|---|---|---|---|")
    native = samples[everyone[-1].name]
    for who, taken in samples.items():
        cold, cpu, entry_wall, entry_cpu = (
            statistics.median(values) * 1000 for values in (taken.cold, taken.cold_cpu, taken.entry, taken.entry_cpu)
        )
        ratios = cold / statistics.median(native.cold) / 1000, cpu / statistics.median(native.cold_cpu) / 1000
        line = (
            f"| {who} | {cold:.0f} | {ratios[0]:.2f} | {cpu:.0f} | {ratios[1]:.2f} | {entry_wall:.0f} | {entry_cpu:.0f}"
        )
        print(f"{line} | {percentile(taken.warm, 0.5):.2f} | {percentile(taken.warm, 0.95):.2f} |")
    OUT.mkdir(exist_ok=True)
    raw = {"machine": machine(), "samples": {who: asdict(taken) for who, taken in samples.items()}}
    (OUT / f"cold-{provider}.json").write_text(json.dumps(raw) + "\n")


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cold")
    parser.add_argument("provider", choices=list(RUNTIMES))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--beside", type=Path, action="append", default=[], help="a package to measure beside")
    options = parser.parse_args()
    run(options.provider, options.rounds, options.beside)


if __name__ == "__main__":
    main()
