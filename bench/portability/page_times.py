"""The page's sections on what was timed: providers' runtimes, differences, sweeps, load."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.portability import charts
from bench.portability.charts import INTERVALS, Draw
from bench.portability.markup import (
    Column,
    Group,
    Row,
    Value,
    absent,
    figure,
    folded,
    heading,
    paragraph,
    providers_legend,
    section,
    table,
    value,
)
from bench.portability.shape import Cell, Difference, Load, Step, Summary
from bench.portability.wording import (
    TOO_SMALL,
    WORKLOADS,
    digits,
    fixed,
    ordered,
    places,
    provider,
    providers,
    sentence,
    verdict,
)

QUANTILES = {"0.5": "p50", "0.9": "p90", "0.95": "p95", "0.99": "p99"}
LIMIT_MS = 100.0
OF_IT = {"put_s": "sending it", "ingested_s": "from when it was sent", "drained_s": "from when all were asked for"}
"""Times that are a part of a workload's."""
_UNITS = {"": 1, "B": 1, "KB": 1000, "KiB": 1024, "MB": 1000**2, "MiB": 1024**2}


def took(summary: Summary, draw: Draw) -> str:
    """Warm requests and jobs through each provider's runtime."""
    title = "2. What each provider's runtime takes"
    cells = [cell for cell in summary.cells if cell.part == "warm"]
    if not cells:
        return section("took", title, absent("requests through the providers' runtimes"))
    names = ordered((cell.workload for cell in cells), WORKLOADS)
    points = [
        _point(cell, cell.workload.capitalize())
        for name in names
        for cell in cells
        if (cell.workload, cell.metric) == (name, "took_s") and "0.5" in cell.quantiles
    ]
    caption = f"Median time in ms of a warm request or job, on a scale by factors of ten. {INTERVALS} {sentence(summary.manifest.notice)}"
    columns = [
        Column("provider", number=False),
        Column("n"),
        *(Column(f"{name}, ms") for name in QUANTILES.values()),
        Column("least, ms"),
        Column("most, ms"),
    ]
    groups = [
        Group(
            _named(name, metric),
            [
                _quantiles(cell)
                for target in providers(cell.target for cell in cells)
                for cell in cells
                if (cell.workload, cell.metric, cell.target) == (name, metric, target)
            ],
        )
        for name in names
        for metric in dict.fromkeys(cell.metric for cell in cells if cell.workload == name)
    ]
    drawn = (
        figure(
            [draw(charts.rows("Median by workload", "ms", points))],
            caption,
            providers_legend(providers(c.target for c in cells)),
        )
        if points
        else ""
    )
    return section(
        "took", title, drawn, table("Warm requests and jobs: quantiles with their 95 % intervals", columns, groups)
    )


def _point(cell: Cell, label: str = "", x: float = 0) -> charts.Point:
    shown = cell.quantiles["0.5"].times(1000)
    return charts.Point(cell.target, shown.value, shown.low, shown.high, label, x, pale=shown.low is None)


def _quantiles(cell: Cell) -> Row:
    head = provider(cell.target)
    if cell.void:
        return Row(head, (f"{cell.n:,}",), f"void: {cell.void}")
    ends = [digits(end * 1000) if end is not None else "" for end in (cell.min, cell.max)]
    quantiles = [value(cell.quantiles.get(q), 1000, TOO_SMALL) for q in QUANTILES]
    return Row(head, (f"{cell.n:,}", *quantiles, *ends))


def differences(summary: Summary, _draw: Draw) -> str:
    """Which provider's runtime takes less, where that can be said."""
    title = "3. Differences between providers"
    found = summary.differences
    if not found:
        return section("differences", title, absent("the providers in turns, so that they could be compared"))
    undecided = sum(one.verdict == "no significant difference" for one in found)
    small = sum(one.verdict == TOO_SMALL for one in found)
    said = f"Of {len(found)} comparisons, {len(found) - undecided - small} show a difference, {undecided} none that is significant"
    content = [paragraph(f"{said}, and for {small} n is too small. {sentence(summary.manifest.notice)}")]
    for part in dict.fromkeys(one.part for one in found):
        ours = [one for one in found if one.part == part]
        content += [heading(f"{'Warm requests and jobs' if part == 'warm' else part.capitalize()}"), _verdicts(ours)]
        content.append(folded("By how much, with intervals", _by_how_much(ours)))
    return section("differences", title, *content)


