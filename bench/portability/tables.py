"""A summary's figures as plain tables, which the terminal and the report's markdown write in their own ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.portability.shape import Cell, Cost, Load, Step, Summary, Year
from bench.portability.wording import (
    TOO_SMALL,
    WAYS,
    WORKLOADS,
    between,
    digits,
    ordered,
    provider,
    providers,
    verdict,
    way,
)

NOTHING = "-"
"""What was not measured."""
_COLD_AND_WARM = {"warm_s": "warm", "cold_s": "cold"}
_BESIDE = {"cold_s": "cold", "cold_cpu_s": "its CPU", "warm_s": "warm", "warm_cpu_s": "its CPU"}
_VERDICTS = {"no significant difference": "=", TOO_SMALL: "?"}


@dataclass(frozen=True, slots=True)
class Table:
    """The first `names` columns have the rows' names, all others figures as they are written for people."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    names: int = 1


def ratios(found: Summary) -> Table:
    """The headline: Trefoil over what is written by hand."""
    kinds = [
        (workload, metric)
        for workload in ordered((r.workload for r in found.tax), WORKLOADS)
        for metric in _COLD_AND_WARM
    ]
    rows = [
        [provider(target), *(_ratio(found, target, workload, metric) for workload, metric in kinds)]
        for target in providers(r.target for r in found.tax)
    ]
    heads = ["", *(f"{workload}, {_COLD_AND_WARM[metric]}" for workload, metric in kinds)]
    return Table("Portability tax: times the time of a handler written by hand (95 % interval)", heads, rows)


def tax(found: Summary) -> Table:
    """What each way takes and brings."""
    heads = ["", "request", "way", "cold ms", "x by hand", "warm ms", "x by hand", "CPU ms a request", "import ms"]
    rows = []
    for target, workload in _asked(found):
        ways = (c.way for c in found.cells if (c.part, c.target, c.workload) == ("tax", target, workload))
        rows += [
            [provider(target), workload, way(name), *_taken(found, target, workload, name)]
            for name in ordered(ways, WAYS)
        ]
    title = "Portability tax: medians of each way, and ratios within a round (95 % interval)"
    return Table(title, [*heads, "modules", "peak MiB", "package MiB"], rows, names=3)


def _asked(found: Summary) -> list[tuple[str, str]]:
    """Each provider and request of the tax."""
    cells = [c for c in found.cells if c.part == "tax"]
    return [
        (target, workload)
        for target in providers(c.target for c in cells)
        for workload in ordered((c.workload for c in cells if c.target == target), WORKLOADS)
    ]


def _taken(found: Summary, target: str, workload: str, name: str) -> Iterator[str]:
    for metric in ("cold_s", "warm_s"):
        yield _median(found.cell("tax", target, workload, metric, name), 1000)
        yield "1" if name == "native" else _ratio(found, target, workload, metric, name)
    for metric in ("warm_cpu_s", "import_s"):
        yield _median(found.cell("tax", target, workload, metric, name), 1000)
    for metric in ("modules", "peak_mib", "package_mib"):
        yield _median(found.cell("tax", target, workload, metric, name))


def beside_frameworks(found: Summary) -> Table:
    """Trefoil over each framework."""
    others = dict.fromkeys(
        (r.target, r.workload, r.of) for r in found.tax if r.way == "trefoil" and r.of not in ("native", "trefoil")
    )
    rows = [
        [provider(target), workload, way(of), *(_ratio(found, target, workload, metric, of=of) for metric in _BESIDE)]
        for asked in _asked(found)
        for target, workload, of in others
        if (target, workload) == asked
    ]
    title = "Trefoil over a framework: below 1, Trefoil takes less (95 % interval)"
    return Table(title, ["", "request", "beside", *_BESIDE.values()], rows, names=3)


def _ratio(found: Summary, target: str, workload: str, metric: str, name: str = "trefoil", of: str = "native") -> str:
    one = found.ratio(target, workload, metric, name, of)
    return f"{digits(one.ratio.value)} ({between(one.ratio)})" if one else NOTHING


def _median(cell: Cell | None, factor: float = 1) -> str:
    if cell is None:
        return NOTHING
    if cell.void:
        return "void"
    if "0.5" not in cell.quantiles:
        return TOO_SMALL
    shown = cell.quantiles["0.5"].value * factor
    return digits(shown) if shown >= 0.01 or not shown else "< 0.01"


def took(found: Summary, part: str = "warm") -> Table:
    """How long a user waits, through each provider's runtime."""
    cells = {(c.workload, c.target): c for c in found.cells if (c.part, c.metric) == (part, "took_s")}
    targets = providers(target for _, target in cells)
    names = ordered((workload for workload, _ in cells), WORKLOADS)
    rows = [[name, *(_median_between(cells.get((name, target))) for target in targets)] for name in names]
    return Table(f"{part.capitalize()}, p50 in ms (95 % interval)", ["", *map(provider, targets)], rows)


