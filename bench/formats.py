"""Staging of NEM12, wide and long files beside other readers of them, in turn: one process for each and each round.

Trefoil's side is staging alone: it recognises the file, judges every value and writes what the table takes as Parquet.
The peers only fill memory, by a cheap call of each: nemreader's objects, aemo-mdff-reader's columns (Python lists),
pandas' frame. pandas knows no NEM12, and validates nothing: of a wide file it makes a long one by `melt`, in which a
half hour has its column's name and no time. Whole processes are measured, imports included; nothing is subtracted.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import generate, measure

OURS, NEMREADER, MDFF, PANDAS = "Trefoil", "nemreader", "aemo-mdff-reader", "pandas"
NEM12, FEW, WIDE_YEAR, LONG_YEAR, WIDE, LONG = "NEM12", "NEM12, few meters", "wide year", "long year", "wide", "long"
FEW_METERS = 24
"""Whose year takes nemreader about ten seconds; all meters would take it four times as long."""
_READINGS = "import sys\npath, readings = sys.argv[1], int(sys.argv[2])\n"
_OURS = """
import tempfile
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.staging import stage

class Disk(FileIO):
    read_into = FileIO.readinto

received = datetime(2026, 1, 1, tzinfo=UTC)
with tempfile.TemporaryDirectory() as name, Disk(path) as file, Rejects(Path(name) / "rejects") as rejects:
    to = Path(name) / "staged"
    staged = stage(file, source="bench", received=received, entry=None, rejects=rejects, path=to)
    assert staged.readings == readings and not rejects.count, (staged, rejects.first)
"""
_NEMREADER = """
from nemreader import read_nem_file
found = read_nem_file(path).readings
assert sum(len(channel) for meter in found.values() for channel in meter.values()) == readings
"""
_MDFF = """
from aemo_mdff_reader import parse_to_columns
assert len(parse_to_columns(path)["Value"]) == readings
"""
_PANDAS_WIDE = """
import pandas
long = pandas.read_csv(path).melt(["point", "date", "version"], var_name="slot", value_name="kwh")
assert len(long.dropna(subset="kwh")) == readings
"""
_PANDAS_LONG = """
import pandas
assert len(pandas.read_csv(path)) == readings
"""
WHO: Mapping[str, Mapping[str, str]] = {
    NEM12: {OURS: _OURS, MDFF: _MDFF},
    FEW: {OURS: _OURS, NEMREADER: _NEMREADER, MDFF: _MDFF},
    WIDE_YEAR: {OURS: _OURS, PANDAS: _PANDAS_WIDE},
    LONG_YEAR: {OURS: _OURS, PANDAS: _PANDAS_LONG},
    WIDE: {OURS: _OURS, PANDAS: _PANDAS_WIDE},
    LONG: {OURS: _OURS, PANDAS: _PANDAS_LONG},
}


@dataclass(frozen=True, slots=True)
class Result:
    """The median of one contender with one file."""

    taken: measure.Sample
    readings: int

    @property
    def rate(self) -> float:
        """Readings a CPU second."""
        return self.readings / self.taken.cpu


def run(rounds: int, versions: int, meters: int = generate.METERS) -> None:
    with tempfile.TemporaryDirectory(prefix="trefoil-bench-") as name:
        folder = Path(name)
        _compiled_once(folder / "compiled")
        readings = {file: write(folder / file) for file, write in _files(versions, meters).items()}
        assert readings[NEM12] == meters * generate.DAYS * generate.FIVE_MINUTES
        samples: dict[tuple[str, str], list[measure.Sample]] = {one: [] for one in _contenders()}
        for number in range(rounds + 1):
            for file, who in samples:
                taken = measure.process(["-c", _READINGS + WHO[file][who], str(folder / file), str(readings[file])])
                if number:  # the first round compiles
                    samples[file, who].append(taken)
    path = measure.save("formats", {", ".join(one): taken for one, taken in samples.items()}, readings=readings)
    print(f"\nMedian of {rounds}, in turn. Local figures, not cloud latency.\n{measure.machine()}\n")
    _tell({one: Result(measure.median(taken), readings[one[0]]) for one, taken in samples.items()})
    print(f"Samples: {path}")


def _compiled_once(folder: Path) -> None:
    """Every contender's modules are compiled in the first round and kept here, whatever the machine's settings say."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder)


def _files(versions: int, meters: int) -> Mapping[str, Callable[[Path], int]]:
    """What writes each file and returns its readings."""
    return {
        NEM12: lambda path: generate.write_nem12(path, meters=meters),
        FEW: lambda path: generate.write_nem12(path, meters=min(meters, FEW_METERS)),
        WIDE_YEAR: generate.write_wide,
        LONG_YEAR: lambda path: generate.write(path, versions=1),
        WIDE: lambda path: generate.write_wide(path, versions=versions),
        LONG: lambda path: generate.write(path, versions=versions),
    }


def _contenders() -> Iterator[tuple[str, str]]:
    return ((file, who) for file, readers in WHO.items() for who in readers)


def _tell(results: Mapping[tuple[str, str], Result]) -> None:
    """The table, whose ratio is Trefoil's rate over the contender's with the same file, and the goals."""
    print("| file | readings | | wall s | CPU s | peak MiB | readings a CPU second | ratio |\n" + "|---" * 8 + "|")
    for (file, who), result in results.items():
        taken, ratio = result.taken, results[file, OURS].rate / result.rate
        figures = f"{taken.wall:.2f} | {taken.cpu:.2f} | {taken.peak:.0f} | {result.rate:,.0f} | {ratio:.2f}"
        print(f"| {file} | {result.readings:,} | {who} | {figures} |")
    ours = {file: result for (file, who), result in results.items() if who == OURS}
    peer = results[FEW, NEMREADER].rate
    print(f"\nPeak with NEM12: {ours[NEM12].taken.peak:.0f} MiB (goal: at most 250).")
    print(
        f"NEM12: {ours[FEW].rate / peer:.1f} x nemreader's readings a CPU second with few meters (goal: at least 10);"
        f" Trefoil with all meters {ours[NEM12].rate / peer:.1f} x nemreader with few."
    )
    year, big = ours[WIDE_YEAR].rate / ours[LONG_YEAR].rate, ours[WIDE].rate / ours[LONG].rate
    print(f"Wide over long: {year:.2f} with a year, {big:.2f} with all versions of it (goal: at least 0.33).")
