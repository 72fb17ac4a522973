"""From samples to figures: each cell's quantiles with intervals, what differs between targets, and the tax's ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

from bench.portability import statistics
from bench.portability.rounds import TREFOIL
from bench.portability.samples import Cell, Sample, by_cell

NATIVE = "native"
COMPARED: Mapping[str, str] = {
    **{name: name for name in ("cold_s", "cold_cpu_s", "warm_cpu_s", "peak_mib", "package_mib")},
    "warm_p50_s": "warm_s",
}
"""Samples of the tax that are given as ratios, and what those are called.

Warm requests are compared by the median of each process, since those of one process are not independent. Importing is
not compared: what is written by hand for Lambda brings next to nothing to import.
"""

Cells = Mapping[Cell, list[Sample]]


def summary(samples: Sequence[Sample]) -> dict[str, Any]:
    """`cells`, `differences` and `tax`, as they are written to summary.json."""
    voids = {_doer(one.cell): one.wrong for one in reversed(samples) if one.wrong}
    every = by_cell(samples)
    cells = {cell: taken for cell, taken in every.items() if _doer(cell) not in voids}
    return {
        "cells": [_told(cell, taken, voids.get(_doer(cell), "")) for cell, taken in every.items()],
        "differences": _differences(cells),
        "tax": _tax(cells),
    }


def _doer(cell: Cell) -> tuple[str, str, str, str]:
    """What a wrong answer voids: whatever was measured of who gave it."""
    return cell.part, cell.target, cell.workload, cell.way


def _told(cell: Cell, taken: Sequence[Sample], void: str) -> dict[str, Any]:
    """A cell's figures; of a void one only why it is. Where n is too small for a quantile's interval, that is null."""
    told: dict[str, Any] = {**cell._asdict(), "n": len(taken), "void": void}
    if void:
        return told
    values = [one.value for one in taken]
    quantiles = {str(q): asdict(statistics.quantile(values, q)) for q in statistics.QUANTILES}
    return {**told, "min": min(values), "max": max(values), "quantiles": quantiles}


def _paired(one: Sequence[Sample], other: Sequence[Sample]) -> tuple[list[float], list[float]]:
    """The values of the rounds that both have."""
    ours, theirs = ({each.round: each.value for each in taken} for taken in (one, other))
    rounds = [number for number in ours if number in theirs]
    return [ours[number] for number in rounds], [theirs[number] for number in rounds]


def _differences(cells: Cells) -> list[dict[str, Any]]:
    """Between each two targets, of how long a user waits. So many pairs ask for so much more certainty (Bonferroni)."""
    found = []
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        if cell.metric == "took_s":
            groups.setdefault((cell.part, cell.workload), []).append(cell)
    for (part, workload), members in groups.items():
        pairs = list(combinations(members, 2))
        for a, b in pairs:
            told = statistics.difference(*_paired(cells[a], cells[b]), comparisons=len(pairs))
            verdict = told.verdict.replace("a less", f"{a.target} less").replace("b less", f"{b.target} less")
            found.append(
                {
                    "part": part,
                    "workload": workload,
                    "metric": "took_s",
                    "a": a.target,
                    "b": b.target,
                    "n": told.n,
                    "median_s": told.median.value,
                    "low_s": told.median.low,
                    "high_s": told.median.high,
                    "confidence": told.confidence,
                    "verdict": verdict,
                }
            )
    return found


def _tax(cells: Cells) -> list[dict[str, Any]]:
    """Trefoil over each other way, and each framework over what is written by hand."""
    found = []
    for cell, taken in cells.items():
        if cell.part != "tax" or cell.metric not in COMPARED or cell.way == NATIVE:
            continue
        others = [one for one in cells if one[:3] == cell[:3] and one.metric == cell.metric and one.way != cell.way]
        for other in others:
            if other.way != NATIVE and cell.way != TREFOIL:
                continue
            ours, theirs = _paired(taken, cells[other])
            if not ours or not all(theirs):
                continue  # a handler that brings no module at all has no ratio
            ratio = asdict(statistics.ratio(ours, theirs))
            found.append(
                {
                    "target": cell.target,
                    "workload": cell.workload,
                    "metric": COMPARED[cell.metric],
                    "way": cell.way,
                    "of": other.way,
                    "ratio": ratio,
                }
            )
    return found