def _median_between(cell: Cell | None) -> str:
    if cell is None or cell.void or "0.5" not in cell.quantiles:
        return _median(cell)
    shown = cell.quantiles["0.5"].times(1000)
    return f"{digits(shown.value)} ({between(shown)})"


def differences(found: Summary) -> Table:
    """Which of two takes less time for a warm request or job."""
    warm = [one for one in found.differences if (one.part, one.metric) == ("warm", "took_s")]
    pairs = list(dict.fromkeys((one.a, one.b) for one in warm))
    said = {(one.workload, one.a, one.b): one.verdict for one in warm}
    rows = []
    for workload in dict.fromkeys(one.workload for one in warm):
        verdicts = [said.get((workload, *pair), NOTHING) for pair in pairs]
        rows.append([workload, *(_VERDICTS.get(told, verdict(told)) for told in verdicts)])
    heads = ["", *(f"{provider(a)}, {provider(b)}" for a, b in pairs)]
    return Table("Which of two takes less (=: no significant difference; ?: n too small)", heads, rows)


def held(found: Summary) -> Table:
    """The highest rates."""
    requests = list(dict.fromkeys(one.request for one in found.load))
    targets = providers(one.target for one in found.load)
    by = {(one.request, one.target): one for one in found.load}
    rows = [[request, *(_held(by.get((request, target))) for target in targets)] for request in requests]
    return Table("Highest rate held with p99 below 100 ms, requests a second", ["", *map(provider, targets)], rows)


def _held(one: Load | None) -> str:
    if one is None:
        return NOTHING
    return "none" if one.held_rate is None else digits(one.held_rate)


def twice(found: Summary) -> Table:
    """The highest rates, and what twice as many come to."""
    requests = list(dict.fromkeys(one.request for one in found.load))
    order = providers(one.target for one in found.load)
    rows = [
        [provider(one.target), one.request, _held(one), _latency(one.last("held")), *_came_to(one.last("twice"))]
        for one in sorted(found.load, key=lambda one: (order.index(one.target), requests.index(one.request)))
    ]
    heads = ["", "request", "held a second", "p50, p99 ms", "p50, p99 ms at twice that"]
    title = "Highest rate held with p99 below 100 ms, and twice that for a while"
    return Table(title, [*heads, "answered", "refused", "failed", "not sent"], rows, names=2)


def _latency(step: Step | None) -> str:
    if step is None or step.p50_ms is None or step.p99_ms is None:
        return NOTHING
    return f"{digits(step.p50_ms)}, {digits(step.p99_ms)}"


def _came_to(step: Step | None) -> list[str]:
    if step is None:
        return [NOTHING] * 5
    return [_latency(step), *(f"{count:,}" for count in (step.answered, step.refused, step.failed, step.dropped))]


def trips(found: Summary) -> Table:
    """Requests to the store for one operation, in all and of the longest chain."""
    targets = providers(found.round_trips)
    names = dict.fromkeys(name for one in found.round_trips.values() for name in one.operations)
    rows = []
    for name in names:
        by = [found.round_trips[target].operations.get(name) for target in targets]
        rows.append([name, *(f"{one.total:,} / {one.chain:,}" if one else NOTHING for one in by)])
    title = "Requests to the store: all / the longest chain of those that wait for each other"
    return Table(title, ["operation", *map(provider, targets)], rows)


def million(found: Summary) -> Table:
    """Dollars for a million of each operation."""
    by_operation = found.costs.million if found.costs else {}
    targets = providers(target for by in by_operation.values() for target in by)
    rows = [[name, *_totals(by, targets)] for name, by in by_operation.items()]
    unsure = len(found.costs.prices.to_confirm) if found.costs else 0
    note = f"; {unsure} prices still to be confirmed" if unsure else ""
    title = f"Dollars for a million, by a model, without the free tier{note}"
    return Table(title, ["", *map(provider, targets)], rows)


def year(found: Summary) -> Table:
    """Dollars for a customer's year."""
    years = found.costs.customer_year if found.costs else {}
    targets = providers(years)
    rows = [["without the free tier", *_totals(years, targets)]] if years else []
    free = {target: one.with_free_tier for target, one in years.items() if one.with_free_tier is not None}
    if free:
        rows.append(["with it", *(digits(free[target]) if target in free else NOTHING for target in targets)])
    return Table("Dollars for a customer's year", ["", *map(provider, targets)], rows)


def _totals(by: Mapping[str, Cost] | Mapping[str, Year], targets: Sequence[str]) -> list[str]:
    return [digits(by[target].total) if target in by else NOTHING for target in targets]


def beside(found: Summary) -> Table:
    """The same work done by others."""
    rows = [
        [
            task,
            who,
            digits(one.wall_s),
            *(NOTHING if taken is None else digits(taken) for taken in (one.cpu_s, one.peak_mib)),
            NOTHING if one.n is None else f"{one.n:,}",
        ]
        for task, contest in found.beside.items()
        for who, one in contest.contenders.items()
    ]
    return Table("The same work done by others: medians", ["", "", "wall s", "CPU s", "peak MiB", "n"], rows, names=2)
