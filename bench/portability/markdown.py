"""The report's tables in markdown: README.md of a run's folder, which code hosts show where they show no HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.portability import tables
from bench.portability.shape import Summary, read
from bench.portability.tables import Table
from bench.portability.wording import processor, provider, providers, revision, sentence, voids


def write(summary: Mapping[str, Any], path: Path) -> None:
    """Make it of what `summary.json` holds. Raises `ValueError` for another shape."""
    path.write_text(render(read(summary)), encoding="utf-8")


def render(found: Summary) -> str:
    """All tables, each where it was measured, below what was run, where and when."""
    shown = (
        tables.tax(found),
        tables.beside_frameworks(found),
        tables.took(found),
        tables.differences(found),
        tables.took(found, "sweep"),
        tables.twice(found),
        tables.trips(found),
        tables.million(found),
        tables.year(found),
        tables.beside(found),
    )
    parts = [_head(found), *(f"## {one.title}\n\n{table(one)}" for one in shown if one.rows)]
    return "\n".join(parts)


def table(shown: Table) -> str:
    """Names to the left, figures to the right."""
    sides = ["---"] * shown.names + ["---:"] * (len(shown.heads) - shown.names)
    return "".join(_line(row) for row in (shown.heads, sides, *shown.rows))


def void(found: Summary) -> str:
    """A list of what has no figures, with the reasons; empty where all has."""
    return "\n".join(f"- void: {' '.join(one.split())}" for one in voids(found))


def _line(row: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n"


def _head(found: Summary) -> str:
    manifest = found.manifest
    answered = [f"- {provider(name)}: {manifest.targets[name]}" for name in providers(manifest.targets)]
    said = [
        "# A run of the portability benchmark",
        f"**{sentence(manifest.notice)}** {processor(manifest.machine)}; {manifest.begun or 'not noted when'}; revision {revision(manifest)}; a {manifest.kind} run.",
        "[report.html](report.html) has it all with charts and intervals, summary.json every figure, and the samples are beside them. What was measured and how: bench/README.md.",
        "\n".join(answered),
        "\n".join(f"- {note}" for note in manifest.notes),
        void(found),
    ]
    return "\n\n".join(one for one in said if one) + "\n"
