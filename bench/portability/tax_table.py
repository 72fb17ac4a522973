"""The portability tax as a table: what each way takes, and by how much Trefoil takes more or less than each other."""

from __future__ import annotations

import statistics as standard
from collections.abc import Iterator, Mapping, Sequence

from bench.portability.contenders import TREFOIL
from bench.portability.samples import Cell, Sample, by_cell
from bench.portability.statistics import Interval, ratio

PART = "tax"
COLUMNS = {
    "cold_s": ("cold ms", 1000, 0),
    "cold_cpu_s": ("of it on a CPU", 1000, 0),
    "import_s": ("import ms", 1000, 0),
    "modules": ("modules", 1, 0),
    "warm_s": ("warm ms", 1000, 2),
    "warm_cpu_s": ("CPU ms a request", 1000, 3),
    "peak_mib": ("peak MiB", 1, 0),
    "package_mib": ("package MiB", 1, 1),
}
"""Metric -> its heading, what makes its unit of ours, and its decimals."""
RATIOS = {
    "cold_s": "cold",
    "cold_cpu_s": "its CPU",
    "warm_p50_s": "warm",
    "warm_cpu_s": "its CPU",
}
"""What is compared within a round: of the warm requests of a process their median, as they depend on each other.

Not the import: by hand for Lambda it is less than what two starts of an interpreter differ by.
"""
Cells = Mapping[Cell, list[Sample]]


def table(samples: Sequence[Sample]) -> str:
    """Markdown: medians of each way, then the medians of Trefoil's ratios within a round, with 95 % intervals.

    A way with a wrong answer has no figures, but what was wrong.
    """
    cells = by_cell([one for one in samples if one.part == PART])
    who = list(dict.fromkeys((cell.target, cell.workload) for cell in cells))
    heads = ["", "", "", *(heading for heading, _, _ in COLUMNS.values())]
    lines = [_line(heads), "|" + "---|" * len(heads)]
    for target, workload in who:
        lines += [_line(row) for row in _medians(cells, target, workload)]
    heads = ["", "", "trefoil beside", "processes", *RATIOS.values()]
    lines += ["", _line(heads), "|" + "---|" * len(heads)]
    for target, workload in who:
        lines += [_line(row) for row in _ratios(cells, target, workload)]
    return "\n".join(lines) + "\n"


def _ways(cells: Cells, target: str, workload: str) -> list[str]:
    """In the order of the alphabet, whatever was measured first; Trefoil the last."""
    found = {cell.way for cell in cells if (cell.target, cell.workload) == (target, workload)}
    return sorted(found, key=lambda way: (way == TREFOIL, way))


def _wrong(cells: Cells, target: str, workload: str, way: str) -> str:
    said = (
        one.wrong
        for cell, taken in cells.items()
        if (cell.target, cell.workload, cell.way) == (target, workload, way)
        for one in taken
        if one.wrong
    )
    return next(said, "")


def _medians(cells: Cells, target: str, workload: str) -> Iterator[list[str]]:
    for way in _ways(cells, target, workload):
        if wrong := _wrong(cells, target, workload, way):
            yield [target, workload, way, f"wrong: {wrong}".replace("|", "/").replace("\n", " ")]
            continue
        row = [target, workload, way]
        for metric, (_, unit, decimals) in COLUMNS.items():
            taken = cells.get(Cell(PART, target, workload, way, metric), [])
            row.append(f"{standard.median(one.value for one in taken) * unit:.{decimals}f}" if taken else "")
        yield row


def _ratios(cells: Cells, target: str, workload: str) -> Iterator[list[str]]:
    others = [way for way in _ways(cells, target, workload) if way != TREFOIL]
    for way in others:
        if _wrong(cells, target, workload, way) or _wrong(cells, target, workload, TREFOIL):
            continue
        row = [target, workload, way]
        for metric in RATIOS:
            ours, theirs = (
                {one.round: one.value for one in cells.get(Cell(PART, target, workload, who, metric), [])}
                for who in (TREFOIL, way)
            )
            rounds = [number for number in ours if number in theirs]
            if metric == "cold_s":
                row.append(str(len(rounds)))
            pairs = [ours[one] for one in rounds], [theirs[one] for one in rounds]
            row.append(_ratio(ratio(*pairs)) if rounds else "")
        yield row


def _ratio(found: Interval) -> str:
    if found.low is None or found.high is None:
        return f"{found.value:.2f} (n too small)"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _line(row: Sequence[str]) -> str:
    return "| " + " | ".join(row) + " |"
