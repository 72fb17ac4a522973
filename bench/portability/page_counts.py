"""The page's sections on what is counted or computed: requests to the store, dollars, and the same work done by others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from bench.portability import charts
from bench.portability.charts import Draw
from bench.portability.markup import (
    Column,
    Group,
    Row,
    absent,
    figure,
    folded,
    heading,
    legend,
    paragraph,
    section,
    table,
)
from bench.portability.shape import Contest, Cost, Costs, Summary, Year
from bench.portability.wording import digits, provider, providers, sentence


def trips(summary: Summary, _draw: Draw) -> str:
    """How often each operation asks the store."""
    title = "6. Requests to the store"
    if not summary.round_trips:
        return section("trips", title, absent("the requests to the store"))
    targets = providers(summary.round_trips)
    operations = list(dict.fromkeys(name for trips in summary.round_trips.values() for name in trips.operations))
    columns = [Column("operation", number=False), *(Column(f"{provider(target)}, all / chain") for target in targets)]
    rows, kinds = [], []
    for operation in operations:
        by = {target: summary.round_trips[target].operations.get(operation) for target in targets}
        rows.append(Row(operation, [f"{trip.total:,} / {trip.chain:,}" if trip else "" for trip in by.values()]))
        kinds.append(
            Row(
                operation,
                [
                    ", ".join(f"{count:,} {kind}" for kind, count in trip.kinds.items()) or "none" if trip else ""
                    for trip in by.values()
                ],
            )
        )
    commits = {trips.commits for trips in summary.round_trips.values() if trips.commits is not None}
    long = f" A long table has {' or '.join(f'{n:,}' for n in sorted(commits))} commits." if commits else ""
    plain = [Column("operation", number=False), *(Column(provider(target), number=False) for target in targets)]
    return section(
        "trips",
        title,
        paragraph(
            "All requests to the cloud's store for one operation, and the longest chain of those that wait for each other. On a cloud each costs",
            f"money, and each of the chain some 10 to 40 ms; the counts are the same there as before a stand-in.{long}",
        ),
        table("Requests for one operation: all / longest chain", columns, [Group("", rows)]),
        folded("Which requests", table("Requests by kind", plain, [Group("", kinds)])),
    )


def costs(summary: Summary, draw: Draw) -> str:
    """Dollars: a model, not a bill."""
    title = "7. What it costs"
    found = summary.costs
    if found is None or not (found.million or found.customer_year or found.monthly):
        return section("costs", title, absent("what operations cost"))
    priced: list[Cost | Year] = [
        *(cost for by in found.million.values() for cost in by.values()),
        *found.customer_year.values(),
    ]
    paid = {part for cost in priced for part in _made_of(cost)}
    names = [part for part in dict.fromkeys(part for cost in priced for part in (*cost.parts, "all")) if part in paid]
    colours = {part: charts.PARTS[place % len(charts.PARTS)] for place, part in enumerate(names)}
    return section(
        "costs",
        title,
        paragraph(
            "A model, not a bill: requests, messages and steps as they are counted here, times are estimates from the CPU that was measured on the",
            "machine below, all at the providers' list prices without discounts. The free tier is left out but where it is named.",
        ),
        _confirm(found),
        _million(found, colours, draw, summary.manifest.notice),
        _year(found, colours, draw, summary.manifest.notice),
        _monthly(found.monthly),
        folded("Assumptions", table("What the model assumes", _ASSUMED, [Group("", _assumed(found.assumptions))]))
        if found.assumptions
        else "",
    )


_ASSUMED = (Column("what", number=False), Column("value", number=False), Column("what it is", number=False))


def _confirm(found: Costs) -> str:
    prices = found.prices
    dated = f"Prices of {prices.date}." if prices.date else "The prices' date is not noted."
    if not prices.to_confirm:
        return paragraph(f"{dated} All were read on the providers' own pages.")
    items = [Row(_one_line(item), ()) for item in prices.to_confirm]
    many = len(items)
    words = (
        f"{many} of them {'is' if many == 1 else 'are'} still to be confirmed by a person on the provider's own page."
    )
    return paragraph(dated, words, kind="warning") + folded(
        "Prices still to be confirmed",
        table("Prices still to be confirmed", (Column("price", number=False),), [Group("", items)]),
    )


def _million(found: Costs, colours: Mapping[str, str], draw: Draw, notice: str) -> str:
    if not found.million:
        return paragraph("Operations have no prices in this run.", kind="absent")
    targets = providers(target for by in found.million.values() for target in by)
    panels = [
        draw(
            charts.stacks(
                operation.capitalize(),
                "dollars a million",
                {t: _made_of(by[t]) for t in targets if t in by},
                colours,
            )
        )
        for operation, by in found.million.items()
    ]
    columns = [Column("operation", number=False), *(Column(f"{provider(target)}, $") for target in targets)]
    rows = [
        Row(operation, [digits(by[t].total) if t in by else "" for t in targets])
        for operation, by in found.million.items()
    ]
    caption = f"Dollars for a million operations and what they are made of; each operation has a scale of its own. Times behind them: {notice}."
    parts = [Group(operation, _parts(by, list(colours), targets)) for operation, by in found.million.items()]
    return (
        heading("A million operations")
        + figure(panels, caption, legend([(colour, part) for part, colour in colours.items()]))
        + table("Dollars for a million operations", columns, [Group("", rows)])
        + folded("Parts of each", table("Dollars for a million operations, by part", columns, parts))
    )


def _made_of(cost: Cost | Year) -> Mapping[str, float]:
    """Its parts but those that are nothing, or itself where it has none."""
    return {part: price for part, price in cost.parts.items() if price} or {"all": cost.total}


def _parts(by: Mapping[str, Cost] | Mapping[str, Year], names: Sequence[str], targets: Sequence[str]) -> list[Row]:
    prices = {target: _made_of(by[target]) for target in targets if target in by}
    return [
        Row(name, [digits(prices[t].get(name, 0)) if t in prices else "" for t in targets])
        for name in names
        if any(name in one for one in prices.values())
    ]


def _year(found: Costs, colours: Mapping[str, str], draw: Draw, notice: str) -> str:
    years = found.customer_year
    if not years:
        return paragraph("A customer's year has no price in this run.", kind="absent")
    targets = providers(years)
    drawn = draw(charts.stacks("Without the free tier", "dollars", {t: _made_of(years[t]) for t in targets}, colours))
    columns = [Column("part", number=False), *(Column(f"{provider(target)}, $") for target in targets)]
    rows = [
        Row("all", [digits(years[t].total) for t in targets]),
        Row("with the free tier", ["" if (free := years[t].with_free_tier) is None else digits(free) for t in targets]),
    ]
    groups = [Group("", rows), Group("of all", _parts(years, list(colours), targets))]
    return (
        heading("A customer's year")
        + figure(
            [drawn],
            f"Dollars for a customer's year, without the free tier, and what they are made of. Times behind them: {notice}.",
        )
        + table("Dollars for a customer's year", columns, groups)
        + _what(years, targets)
    )


def _monthly(found: Mapping[str, Mapping[str, float]]) -> str:
    rows = [
        Row(f"{provider(target)}: {item}", (f"{price:,.2f}",))
        for target in providers(found)
        for item, price in found[target].items()
    ]
    if not rows:
        return ""
    columns = (Column("item", number=False), Column("a month, $"))
    return heading("Fixed, whatever is done") + table(
        "Dollars a month, in none of the figures above", columns, [Group("", rows)]
    )


def _assumed(said: Mapping[str, Any]) -> list[Row]:
    """What has a value says what it is beside it."""
    rows = []
    for name, told in said.items():
        if isinstance(told, Mapping) and set(told) == {"value", "says"}:
            rows.append(Row(_words(name), (_one_line(told["value"]), _one_line(told["says"]))))
        else:
            rows.append(Row(_words(name), ("", _one_line(told))))
    return rows


def _what(years: Mapping[str, Year], targets: Sequence[str]) -> str:
    """What a customer's year consists of, which may differ in what a provider counts."""
    by = {target: _flat(years[target].what) for target in targets}
    names = list(dict.fromkeys(name for told in by.values() for name in told))
    if not names:
        return ""
    columns = [Column("what", number=False), *(Column(provider(target)) for target in targets)]
    rows = [Row(name, [by[target].get(name, "") for target in targets]) for name in names]
    return folded("What a customer's year is", table("What a customer's year is", columns, [Group("", rows)]))


