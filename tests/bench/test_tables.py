"""The report's tables: which figure stands where, and that each reads as markdown."""

from __future__ import annotations

from bench.portability import markdown, tables
from bench.portability.samples import Cell, Sample, sample
from bench.portability.shape import Summary, read
from bench.portability.summary import summary
from tests.bench.made_summary import VOID, made


def of(*samples: Sample) -> Summary:
    return read({"manifest": {"revision": "abc"}, **summary(samples)})


def taken(way: str, metric: str, values: list[float], wrong: str = "") -> list[Sample]:
    cell = Cell("tax", "aws", "read", way, metric)
    return [sample(cell, number, value, wrong) for number, value in enumerate(values)]


def rows(shown: tables.Table) -> dict[tuple[str, ...], dict[str, str]]:
    """Figures by the row's names and their head, which is its first one of that name."""
    found = {}
    for row in shown.rows:
        pairs = list(zip(shown.heads, row, strict=True))[shown.names :]
        found[tuple(row[: shown.names])] = dict(reversed(pairs))
    return found


def test_the_tax_stands_by_provider_request_and_way_with_what_is_by_hand_first() -> None:
    """The machine slows down tenfold half way; Trefoil takes twice as long all the time."""
    slow = [0.1, 0.11] * 5 + [1.0, 1.1] * 5
    found = of(
        *taken("flask", "cold_s", slow),
        *taken("trefoil", "cold_s", [2 * one for one in slow]),
        *taken("native", "cold_s", slow),
        *taken("trefoil", "package_mib", [17.25]),
    )
    shown = rows(tables.tax(found))
    assert list(shown) == [("AWS", "read", way) for way in ("by hand", "Trefoil", "Flask")]
    trefoil = shown["AWS", "read", "Trefoil"]
    assert (trefoil["cold ms"], trefoil["x by hand"]) == ("1,110", "2.00 (2.00 to 2.00)")
    assert (trefoil["package MiB"], trefoil["warm ms"]) == ("17.2", "-")
    assert shown["AWS", "read", "by hand"]["x by hand"] == "1"
    assert rows(tables.beside_frameworks(found))["AWS", "read", "Flask"]["cold"] == "2.00 (2.00 to 2.00)"


def test_a_round_that_one_lacks_is_left_out_and_too_few_are_said_to_be() -> None:
    theirs = taken("native", "cold_s", [1, 2, 4])
    shown = rows(tables.tax(of(theirs[0], theirs[2], *taken("trefoil", "cold_s", [3, 100, 12]))))
    assert shown["AWS", "read", "Trefoil"]["x by hand"] == "3.00 (n too small)"


def test_a_wrong_answer_leaves_its_way_without_figures() -> None:
    found = of(*taken("native", "cold_s", [1, 1]), *taken("flask", "cold_s", [1], "500 b'a|b'"))
    shown = rows(tables.tax(found))["AWS", "read", "Flask"]
    assert (shown["cold ms"], shown["x by hand"]) == ("void", "-")
    assert markdown.void(found) == "- void: tax read on aws (flask): 500 b'a|b'"


def test_loads_have_what_was_held_and_what_twice_that_came_to() -> None:
    shown = rows(tables.twice(read(made())))["AWS", "hello"]
    assert shown == {
        "held a second": "420",
        "p50, p99 ms": "4.80, 24.0",
        "p50, p99 ms at twice that": "384, 1,920",
        "answered": "5,600",
        "refused": "2,800",
        "failed": "0",
        "not sent": "0",
    }


def test_requests_to_the_store_and_dollars_stand_by_provider() -> None:
    found = read(made())
    assert rows(tables.trips(found))["login",]["Google Cloud"] == "3 / 2"
    assert rows(tables.million(found))["hello",] == {"AWS": "1.60", "Google Cloud": "2.11", "Azure": "3.84"}
    assert rows(tables.year(found))["with it",] == {"AWS": "0", "Google Cloud": "0.410", "Azure": "0.410"}
    assert rows(tables.beside(found))["ingest", "DuckDB COPY"]["CPU s"] == "2.70"


def test_markdown_has_every_table_of_one_shape_and_says_what_it_is_not() -> None:
    text = markdown.render(read(made()))
    assert (
        "**Local runtimes, not cloud latency.** Made-up CPU at 2 GHz, 2 cores; 2026-11-27T20:00:00Z; revision abc1234"
        in text
    )
    for block in text.split("\n\n"):
        lines = block.strip().splitlines()
        if lines[0].startswith("|"):
            assert len({line.count("|") for line in lines}) == 1
            assert len(lines) > 2
    assert text.count("\n## ") == 10
    assert "| schedule |" in text
    assert text.count(f"- void: warm schedule on gcp (trefoil): {VOID}\n") == 1
    assert "| Google Cloud | read | Flask |" in text


def test_markdown_of_a_bare_manifest_has_no_table() -> None:
    text = markdown.render(of())
    assert "|" not in text
    assert "abc" in text
