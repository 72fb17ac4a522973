"""Tables, figures and sections of HTML. What is given as text is escaped here, and only here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from bench.portability.charts import SHAPES
from bench.portability.shape import Estimate
from bench.portability.wording import between, digits, provider


@dataclass(frozen=True, slots=True)
class Value:
    """A figure in a table, with what is said beside it in smaller letters: its interval."""

    main: str
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """Its head, with the unit. Numbers stand to the right."""

    head: str
    number: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A head and its cells; `note` fills what is left of the row."""

    head: str
    cells: Sequence[str | Value]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under a head of their own, or under none."""

    head: str
    rows: Sequence[Row]


def value(estimate: Estimate | None, factor: float = 1.0, missing: str = "") -> str | Value:
    """With its interval beside it, in another unit; `missing` where there is none."""
    if estimate is None:
        return missing
    scaled = estimate.times(factor)
    return Value(digits(scaled.value), between(scaled))


def table(caption: str, columns: Sequence[Column], groups: Iterable[Group]) -> str:
    """A table that scrolls within itself where it is too wide. The first column has the heads of the rows."""
    heads = "".join(f'<th scope="col"{_side(column)}>{escape(column.head)}</th>' for column in columns)
    bodies = "".join(_group(group, columns) for group in groups)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption><span>{escape(caption)}</span></caption><thead><tr>{heads}</tr></thead>{bodies}</table></div>"
    )


def _side(column: Column) -> str:
    return ' class="number"' if column.number else ""


def _group(group: Group, columns: Sequence[Column]) -> str:
    head = ""
    if group.head:
        head = f'<tr><th scope="rowgroup" colspan="{len(columns)}"><span>{escape(group.head)}</span></th></tr>'
    return f"<tbody>{head}{''.join(_row(row, columns) for row in group.rows)}</tbody>"


def _row(row: Row, columns: Sequence[Column]) -> str:
    cells = [f"<td{_side(c)}>{_cell(cell)}</td>" for c, cell in zip(columns[1:], row.cells, strict=False)]
    left = len(columns) - 1 - len(cells)
    if left:
        cells.append(f'<td class="note" colspan="{left}">{escape(row.note)}</td>')
    long = ' class="long"' if len(row.head) > 16 else ""
    return f'<tr><th scope="row"{long}>{escape(row.head)}</th>{"".join(cells)}</tr>'


def _cell(cell: str | Value) -> str:
    if isinstance(cell, str):
        return escape(cell)
    main = escape(cell.main.replace("-", "\N{MINUS SIGN}"))
    aside = escape(cell.aside.replace("-", "\N{MINUS SIGN}"))
    return f"{main} <small>{aside}</small>" if aside else main


def figure(drawings: Sequence[str], caption: str, legend: str = "") -> str:
    """Drawings side by side where there is room, under one caption."""
    panels = f'<div class="panels">{"".join(drawings)}</div>'
    return f"<figure>{legend}{panels}<figcaption>{escape(caption)}</figcaption></figure>"


def legend(colours: Sequence[tuple[str, str]]) -> str:
    """What each colour, as CSS writes it, stands for."""
    return _key((f'<i style="background:{colour}"></i>', name) for colour, name in colours)


def providers_legend(targets: Sequence[str]) -> str:
    """Each provider's shape in its colour, as the charts have them."""
    drawn = {
        target: f'<svg viewBox="-6 -6 12 12" aria-hidden="true"><path d="{_SHAPES[SHAPES[target]]}"/></svg>'
        for target in SHAPES
    }
    return _key((f'<b class="{target}">{drawn[target]}</b>', provider(target)) for target in targets if target in drawn)


_SHAPES = {
    "diamond": "M0-5.5 4 0 0 5.5-4 0Z",
    "circle": "M-4.5 0a4.5 4.5 0 1 1 9 0a4.5 4.5 0 1 1-9 0Z",
    "square": "M-4-4h8v8h-8Z",
    "triangle-up": "M0-5 5 4h-10Z",
}


def _key(marks: Iterable[tuple[str, str]]) -> str:
    return f'<ul class="legend">{"".join(f"<li>{mark}{escape(name)}</li>" for mark, name in marks)}</ul>'


def paragraph(*sentences: str, kind: str = "") -> str:
    """Of plain text."""
    attribute = f' class="{kind}"' if kind else ""
    return f"<p{attribute}>{escape(' '.join(sentences))}</p>"


def folded(summary: str, content: str) -> str:
    """Shown when it is asked for, and on paper."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def heading(text: str) -> str:
    """Within a section."""
    return f"<h3>{escape(text)}</h3>"


def section(anchor: str, title: str, *content: str) -> str:
    """One of the page, which `#anchor` leads to."""
    return f'<section id="{anchor}"><h2>{escape(title)}</h2>{"".join(content)}</section>'


def absent(what: str) -> str:
    """A section's only sentence, where a run has not measured it."""
    return paragraph(f"This run has not measured {what}.", kind="absent")
