"""The report for a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from bench.portability import terminal
from tests.bench.made_summary import made


def block(text: str, title: str) -> list[str]:
    """The lines below a title."""
    found = next(part for part in text.split("\n\n") if part.startswith(title))
    return found.splitlines()[1:]


def test_fits_a_terminal_and_ends_with_a_line() -> None:
    text = terminal.table(made())
    assert max(map(len, text.splitlines())) <= 120
    assert text.endswith("\n")
    assert all(line == line.rstrip() for line in text.splitlines())
    assert "local runtimes, not cloud latency" in text.splitlines()[0]


def test_long_names_are_cut_so_that_figures_stay() -> None:
    summary = made()
    name = "readings of a month of a point with a very long name, " * 4
    summary["costs"]["million"][name] = summary["costs"]["million"]["hello"]
    text = terminal.table(summary)
    assert max(map(len, text.splitlines())) <= 120
    line = next(line for line in text.splitlines() if "very long" in line)
    assert line.split()[-3:] == ["1.60", "2.11", "3.84"]


def test_says_headline_medians_verdicts_load_and_costs() -> None:
    summary = made()
    text = terminal.table(summary)
    ratio = next(
        r
        for r in summary["tax"]
        if (r["target"], r["workload"], r["metric"], r["way"], r["of"])
        == ("aws", "hello", "cold_s", "trefoil", "native")
    )
    assert f"{ratio['ratio']['value']:.2f} (" in block(text, "Portability tax")[1]
    schedule = next(line for line in block(text, "Warm") if line.lstrip().startswith("schedule"))
    assert "void" in schedule
    verdicts = {line.split()[0]: line.split()[1:] for line in block(text, "Which of two")[1:]}
    assert verdicts["settlement"] == ["?"] * 6
    assert verdicts["hello"].count("=") == 1
    assert block(text, "Highest rate")[1].split() == ["hello", "600", "420", "318", "175"]
    without = ["without", "the", "free", "tier"]
    assert block(text, "Dollars for a customer")[1].split() == [*without, "3.15", "4.16", "7.57"]
    assert "2 prices still to be confirmed" in text


def test_rate_that_none_held() -> None:
    summary: dict[str, Any] = {
        "manifest": made()["manifest"],
        "load": [{"target": "azure", "request": "hello", "held_rate": None, "steps": []}],
    }
    assert block(terminal.table(summary), "Highest rate")[1].split() == ["hello", "none"]


def test_bare_manifest_is_enough() -> None:
    assert terminal.table({"manifest": {"revision": "abc", "dirty": True, "kind": "quick"}}) == (
        "Trefoil, the portability benchmark: local runtimes, not cloud latency. Revision abc, with changes that are not\ncommitted, a quick run.\n"
    )


def test_no_manifest_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no summary: .*manifest"):
        terminal.table({})