def _flat(said: Mapping[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, told in said.items():
        if isinstance(told, Mapping):
            found |= _flat(told, f"{before}{_words(name)}: ")
        else:
            found[f"{before}{_words(name)}"] = _one_line(told)
    return found


def _words(name: str) -> str:
    return provider(name) if provider(name) != name else name.replace("_", " ")


def _one_line(told: Any) -> str:
    if isinstance(told, Mapping):
        return ", ".join(f"{_words(str(name))} {_one_line(value)}" for name, value in told.items())
    if isinstance(told, list | tuple):
        return ", ".join(_one_line(one) for one in told)
    if isinstance(told, bool):
        return "yes" if told else "no"
    if isinstance(told, float) and not told.is_integer():
        return f"{told:,.6g}"
    return f"{told:,.0f}" if isinstance(told, int | float) else str(told)


def beside(summary: Summary, draw: Draw) -> str:
    """The same task done by others, on the same machine."""
    title = "8. Beside others"
    if not summary.beside:
        return section("beside", title, absent("Trefoil beside DuckDB, nemreader and pandas"))
    columns = [
        Column("who", number=False),
        *(Column(head) for head in ("wall, ms", "over Trefoil's", "CPU, ms", "over Trefoil's", "peak, MiB", "n")),
    ]
    groups = []
    panels: dict[str, list[charts.Point]] = {}
    for name, contest in summary.beside.items():
        base = _base(contest)
        ours = contest.contenders.get(base)
        rows = []
        for who, one in contest.contenders.items():
            wall = one.wall_s / ours.wall_s if ours and ours.wall_s else None
            cpu = one.cpu_s / ours.cpu_s if ours and ours.cpu_s and one.cpu_s is not None else None
            over = ["" if ratio is None else digits(ratio) for ratio in (wall, cpu)]
            spent = "" if one.cpu_s is None else digits(one.cpu_s * 1000)
            peak = "" if one.peak_mib is None else digits(one.peak_mib)
            rows.append(
                Row(
                    who,
                    (digits(one.wall_s * 1000), over[0], spent, over[1], peak, "" if one.n is None else f"{one.n:,}"),
                )
            )
            if wall and who != base:
                kind, _, task = name.partition(" ")
                label = "\n".join([*wrap(task, 24), who])
                panels.setdefault(kind, []).append(charts.Point("local", wall, label=label))
        groups.append(Group(f"{name}, {contest.rows:,} rows" if contest.rows else name, rows))
    caption = (
        "Wall time of others over Trefoil's with the same task and files (the line at 1): to the right of it Trefoil takes less. Medians, without "
        f"intervals. {sentence(summary.manifest.notice)}"
    )
    drawn = [draw(charts.ratios(kind.capitalize(), "wall time, ratio", points)) for kind, points in panels.items()]
    return section(
        "beside",
        title,
        paragraph(
            "Each is a process of its own on the machine below, whose result is checked. Trefoil validates what it reads; not all of the others do."
        ),
        figure(drawn, caption) if drawn else "",
        table("Medians of n runs", columns, groups),
    )


def _base(contest: Contest) -> str:
    return next((who for who in contest.contenders if who.casefold().startswith("trefoil")), "")
