"""The page's section on the portability tax: Trefoil beside handlers written by hand and beside frameworks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.portability import charts
from bench.portability.charts import INTERVALS, Draw
from bench.portability.markup import (
    Column,
    Group,
    Row,
    Value,
    absent,
    figure,
    heading,
    paragraph,
    providers_legend,
    section,
    table,
    value,
)
from bench.portability.shape import Estimate, Ratio, Summary
from bench.portability.wording import TOO_SMALL, WAYS, WORKLOADS, digits, ordered, provider, providers, sentence, way


def tax(summary: Summary, draw: Draw) -> str:
    """What Trefoil takes beside handlers written by hand and frameworks."""
    title = "1. Portability tax"
    cells = [cell for cell in summary.cells if cell.part == "tax"]
    if not cells and not summary.tax:
        return section("tax", title, absent("what portability itself takes"))
    panels = [draw(spec) for spec in _tax_panels(summary)]
    caption = (
        "What each way takes, divided by what a handler written by hand for the same runtime takes in the same round (the line at 1). "
        f"Filled: Trefoil; hollow: a framework. {INTERVALS} {sentence(summary.manifest.notice)}"
    )
    return section(
        "tax",
        title,
        paragraph(
            "The same request is answered by Trefoil's package as it is deployed, by a handler written by hand for the provider's runtime, and by",
            "the framework that a user would take instead. Hello is a greeting; read verifies a token and reads the user's grants from the store.",
            "Cold is from starting the process to its first answer, warm is a later request of the same process.",
        ),
        paragraph(
            "All do the same work, but each as its users write it: by hand and with a framework the read takes the cloud's own SDK (boto3, google-cloud-storage,",
            "azure-storage-blob) and PyJWT, Trefoil takes obstore and PyJWT. So the read compares the clients too, and hello alone is what the adapter costs.",
            "Powertools and Trefoil write a log line for each request; what is written by hand and the other frameworks write none. Trefoil's package holds all of its functions, with the engine of its tables.",
        ),
        paragraph(
            "On Google Cloud Trefoil signs a token with a service account's key in each process and reads by the XML interface, for which the stand-in asks its own backend twice;",
            "the official client is anonymous to a stand-in, and its JSON interface asks once. Both are to Trefoil's disadvantage, and neither is so in a deployment.",
        )
        if "gcp" in {cell.target for cell in cells}
        else "",
        figure(panels, caption, providers_legend(providers(r.target for r in summary.tax))) if panels else "",
        _tax_table(summary, "What each way takes: medians and ratios with their 95 % intervals", _TIMES),
        _tax_table(summary, "What each way brings: medians", _BRINGS),
        _beside_frameworks(summary.tax),
    )


def _tax_panels(summary: Summary) -> list[charts.Spec]:
    found = []
    for workload in ordered((r.workload for r in summary.tax), WORKLOADS):
        for metric, name in (("warm_s", "warm"), ("cold_s", "cold")):
            of_native = [r for r in summary.tax if (r.workload, r.metric, r.of) == (workload, metric, "native")]
            points = [
                charts.Point(
                    r.target,
                    r.ratio.value,
                    r.ratio.low,
                    r.ratio.high,
                    f"{provider(r.target)}, {way(r.way)}",
                    hollow=r.way != "trefoil",
                    pale=r.ratio.low is None,
                )
                for target in providers(r.target for r in of_native)
                for name_of_way in WAYS
                for r in of_native
                if (r.target, r.way) == (target, name_of_way)
            ]
            if points:
                found.append(
                    charts.ratios(f"{workload.capitalize()}, {name}", "times what is written by hand takes", points)
                )
    return found


@dataclass(frozen=True, slots=True)
class _Figure:
    """A column of the tax tables: a metric's median, or its ratio to what is written by hand, or its n."""

    head: str
    metric: str
    kind: str = "median"
    factor: float = 1.0


_TIMES = (
    _Figure("warm p50, ms", "warm_s", "with interval", 1000),
    _Figure("warm, over by hand", "warm_s", "ratio"),
    _Figure("n, warm", "warm_s", "n"),
    _Figure("cold p50, ms", "cold_s", "with interval", 1000),
    _Figure("cold, over by hand", "cold_s", "ratio"),
    _Figure("n, cold", "cold_s", "n"),
)
_BRINGS = (
    _Figure("CPU of a warm request, ms", "warm_cpu_s", factor=1000),
    _Figure("CPU of a cold start, ms", "cold_cpu_s", factor=1000),
    _Figure("import, ms", "import_s", factor=1000),
    _Figure("its CPU, ms", "import_cpu_s", factor=1000),
    _Figure("modules", "modules"),
    _Figure("peak memory, MiB", "peak_mib"),
    _Figure("package, MiB", "package_mib"),
)


def _tax_table(summary: Summary, caption: str, figures: Sequence[_Figure]) -> str:
    cells = [cell for cell in summary.cells if cell.part == "tax"]
    figures = [figure for figure in figures if any(cell.metric == figure.metric for cell in cells)]
    groups = []
    for target in providers(cell.target for cell in cells):
        for workload in ordered((cell.workload for cell in cells if cell.target == target), WORKLOADS):
            ours = [cell for cell in cells if (cell.target, cell.workload) == (target, workload)]
            rows = [
                Row(way(name), [_tax_figure(summary, target, workload, name, figure) for figure in figures])
                for name in ordered((cell.way for cell in ours), WAYS)
            ]
            groups.append(Group(f"{provider(target)}, {workload}", rows))
    columns = [Column("way", number=False), *(Column(figure.head) for figure in figures)]
    return table(caption, columns, groups) if groups and figures else ""


def _tax_figure(summary: Summary, target: str, workload: str, name: str, wanted: _Figure) -> str | Value:
    cell = summary.cell("tax", target, workload, wanted.metric, name)
    if wanted.kind == "ratio":
        found = summary.ratio(target, workload, wanted.metric, name)
        return "1" if name == "native" else value(found.ratio if found else None)
    if cell is None:
        return ""
    if wanted.kind == "n":
        return f"{cell.n:,}"
    if cell.void:
        return Value("void", cell.void)
    median = cell.quantiles.get("0.5")
    if median is None:
        return TOO_SMALL
    return value(median, wanted.factor) if wanted.kind == "with interval" else digits(median.value * wanted.factor)


def _beside_frameworks(tax: Sequence[Ratio]) -> str:
    theirs = [r for r in tax if r.way == "trefoil" and r.of != "native"]
    if not theirs:
        return ""
    rows: dict[tuple[str, str, str], dict[str, Estimate]] = {}
    for r in theirs:
        rows.setdefault((r.target, r.workload, r.of), {})[r.metric] = r.ratio
    groups = [
        Group(
            provider(target),
            [
                Row(f"{workload}, over {way(of)}", (value(by.get("warm_s")), value(by.get("cold_s"))))
                for (one, workload, of), by in rows.items()
                if one == target
            ],
        )
        for target in providers(r.target for r in theirs)
    ]
    columns = (Column("request", number=False), Column("warm, ratio"), Column("cold, ratio"))
    return heading("Trefoil beside frameworks") + table(
        "Trefoil's time over the framework's: below 1, Trefoil takes less", columns, groups
    )
