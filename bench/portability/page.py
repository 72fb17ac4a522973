"""The report: one HTML page made from a summary alone, without a script or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from bench.portability import charts, page_counts, page_tax, page_times
from bench.portability.charts import Draw
from bench.portability.markup import Column, Group, Row, heading, paragraph, section, table
from bench.portability.shape import Manifest, Ratio, Summary, read
from bench.portability.targets import DEPLOYED
from bench.portability.wording import (
    WORKLOADS,
    against_native,
    between,
    digits,
    ordered,
    processor,
    provider,
    providers,
    revision,
    sentence,
    tax_sentence,
)

AGAIN = "nox -s bench"
_STYLE = Path(__file__).with_name("page.css")
_SECTIONS = (
    page_tax.tax,
    page_times.took,
    page_times.differences,
    page_times.sweeps,
    page_times.load,
    page_counts.trips,
    page_counts.costs,
    page_counts.beside,
)
_CONTENTS = {
    "tax": "Portability tax",
    "took": "Each provider's runtime",
    "differences": "Differences",
    "sweeps": "Growth with size",
    "load": "Load",
    "trips": "Requests to the store",
    "costs": "Costs",
    "beside": "Beside others",
    "method": "How it was measured",
}


def write(summary: Mapping[str, Any], path: Path) -> None:
    """Make the page of what `summary.json` holds. Needs vl-convert-python; raises `ValueError` for another shape."""
    path.write_text(render(summary, charts.svg), encoding="utf-8")


def render(summary: Mapping[str, Any], draw: Draw) -> str:
    """The page, with its charts as `draw` makes them."""
    found = read(summary)
    sections = "".join(make(found, draw) for make in _SECTIONS)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>Trefoil: what portability costs</title><style>\n{_STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body>{_head(found)}<main>{sections}{_method(found)}</main></body></html>\n"
    )


def _head(found: Summary) -> str:
    manifest = found.manifest
    targets = providers([*(r.target for r in found.tax), *(c.target for c in found.cells if c.part == "tax")])
    told = [said for target in targets if (said := tax_sentence(found, target))]
    headline = told or ["This run has not measured what portability itself takes."]
    lead = {
        "What": [
            (
                "One function set, written once, in each provider's own Python runtime, beside handlers written by hand for that runtime and the "
                "frameworks a user would take instead."
            )
        ],
        "Where": [
            f"On one machine ({processor(manifest.machine)}), {_day(manifest.begun)}, with stand-ins for the clouds' services{_deployed(found)}: {manifest.notice}."
        ],
        "Headline": headline,
    }
    items = "".join(f"<dt>{name}</dt><dd>{''.join(paragraph(one) for one in said)}</dd>" for name, said in lead.items())
    links = "".join(
        f'<li><a href="#{anchor}">{place}. {escape(name)}</a></li>'
        for place, (anchor, name) in enumerate(_CONTENTS.items(), 1)
    )
    quick = "A quick run: it shows that everything works, with too few samples to be cited."
    return (
        '<header><p class="kicker">Trefoil, the portability benchmark</p><h1>What it costs to write functions once for three clouds</h1>'
        f'<p class="notice">{escape(sentence(manifest.notice).rstrip("."))}</p>{paragraph(quick, kind="warning") if manifest.kind == "quick" else ""}'
        f'<dl class="lead">{items}</dl>{_cards(found, targets)}'
        f'<nav aria-label="Sections"><ol>{links}</ol></nav></header>'
    )


def _deployed(found: Summary) -> str:
    """Which providers are no runtimes on this machine, but answered from their clouds."""
    names = [provider(t) for t in providers(found.manifest.targets) if found.manifest.targets[t].startswith(DEPLOYED)]
    return f", but for {' and '.join(names)}, whose deployed system was asked from there" if names else ""


def _day(at: str) -> str:
    """The date of an RFC 3339 time as people write it."""
    if not at:
        return "on a day that was not noted"
    day = datetime.fromisoformat(at)
    return f"{day.day} {day:%B %Y}"


def _cards(found: Summary, targets: list[str]) -> str:
    """A provider's ratios to what is written by hand."""
    cards = []
    for target in targets:
        figures = []
        for workload in ordered((r.workload for r in found.tax if r.target == target), WORKLOADS):
            by = against_native(found, target, workload)
            figures += [
                _figure(f"{workload}, {name}", by[metric])
                for metric, name in (("warm_s", "warm"), ("cold_s", "cold"))
                if metric in by
            ]
        if figures:
            cards.append(
                f'<li class="{escape(target)}"><strong>{escape(provider(target))}</strong><span>times the time of a handler written by hand</span><dl>{"".join(figures)}</dl></li>'
            )
    return f'<ul class="cards">{"".join(cards)}</ul>' if cards else ""


