"""Charts as Vega-Lite specifications, whose intervals are rules, and their conversion to SVG for a page without scripts.

A chart is about 400 wide, so that its letters can be read on a phone; several stand side by side where there is room.
Providers' colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/), and each has a shape of its own besides.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape, unescape
from typing import Any

from bench.portability.wording import PROVIDERS, digits, provider

Spec = dict[str, Any]
Draw = Callable[[Spec], str]
"""What makes an SVG of a specification."""
INTERVALS = "Lines are 95 % intervals, hidden where they are narrower than the mark; pale: n is too small for one."

# No colour of a chart is one of these: they stand for what differs between light and dark, until the page decides.
INK, MUTED, LINE, SURFACE, LOCAL = "#010101", "#020202", "#030303", "#040404", "#050505"
THEME = {
    INK: "currentColor",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    SURFACE: "var(--surface)",
    LOCAL: "var(--local)",
}
COLOURS = {"local": LOCAL, "aws": "#d55e00", "gcp": "#009e73", "azure": "#0072b2"}
SHAPES = {"local": "diamond", "aws": "circle", "gcp": "square", "azure": "triangle-up"}
# What a price is made of; no provider has any of these colours.
PARTS = ("#e69f00", "#56b4e9", "#cc79a7", "#f0e442", "#7f7f7f", "#b3b3b3", "#8c6bb1", "#9bd1c0", "#4d4d4d", "#d9c6e0")

_WIDTH = 190
_CLEAN = re.compile(r' (?:aria-[a-z]+|role|class|pointer-events|font-family|xmlns(?::xlink)?|version)="[^"]*"')
_EMPTY = re.compile(r'<path d="[^"]*" (?:display="none")?/>')
_SIZE = re.compile(r'^<svg[^>]*? viewBox="(?P<box>[^"]+)"[^>]*>')


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of a provider with its interval: at `x` of a scale, or in the row `label`."""

    target: str
    value: float
    low: float | None = None
    high: float | None = None
    label: str = ""
    x: float = 0
    hollow: bool = False
    pale: bool = False


def svg(spec: Spec) -> str:
    """The chart as SVG to be put into a page that defines the variables of THEME. Needs vl-convert-python.

    Raises `ModuleNotFoundError` where that is not installed.
    """
    try:
        converter = importlib.import_module("vl_convert")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "charts need vl-convert-python, which only building the page does: pip install vl-convert-python==1.9.0"
        ) from error
    return themed(converter.vegalite_to_svg(spec, allowed_base_urls=[]), spec["description"])


def themed(drawn: str, label: str) -> str:
    """An SVG of Vega's in the page's colours and letters, as one image with a label, and without names that repeat."""
    found = _SIZE.match(drawn)
    if not found:
        raise ValueError(f"no SVG with a viewBox, but {drawn[:80]!r}: another version of vl-convert-python?")
    width = found["box"].split()[2]
    inner = _EMPTY.sub("", _CLEAN.sub("", drawn[found.end() :]))
    for colour, meant in THEME.items():
        inner = inner.replace(f'"{colour}"', f'"{meant}"')
    return (
        f'<svg viewBox="{found["box"]}" role="img" aria-label="{escape(unescape(label))}" style="--natural:{width}px">'
        f"{inner}"
    )


