"""The benchmarks beside other tools, run as part of a portability benchmark, in the one shape that its report takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench import export, formats, generate, ingest, measure, query


class Size(NamedTuple):
    """How much is done: rounds, settlement versions of the big file (24: 10.5 million rows), and meters of NEM12."""

    rounds: int
    versions: int
    meters: int


FULL, QUICK = Size(3, generate.VERSIONS, generate.METERS), Size(3, 1, 1)
NAMES: Mapping[str, Callable[[Size], None]] = {
    "ingest": lambda size: ingest.run(size.rounds, size.versions),
    "query": lambda size: query.run(size.rounds, size.versions),
    "export": lambda size: export.run(size.rounds, size.versions),
    "formats": lambda size: formats.run(size.rounds, size.versions, size.meters),
}
_MADE = {
    "ingest": ("ingest",),
    "query": ("query",),
    "export": ("export-csv", "export-parquet"),
    "formats": ("formats",),
}


def measured(name: str, size: Size, folder: Path) -> None:
    """Run one of `NAMES`, and keep its samples in the folder. What it prints is in the report too."""
    with redirect_stdout(StringIO()):
        NAMES[name](size)
    for made in _MADE[name]:
        (folder / f"beside-{made}.json").write_bytes((measure.OUT / f"{made}.json").read_bytes())


def has(name: str, folder: Path) -> bool:
    return all((folder / f"beside-{made}.json").exists() for made in _MADE[name])


def summary(folder: Path) -> dict[str, Any]:
    """What each found, by its name: the machine, the rows, and each contender's medians."""
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("beside-*.json")):
        name, raw = path.stem.removeprefix("beside-"), json.loads(path.read_text())
        found |= _query(raw) if name == "query" else _formats(raw) if name == "formats" else {name: _one(raw)}
    return found


def _one(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "machine": raw["machine"],
        "rows": raw["rows"],
        "contenders": {who: _medians(samples) for who, samples in raw["samples"].items()},
    }


def _formats(raw: Mapping[str, Any]) -> dict[str, Any]:
    """One for each file, whose contenders are told apart by what comes after its name."""
    found = {}
    for file, rows in raw["readings"].items():
        own = {who.removeprefix(f"{file}, "): taken for who, taken in raw["samples"].items() if who.startswith(file)}
        own = {who: taken for who, taken in own.items() if "," not in who}
        contenders = {who: _medians(taken) for who, taken in own.items()}
        found[f"formats, {file}"] = {"machine": raw["machine"], "rows": rows, "contenders": contenders}
    return found


def _query(raw: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for state, compared in raw["seconds"].items():
        for question, times in compared["times"].items():
            found[f"query, {question}, {state}"] = {
                "machine": raw["machine"],
                "rows": raw["rows"],
                "contenders": {
                    who: {"wall_s": median(times[side]), "n": len(times[side])}
                    for who, side in (("Trefoil", "ours"), ("DuckDB", "peer"))
                },
            }
    return found


def _medians(samples: list[Mapping[str, float]]) -> dict[str, float]:
    names = {"wall": "wall_s", "cpu": "cpu_s", "peak": "peak_mib"}
    return {new: median(one[old] for one in samples) for old, new in names.items()} | {"n": len(samples)}