def _verdicts(found: Sequence[Difference]) -> str:
    pairs = list(dict.fromkeys((one.a, one.b) for one in found))
    said = {(one.workload, one.metric, one.a, one.b): verdict(one.verdict) for one in found}
    columns = [
        Column("workload", number=False),
        *(Column(f"{provider(a)} and {provider(b)}", number=False) for a, b in pairs),
    ]
    rows = [
        Row(_named(workload, metric), [said.get((workload, metric, a, b), "") for a, b in pairs])
        for workload, metric in dict.fromkeys((one.workload, one.metric) for one in found)
    ]
    return table(
        "Which of two takes less, by the interval of the median difference within a round", columns, [Group("", rows)]
    )


def _named(workload: str, metric: str) -> str:
    return workload if metric == "took_s" else f"{workload}, {OF_IT.get(metric, metric.removesuffix('_s'))}"


def _by_how_much(found: Sequence[Difference]) -> str:
    columns = [
        Column("a and b", number=False),
        Column("b takes more by, ms"),
        Column("n"),
        Column("confidence, %"),
        Column("verdict", number=False),
    ]
    groups = [
        Group(
            _named(workload, metric),
            [
                Row(
                    f"{provider(one.a)} and {provider(one.b)}",
                    (_signed(one), f"{one.n:,}", f"{one.confidence * 100:.4g}", verdict(one.verdict)),
                )
                for one in found
                if (one.workload, one.metric) == (workload, metric)
            ],
        )
        for workload, metric in dict.fromkeys((one.workload, one.metric) for one in found)
    ]
    return table("Median difference within a round, with its interval", columns, groups)


def _signed(one: Difference) -> str | Value:
    if one.median_s is None:
        return TOO_SMALL
    if one.low_s is None or one.high_s is None:
        return Value(digits(one.median_s * 1000), TOO_SMALL)
    # As many digits as the interval has any use for: the median may be next to zero.
    after = places(max(abs(one.low_s), abs(one.high_s)) * 1000)
    median, low, high = (fixed(taken * 1000, after) for taken in (one.median_s, one.low_s, one.high_s))
    return Value(median, f"{low} to {high}")


def sweeps(summary: Summary, draw: Draw) -> str:
    """How time grows with the size of an answer, of an upload, and with the rows of a file."""
    title = "4. How time grows with size"
    sizes = {
        cell.workload: cell.quantiles["0.5"].value
        for cell in summary.cells
        if cell.metric == "answer_b" and not cell.void
    }
    cells = [cell for cell in summary.cells if cell.part == "sweep" and cell.metric.endswith("_s")]
    if not cells:
        return section("sweeps", title, absent("answers, uploads and files of several sizes"))
    kinds = {
        ("answer", "took_s"): ("Answers", "bytes of the answer"),
        ("rows", "took_s"): ("Files until their report", "rows of the file"),
        ("rows", "put_s"): ("Of that, sending them", "rows of the file"),
    }
    panels = []
    for (kind, metric), (name, across) in kinds.items():
        points, labels = [], {}
        for cell in cells:
            x = sizes.get(cell.workload) or size(cell.workload)
            if (cell.workload.split()[0], cell.metric) == (kind, metric) and x and "0.5" in cell.quantiles:
                points.append(_point(cell, x=x))
                labels[x] = cell.workload.removeprefix(f"{kind} ")
        if points:
            points.sort(key=lambda point: point.x)
            panels.append(draw(charts.lines(name, "ms", across, points, labels=labels)))
    caption = f"Median time in ms, both scales by factors. {INTERVALS} {sentence(summary.manifest.notice)}"
    targets = providers(cell.target for cell in cells)
    columns = [Column("size", number=False), *(Column(f"{provider(target)}, ms") for target in targets), Column("n")]
    rows = []
    for workload, metric in dict.fromkeys((cell.workload, cell.metric) for cell in cells):
        by = {cell.target: cell for cell in cells if (cell.workload, cell.metric) == (workload, metric)}
        medians = [_median(by.get(target)) for target in targets]
        rows.append(Row(_named(workload, metric), [*medians, f"{min(cell.n for cell in by.values()):,}"]))
    return section(
        "sweeps",
        title,
        figure(panels, caption, providers_legend(targets)) if panels else "",
        table("Medians with their 95 % intervals; n of the provider with the fewest", columns, [Group("", rows)]),
    )


def _median(cell: Cell | None) -> str | Value:
    if cell and cell.void:
        return Value("void", cell.void)
    return value(cell.quantiles.get("0.5") if cell else None, 1000, TOO_SMALL if cell else "")


