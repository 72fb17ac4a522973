"""The report for a terminal: plain text of at most 120 columns, of what the page says at greater length."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from bench.portability import tables
from bench.portability.shape import read
from bench.portability.tables import Table
from bench.portability.wording import revision

WIDTH = 120
_SHOWN = (tables.ratios, tables.took, tables.differences, tables.held, tables.million, tables.year)


def table(summary: Mapping[str, Any]) -> str:
    """Headline, medians, verdicts, load and costs, each where it was measured. Raises `ValueError` for another shape."""
    found = read(summary)
    manifest = found.manifest
    first = (
        f"Trefoil, the portability benchmark: {manifest.notice}. Revision {revision(manifest)}, a {manifest.kind} run."
    )
    shown = [_columns(one) for one in (make(found) for make in _SHOWN) if one.rows]
    return "\n\n".join(["\n".join(wrap(first, WIDTH)), *shown]) + "\n"


def _columns(shown: Table) -> str:
    """The first column to the left, the others to the right; a first one that would be too wide is cut."""
    widths = [max(len(row[place]) for row in [shown.heads, *shown.rows]) for place in range(len(shown.heads))]
    widths[0] = min(widths[0], WIDTH - 2 - sum(width + 2 for width in widths[1:]))
    lines = [
        f"  {_cut(row[0], widths[0]):<{widths[0]}}"
        + "".join(f"  {text:>{width}}" for text, width in zip(row[1:], widths[1:], strict=True))
        for row in [shown.heads, *shown.rows]
    ]
    return "\n".join([shown.title, *(line.rstrip() for line in lines)])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(width - 3, 0)]}..."
