"""What was measured, one line of JSON each: the raw data, and the journal by which an interrupted run goes on."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec


class Cell(NamedTuple):
    """What is measured again and again, and summarised as one."""

    part: str
    """`warm` (through HTTP, as a user), `tax` (one handler beside others), `sweep`, `load`, `trips` (requests to the store)."""
    target: str
    """`local`, `aws`, `gcp` or `azure`."""
    workload: str
    way: str
    """Who does it: `trefoil`, or in the part `tax` `native` and the frameworks."""
    metric: str
    """With its unit at the end, such as `cold_s`, `cpu_s`, `peak_mib`, `modules`."""


class Sample(msgspec.Struct, frozen=True, omit_defaults=True):
    """One measurement. Those of a round were taken one right after the other."""

    part: str
    target: str
    workload: str
    way: str
    metric: str
    round: int
    value: float
    at: str
    """When it was taken, RFC 3339 in UTC."""
    wrong: str = ""
    """What was wrong with the answer; not empty: the whole cell is void."""

    @property
    def cell(self) -> Cell:
        return Cell(self.part, self.target, self.workload, self.way, self.metric)


def sample(cell: Cell, number: int, value: float, wrong: str = "") -> Sample:
    """One that was taken just now."""
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    return Sample(*cell, round=number, value=float(f"{value:.6g}"), at=at, wrong=wrong)


class Journal:
    """A file of samples, to which each finished round of a part is added whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._encoder = msgspec.json.Encoder()
        self.samples: list[Sample] = []
        self.void: set[tuple[str, str, str]] = set()
        """Parts, targets and workloads of which an answer was wrong."""
        self._done: set[tuple[str, str, str, int]] = set()
        self._note(self._kept())

    def _kept(self) -> list[Sample]:
        """What is there already. The last line may have been cut by an interruption: it is taken off."""
        if not self.path.exists():
            return []
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            self.path.write_bytes(whole)
        return _decoded(whole)

    def has(self, part: str, target: str, workload: str, number: int) -> bool:
        """Whether that round was measured, now or before an interruption."""
        return (part, target, workload, number) in self._done

    def add(self, taken: Iterable[Sample]) -> None:
        """Write them at once, so that a round is there whole or not at all but for its last lines."""
        new = list(taken)
        with self.path.open("ab") as stream:
            stream.write(b"".join(self._encoder.encode(one) + b"\n" for one in new))
        self._note(new)

    def _note(self, new: list[Sample]) -> None:
        self.samples += new
        self._done |= {(one.part, one.target, one.workload, one.round) for one in new}
        self.void |= {(one.part, one.target, one.workload) for one in new if one.wrong}


def kept(folder: Path) -> list[Sample]:
    """The samples of a run that is over, whose file may have been compressed; none where no part has any."""
    path = folder / "samples.jsonl"
    packed = path.with_suffix(".jsonl.gz")
    if not packed.exists() and not path.exists():
        return []
    return _decoded(gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes())


def _decoded(lines: bytes) -> list[Sample]:
    decoder = msgspec.json.Decoder(Sample)
    return [decoder.decode(line) for line in lines.splitlines()]


def by_cell(samples: Sequence[Sample]) -> dict[Cell, list[Sample]]:
    """The samples of each cell by their round, cells in the order in which they came first."""
    found: dict[Cell, list[Sample]] = {}
    for one in samples:
        found.setdefault(one.cell, []).append(one)
    return {cell: sorted(taken, key=lambda one: one.round) for cell, taken in found.items()}
