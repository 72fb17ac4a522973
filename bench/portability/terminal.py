"""The report for a terminal: plain text of at most 120 columns, of what the page says at greater length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from bench.portability.shape import Cell, Summary, read
from bench.portability.wording import TOO_SMALL, WORKLOADS, between, digits, ordered, provider, providers, verdict

WIDTH = 120
_COLD_AND_WARM = {"warm_s": "warm", "cold_s": "cold"}
_SHORT = {"no significant difference": "=", TOO_SMALL: "?"}


def table(summary: Mapping[str, Any]) -> str:
    """Headline, medians, verdicts, load and costs, each where it was measured. Raises `ValueError` for another shape."""
    found = read(summary)
    manifest = found.manifest
    dirty = ", with changes that are not committed" if manifest.dirty else ""
    first = f"Trefoil, the portability benchmark: {manifest.notice}. Revision {manifest.revision}{dirty}, a {manifest.kind} run."
    parts = (_tax(found), _took(found), _differences(found), _load(found), _costs(found))
    return "\n\n".join(["\n".join(wrap(first, WIDTH)), *(part for part in parts if part)]) + "\n"


def _tax(found: Summary) -> str:
    kinds = [
        (workload, metric)
        for workload in ordered((r.workload for r in found.tax), WORKLOADS)
        for metric in _COLD_AND_WARM
    ]
    rows = []
    for target in providers(r.target for r in found.tax):
        ratios = [found.ratio(target, workload, metric) for workload, metric in kinds]
        rows.append(
            [provider(target), *(f"{digits(r.ratio.value)} ({between(r.ratio)})" if r else "-" for r in ratios)]
        )
    heads = ["", *(f"{workload}, {_COLD_AND_WARM[metric]}" for workload, metric in kinds)]
    return _columns("Portability tax: times the time of a handler written by hand (95 % interval)", heads, rows)


def _took(found: Summary) -> str:
    cells = {(c.workload, c.target): c for c in found.cells if (c.part, c.metric) == ("warm", "took_s")}
    targets = providers(target for _, target in cells)
    names = ordered((workload for workload, _ in cells), WORKLOADS)
    rows = [[name, *(_median(cells.get((name, target))) for target in targets)] for name in names]
    return _columns("Warm, p50 in ms (95 % interval)", ["", *map(provider, targets)], rows)


def _median(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    if cell.void:
        return "void"
    median = cell.quantiles.get("0.5")
    if median is None:
        return TOO_SMALL
    shown = median.times(1000)
    return f"{digits(shown.value)} ({between(shown)})"


def _differences(found: Summary) -> str:
    warm = [one for one in found.differences if (one.part, one.metric) == ("warm", "took_s")]
    pairs = list(dict.fromkeys((one.a, one.b) for one in warm))
    said = {(one.workload, one.a, one.b): one.verdict for one in warm}
    rows = []
    for workload in dict.fromkeys(one.workload for one in warm):
        verdicts = [said.get((workload, *pair), "-") for pair in pairs]
        rows.append([workload, *(_SHORT.get(told, verdict(told)) for told in verdicts)])
    heads = ["", *(f"{provider(a)}, {provider(b)}" for a, b in pairs)]
    return _columns("Which of two takes less (=: no significant difference; ?: n too small)", heads, rows)


def _load(found: Summary) -> str:
    requests = list(dict.fromkeys(one.request for one in found.load))
    targets = providers(one.target for one in found.load)
    held = {(one.request, one.target): one for one in found.load}

    def rate(request: str, target: str) -> str:
        one = held.get((request, target))
        if one is None:
            return "-"
        return "none" if one.held_rate is None else digits(one.held_rate)

    rows = [[request, *(rate(request, target) for target in targets)] for request in requests]
    return _columns("Highest rate held with p99 below 100 ms, requests a second", ["", *map(provider, targets)], rows)


def _costs(found: Summary) -> str:
    costs = found.costs
    if costs is None:
        return ""
    targets = providers([*costs.customer_year, *(target for by in costs.million.values() for target in by)])
    rows = [[name, *(digits(by[t].total) if t in by else "-" for t in targets)] for name, by in costs.million.items()]
    unsure = len(costs.prices.to_confirm)
    note = f"; {unsure} prices still to be confirmed" if unsure else ""
    title = f"Dollars for a million, by a model, without the free tier{note}"
    heads = ["", *map(provider, targets)]
    years = [digits(costs.customer_year[t].total) if t in costs.customer_year else "-" for t in targets]
    year = _columns("Dollars for a customer's year", heads, [["", *years]]) if costs.customer_year else ""
    return "\n\n".join(part for part in (_columns(title, heads, rows), year) if part)


def _columns(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, the others to the right; a first one that would be too wide is cut."""
    if not rows:
        return ""
    widths = [max(len(row[place]) for row in [heads, *rows]) for place in range(len(heads))]
    widths[0] = min(widths[0], WIDTH - 2 - sum(width + 2 for width in widths[1:]))
    lines = [
        f"  {_cut(row[0], widths[0]):<{widths[0]}}"
        + "".join(f"  {text:>{width}}" for text, width in zip(row[1:], widths[1:], strict=True))
        for row in [heads, *rows]
    ]
    return "\n".join([title, *(line.rstrip() for line in lines)])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(width - 3, 0)]}..."