def ratios(title: str, axis: str, points: Sequence[Point]) -> Spec:
    """A row for each, on a scale by factors, with a line at 1 and the figure at the end of the row.

    A label may have several lines.
    """
    ends = [end for p in points for end in (p.value, p.low, p.high) if end] + [1.0]
    lines = 1 + max(p.label.count("\n") for p in points)
    step, up = 9 + 15 * lines, -8 * (lines - 1)
    # Labels hang from the same height: one with fewer lines begins lower, so that its middle is beside its mark.
    points = [replace(p, label="\n" * ((lines - 1 - p.label.count("\n")) // 2) + p.label) for p in points]
    low, high = min(ends) * 0.9, max(ends) * 1.08
    scale = {"type": "log", "domain": [low, high], "nice": False}
    ticks = [t for t in (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 50, 100) if low <= t <= high]
    x = {"title": axis, "scale": scale, "axis": _axis(ticks)}
    y = {
        "field": "label",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {
            "domain": False,
            "ticks": False,
            "labelExpr": "split(datum.label, '\\n')",
            "labelLimit": 190,
            "labelOffset": up,
        },
    }
    one = {"data": {"values": [{}]}, "mark": {"type": "rule", "color": INK, "strokeWidth": 1.2}}
    layers = [
        {**one, "encoding": {"x": {"datum": 1, "type": "quantitative"}}},
        *_intervals({"y": y}, x, vertical=False),
        {
            "mark": {"type": "text", "align": "right", "baseline": "middle", "color": INK, "fontSize": 12},
            "encoding": {"y": y, "x": {"value": _WIDTH + 38}, "text": {"field": "shown"}},
        },
    ]
    size = {"width": _WIDTH, "height": {"step": step}, "padding": {"left": 14, "top": 2, "bottom": 2, "right": 36}}
    return {**_spec(title, points, layers), **size}


def rows(title: str, axis: str, points: Sequence[Point]) -> Spec:
    """A band for each label, in which each provider has its line, on a scale by factors."""
    scale, ticks = _factors(_ends(points))
    x = {"title": axis, "scale": scale, "axis": _axis(ticks)}
    y = {
        "field": "label",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"domain": False, "ticks": False, "grid": True, "bandPosition": 0, "tickBand": "extent"},
        "scale": {"paddingInner": 0.22, "paddingOuter": 0.11},
    }
    offset = {"field": "provider", "type": "nominal", "sort": list(PROVIDERS.values())}
    layers = _intervals({"y": y, "yOffset": offset}, x, vertical=False)
    size = {"width": _WIDTH + 120, "height": {"step": 11, "for": "offset"}}
    return {**_spec(title, points, layers), **size}


def lines(
    title: str,
    axis: str,
    across: str,
    points: Sequence[Point],
    *,
    labels: Mapping[float, str] | None = None,
    limit: float = 0,
) -> Spec:
    """Milliseconds by what `across` says, a line for each provider, both scales by factors.

    `labels`: where `across` is marked, and how; `limit`: where a line goes across.
    """
    sizes, marks = _factors(p.x for p in points)
    named = labels or {x: f"{x:,.12g}" for x in marks}
    shown = " : ".join(f"abs(datum.value / {x!r} - 1) < 1e-9 ? {json.dumps(label)}" for x, label in named.items())
    x = {
        "field": "x",
        "type": "quantitative",
        "title": across,
        "scale": sizes,
        "axis": {"values": list(named), "labelExpr": f"{shown} : ''", "grid": False, "labelOverlap": True},
    }
    scale, ticks = _factors([*_ends(points), limit])
    y = {"title": axis, "scale": scale, "axis": _axis(ticks)}
    line = {
        "mark": {"type": "line", "strokeWidth": 1.4},
        "encoding": {"x": x, "y": {**y, "field": "value", "type": "quantitative"}, "color": _colour()},
    }
    layers = [line, *_intervals({"x": x}, y, vertical=True)]
    if limit:
        rule = {"type": "rule", "color": INK, "strokeDash": [4, 3]}
        at = {"y": {"datum": limit, "type": "quantitative"}}
        layers.append({"data": {"values": [{}]}, "mark": rule, "encoding": at})
    return {**_spec(title, points, layers), "width": _WIDTH + 110, "height": 210}


def stacks(title: str, axis: str, bars: Mapping[str, Mapping[str, float]], colours: Mapping[str, str]) -> Spec:
    """A bar for each provider, of its parts one after the other, and the sum at its end."""
    order = {part: place for place, part in enumerate(colours)}
    values = [
        {"provider": provider(name), "part": part, "value": amount, "place": order[part]}
        for name, parts in bars.items()
        for part, amount in parts.items()
    ]
    sums = {provider(name): sum(parts.values()) for name, parts in bars.items()}
    y = {"field": "provider", "type": "nominal", "sort": None, "title": None, "axis": {"domain": False, "ticks": False}}
    x = {
        "field": "value",
        "type": "quantitative",
        "title": axis,
        "stack": "zero",
        "scale": {"domain": [0, max(sums.values(), default=0) * 1.02 or 1], "nice": False},
        "axis": {"tickCount": 4, "format": ",~r", "labelFlush": False},
    }
    part = {"field": "part", "scale": {"domain": list(colours), "range": list(colours.values())}, "legend": None}
    bar = {
        "mark": {"type": "bar", "stroke": SURFACE, "strokeWidth": 0.8, "height": 15},
        "encoding": {"y": y, "x": x, "color": part, "order": {"field": "place"}},
    }
    text = {
        "data": {"values": [{"provider": name, "shown": digits(total)} for name, total in sums.items()]},
        "mark": {"type": "text", "align": "right", "baseline": "middle", "color": INK, "fontSize": 12},
        "encoding": {"y": y, "x": {"value": _WIDTH + 44}, "text": {"field": "shown"}},
    }
    told = [Point(name, sum(parts.values())) for name, parts in bars.items()]
    size = {"width": _WIDTH, "height": {"step": 22}, "padding": {"left": 14, "top": 2, "bottom": 2, "right": 42}}
    return {**_spec(title, told, [bar, text]), "data": {"values": values}, **size}


def _spec(title: str, points: Sequence[Point], layers: list[Spec]) -> Spec:
    values = [
        {
            "target": p.target,
            "provider": provider(p.target),
            "label": p.label,
            "x": p.x,
            "value": p.value,
            "low": p.low,
            "high": p.high,
            "hollow": p.hollow,
            "pale": p.pale,
            "shown": digits(p.value),
        }
        for p in points
    ]
    told = "; ".join(f"{' '.join(p.label.split()) or provider(p.target)} {digits(p.value)}" for p in points[:12])
    more = f"; and {len(points) - 12} more in the table" if len(points) > 12 else ""
    letters = {"labelColor": INK, "titleColor": MUTED, "labelFontSize": 13, "titleFontSize": 12, "titleFontWeight": 400}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": f"{title}: {told}{more}.",
        "title": {"text": title, "anchor": "start", "frame": "group", "color": INK, "fontSize": 14, "offset": 8},
        "background": None,
        "padding": {"left": 14, "top": 2, "right": 8, "bottom": 2},
        "data": {"values": values},
        "layer": layers,
        "config": {
            "view": {"stroke": None},
            "axis": {**letters, "gridColor": LINE, "domainColor": MUTED, "tickColor": MUTED, "labelLimit": 160},
        },
    }


def _intervals(place: Spec, scale: Spec, *, vertical: bool) -> list[Spec]:
    """Rules from low to high, and a point on each. A figure without an interval has the point alone."""
    along = "y" if vertical else "x"
    rule = {
        "transform": [{"filter": "isValid(datum.low) && isValid(datum.high)"}],
        "mark": {"type": "rule", "strokeWidth": 2.4, "strokeCap": "round"},
        "encoding": {
            **place,
            along: {**scale, "field": "low", "type": "quantitative"},
            f"{along}2": {"field": "high"},
            "color": _colour(),
        },
    }
    hollow = {"test": "datum.hollow", "value": SURFACE}
    point = {
        "mark": {"type": "point", "size": 46, "strokeWidth": 1.6},
        "encoding": {
            **place,
            along: {**scale, "field": "value", "type": "quantitative"},
            "color": _colour(),
            "fill": {"condition": hollow, **_colour()},
            "opacity": {"condition": {"test": "datum.pale", "value": 0.4}, "value": 1},
            "shape": {
                "field": "provider",
                "scale": {"domain": list(PROVIDERS.values()), "range": [SHAPES[name] for name in PROVIDERS]},
                "legend": None,
            },
        },
    }
    return [rule, point]


def _colour() -> Spec:
    names, colours = list(PROVIDERS.values()), [COLOURS[name] for name in PROVIDERS]
    return {"field": "provider", "scale": {"domain": names, "range": colours}, "legend": None}


def _axis(ticks: Sequence[float]) -> Spec:
    return {"values": list(ticks), "labelExpr": "format(datum.value, ',~r')", "labelOverlap": True, "gridDash": [1, 2]}


def _factors(figures: Iterable[float | None]) -> tuple[Spec, list[float]]:
    """A scale by factors a little wider than the figures, and where it is marked: 1, 2 and 5 of the powers of ten.

    Fewer where that would be too many, and the figures themselves where none of these is within.
    """
    ends = [end for end in figures if end and end > 0] or [1.0]
    more = max(1.15, (max(ends) / min(ends)) ** 0.05)
    low, high = min(ends) / more, max(ends) * more
    ticks = sorted({min(ends), max(ends)})
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [step * 10.0**power for power in range(-6, 13) for step in steps if low <= step * 10.0**power <= high]
        ticks = found or ticks
        if len(ticks) <= 7:
            break
    return {"type": "log", "domain": [low, high], "nice": False}, ticks


def _ends(points: Sequence[Point]) -> Iterable[float | None]:
    return (end for p in points for end in (p.value, p.low, p.high))