def size(workload: str) -> float | None:
    """The number in a sweep's name, such as `put 4 MiB` or `rows 100,000`; None: there is none in it."""
    found = re.fullmatch(r"\w+ ([\d.,]+) ?(\w*)", workload)
    if not found or found[2] not in _UNITS:
        return None
    return float(found[1].replace(",", "")) * _UNITS[found[2]]


def load(summary: Summary, draw: Draw) -> str:
    """Latency by rate, and the highest that each runtime holds."""
    title = "5. Under load"
    if not summary.load:
        return section("load", title, absent("rates of requests"))
    panels = []
    for request in dict.fromkeys(one.request for one in summary.load):
        points = [
            charts.Point(one.target, step.p99_ms, x=step.rate, hollow=bool(step.refused or step.failed or step.dropped))
            for target in providers(one.target for one in summary.load)
            for one in summary.load
            if (one.request, one.target) == (request, target)
            for step in sorted(one.steps, key=lambda step: step.rate)
            if step.p99_ms
        ]
        if points:
            panels.append(
                draw(charts.lines(request.capitalize(), "p99, ms", "requests a second", points, limit=LIMIT_MS))
            )
    caption = (
        "The 99th percentile of the time from sending a request to its right answer, by the rate at which requests came; both scales by factors. "
        f"The dashed line is at {LIMIT_MS:.0f} ms. Hollow: some were refused, failed or not sent in time. {sentence(summary.manifest.notice)}"
    )
    return section(
        "load",
        title,
        paragraph(
            "Requests come at a constant rate whether or not earlier ones were answered, so that a slow system is asked no less. Times are from sending,",
            "with the wait for a connection, to right answers alone; what was refused, failed or could not be sent in time is counted beside them. The rate that is held",
            f"is the highest that one search came to (doubling, then smaller steps) and a longer second look confirmed: every answer right, p99 below {LIMIT_MS:.0f} ms.",
            "It has no interval: single looks at higher rates may have passed. The load generator shares the cores with what it asks. Then twice that rate is sent.",
        ),
        figure(panels, caption, providers_legend(providers(one.target for one in summary.load))) if panels else "",
        _held(summary.load),
        folded("Every rate that was tried", _steps(summary.load)),
    )


def _held(found: Sequence[Load]) -> str:
    heads = (
        "held, requests a second",
        "p50 there, ms",
        "p99 there, ms",
        "at twice: p50, ms",
        "p99, ms",
        "answered",
        "refused",
        "failed",
        "not sent",
    )
    columns = [Column("provider", number=False), *(Column(head) for head in heads)]
    groups = []
    order = providers(one.target for one in found)
    for request in dict.fromkeys(one.request for one in found):
        rows = []
        for one in sorted((one for one in found if one.request == request), key=lambda one: order.index(one.target)):
            held, twice = map(one.last, ("held", "twice"))
            if one.held_rate is None:
                rows.append(Row(provider(one.target), (), f"no rate that was tried stayed below {LIMIT_MS:.0f} ms"))
                continue
            cells = [digits(one.held_rate), *(_latency(held) if held else ("", ""))]
            rows.append(Row(provider(one.target), [*cells, *(_whole(twice) if twice else ("",) * 6)]))
        groups.append(Group(request, rows))
    return table(
        f"The highest rate held with p99 below {LIMIT_MS:.0f} ms, and what happens at twice that", columns, groups
    )


def _latency(step: Step) -> tuple[str, str]:
    p50, p99 = (TOO_SMALL if taken is None else digits(taken) for taken in (step.p50_ms, step.p99_ms))
    return p50, p99


def _whole(step: Step) -> tuple[str, ...]:
    return (*_latency(step), *(f"{number:,}" for number in (step.answered, step.refused, step.failed, step.dropped)))


def _steps(found: Sequence[Load]) -> str:
    heads = ("kind", "sent", "p50, ms", "p99, ms", "answered", "refused", "failed", "not sent")
    columns = [Column("requests a second", number=False), *(Column(head, number=head != "kind") for head in heads)]
    groups = [
        Group(
            f"{one.request}, {provider(one.target)}",
            [
                Row(digits(step.rate), (step.kind, f"{step.sent:,}", *_whole(step)))
                for step in sorted(one.steps, key=lambda step: step.rate)
            ],
        )
        for one in found
    ]
    return table("Rates tried", columns, groups)