def _figure(name: str, found: Ratio) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{digits(found.ratio.value)}<small>{escape(between(found.ratio))}</small></dd></div>"


_STATISTICS = (
    (
        "An interval is where the true figure lies with 95 % confidence. That of a quantile goes from one of the sorted samples to another, and assumes nothing of how "
        "times are distributed, but that samples are independent of each other. Where no two samples have that confidence, n is too small, which is said instead."
    ),
    (
        "The samples of one process are not wholly independent: they share its memory, its caches and what else the machine did meanwhile. The intervals of warm "
        "figures are therefore rather too narrow. Each cold figure is a process of its own."
    ),
    (
        "What sections 1 to 4 compare is interleaved: each round measures all, in an order that changes, so that what slows the machine down for a while slows all of "
        "them. Differences and ratios are taken within a round, and the figure is the median of these, with its interval. Loads were searched one system after the other, each alone and just started."
    ),
    (
        "Many comparisons find some difference by chance. The confidence of each interval in section 3 is raised so that all of one kind together have 95 % "
        "(Bonferroni). A difference is called one only where its interval does not hold zero."
    ),
    "Every answer is checked. One that is wrong makes its whole cell void, which is shown with the reason and without figures.",
)
_LIMITS = (
    (
        "The runtimes are the providers' own, the services behind them are stand-ins on the same machine: no network, no gateway, no scheduling of instances. Nothing here "
        "is a cloud's latency, and a difference between two providers' runtimes is none between the clouds."
    ),
    "All of it ran on one machine, whose cores were shared by the client, the runtime and the stand-ins. Ratios travel better to another machine than milliseconds do.",
)


_OVER_A_NETWORK = "What is deployed was asked in sections 2 to 5 from one place, so that its way there over the network is in each of its figures."


def _method(found: Summary) -> str:
    """Statistics in plain words, limits, and all that one needs to run it again."""
    manifest = found.manifest
    plain = (Column("what", number=False), Column("value", number=False))
    versions = [
        Group(provider(target), [Row(name, (version,)) for name, version in manifest.versions[target].items()])
        for target in providers(manifest.versions)
    ]
    return section(
        "method",
        "9. How it was measured",
        *(paragraph(one) for one in _STATISTICS),
        heading("What it can't show"),
        *(paragraph(one) for one in _LIMITS),
        paragraph(_OVER_A_NETWORK) if _deployed(found) else "",
        heading("This run"),
        table("What was run, where and when", plain, [Group("", _run(manifest))]),
        table("Versions", (Column("package", number=False), Column("version", number=False)), versions)
        if versions
        else "",
        heading("Run it again"),
        paragraph(
            "In a clone of the revision above. It goes on where it was interrupted, and leaves the raw samples beside this page."
        ),
        f"<pre><code>{escape(AGAIN)}</code></pre>",
    )


def _run(manifest: Manifest) -> list[Row]:
    machine, prices = manifest.machine, manifest.prices
    memory = f"{digits(machine.memory_gib)} GiB" if machine.memory_gib else ""
    said = {
        "revision": revision(manifest),
        "kind of run": manifest.kind,
        "begun": manifest.begun,
        "ended": manifest.ended or "interrupted, not ended",
        "processor": processor(machine),
        "memory": memory,
        "system": machine.system,
        "Python of the client": machine.python,
        **{f"what answered as {provider(target)}": manifest.targets[target] for target in providers(manifest.targets)},
        "price file": f"{prices.file} of {prices.date}" if prices else "",
        "its SHA-256": prices.sha256 if prices else "",
    }
    rows = [Row(name, (told,)) for name, told in said.items() if told]
    return [*rows, *(Row("to be known of it", (note,)) for note in manifest.notes)]
