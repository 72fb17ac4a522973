"""The report: what it says of a made-up summary, that it is whole by itself, and that it lacks nothing for lack of data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.portability import charts, page, page_times, wording
from bench.portability.shape import Estimate, read
from tests.bench.made_summary import VOID, cell, made

VEGA = "vl-convert-python is in the environment of the benchmarks only, not in that of the other tests"


class Parsed(HTMLParser):
    """Elements in their order with attributes, and the text between."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "path", "line"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("path", "line"):
            return
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


class Drawings:
    """The specifications a page had drawn; the drawing is empty but for its label, as Vega is not in this environment."""

    def __init__(self) -> None:
        self.specs: list[charts.Spec] = []

    def __call__(self, spec: charts.Spec) -> str:
        self.specs.append(spec)
        return charts.themed('<svg class="marks" viewBox="0 0 300 100"></svg>', spec["description"])

    def titled(self, title: str) -> charts.Spec:
        return next(spec for spec in self.specs if spec["title"]["text"] == title)


def rendered(summary: dict[str, Any]) -> Parsed:
    return Parsed(page.render(summary, Drawings()))


def test_headline_says_what_portability_takes_on_each_provider() -> None:
    summary = made()
    summary["tax"] = [
        {
            "target": "aws",
            "workload": "hello",
            "metric": metric,
            "way": "trefoil",
            "of": "native",
            "ratio": {"value": ratio, "low": None, "high": None},
        }
        for metric, ratio in (("warm_s", 1.118), ("cold_s", 2.305))
    ]
    summary["cells"] = [
        cell("tax", "aws", "hello", way, "cold_s", seconds)
        for way, seconds in (("trefoil", 0.1012), ("native", 0.0439))
    ]
    assert (
        "On AWS, hello takes 1.12 times the time of a handler written by hand when warm, and 2.31 times the time from a cold start (101 against 43.9 ms)."
        in rendered(summary).text
    )


def test_notice_is_on_top_and_under_every_chart() -> None:
    html = page.render(made(), Drawings())
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", html)
    assert len(captions) == html.count("<figure>") > 5
    assert [caption for caption in captions if "local runtimes, not cloud latency" not in caption.casefold()] == []
    assert html.index('class="notice"') < html.index("<main>")


def test_page_is_whole_by_itself() -> None:
    html = page.render(made(), Drawings())
    parsed = Parsed(html)
    assert parsed.open == []
    assert {tag for tag, _ in parsed.elements}.isdisjoint({"script", "link", "img", "iframe", "object", "base"})
    assert "http" not in html
    assert "url(" not in html
    assert "@import" not in html
    anchors = {attributes["href"] for attributes in parsed.all("a")}
    assert anchors == {f"#{attributes['id']}" for attributes in parsed.all("section")}


def test_page_can_be_read_by_a_screen_reader() -> None:
    parsed = rendered(made())
    levels = [int(tag[1]) for tag, _ in parsed.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attributes.get("scope") for attributes in parsed.all("th"))
    drawings = [attributes for attributes in parsed.all("svg") if attributes.get("aria-hidden") != "true"]
    assert drawings
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in drawings)
    assert parsed.elements[0] == ("html", {"lang": "en"})


def test_void_cell_shows_its_reason_and_no_figures() -> None:
    html = page.render(made(), Drawings())
    row = next(row for row in re.findall(r"<tr>.*?</tr>", html) if VOID in row)
    assert f"void: {VOID}" in row
    assert not re.search(r"\d\.\d", row)


def test_quantile_without_enough_samples_says_so() -> None:
    summary = made()
    few = cell("warm", "aws", "hello", "trefoil", "took_s", 0.002, n=50)
    few["quantiles"]["0.95"] |= {"low": None, "high": None}
    summary["cells"] = [few]
    del summary["differences"]
    html = page.render(summary, Drawings())
    assert html.count("n too small</td>") == 1, "p99 is not there"
    assert "3.40 <small>n too small</small>" in html, "p95 has no interval"


def test_verdicts_are_plain() -> None:
    text = rendered(made()).text
    assert "no significant difference" in text
    assert "Of 54 comparisons, 40 show a difference, 8 none that is significant, and for 6 n is too small." in text
    assert "0.020 −0.100 to 0.130" in text, "the median has the places of its interval"


@pytest.mark.parametrize("lacking", [*(key for key in made() if key != "manifest"), "all"])
def test_what_was_not_measured_is_said(lacking: str) -> None:
    summary = made()
    for key in list(summary) if lacking == "all" else [lacking]:
        if key != "manifest":
            del summary[key]
    parsed = rendered(summary)
    assert len(parsed.all("section")) == 9
    assert parsed.open == []
    if lacking == "all":
        assert parsed.text.count("This run has not measured") == 9, "each section but the last, and the headline"


def test_bare_manifest_is_enough() -> None:
    assert "abc" in rendered({"manifest": {"revision": "abc"}}).text


def test_quick_run_and_uncommitted_changes_are_said() -> None:
    summary = made()
    summary["manifest"] |= {"kind": "quick", "dirty": True}
    text = rendered(summary).text
    assert "A quick run" in text
    assert "abc1234, with changes that are not committed" in text
    assert "A quick run" not in rendered(made()).text


def test_deployed_system_is_named() -> None:
    summary = made()
    summary["manifest"]["targets"]["aws"] = "deployed at https://api.example"
    text = rendered(summary).text
    assert "but for AWS, whose deployed system was asked from there" in text
    assert "over the network" in text


def test_names_are_text_and_never_markup() -> None:
    summary = made()
    summary["cells"][0] |= {"workload": "<script>alert(1)</script>", "void": "<b>&", "quantiles": {}}
    summary["load"][0]["request"] = 'a"b<i>'
    html = page.render(summary, Drawings())
    assert "<script" not in html
    assert "void: &lt;b&gt;&amp;" in html
    assert 'a"b<i>' not in html


def test_costs_say_what_is_not_sure() -> None:
    text = rendered(made()).text
    assert "2 of them are still to be confirmed" in text
    assert "with the free tier" in text
    assert "Google Cloud: load balancer rule 18.00" in text
    assert "log bytes AWS 800, Google Cloud 1,600, Azure 2,500.5 of an invocation; made up" in text
    assert "left out cold starts, taxes" in text
    assert "operations: ingest of 1,200 rows 8,760 8,760 8,760" in text
    assert "transfer" not in text, "what costs nothing anywhere is no part"


def test_cost_without_parts_is_drawn_whole() -> None:
    summary, drawings = {"manifest": made()["manifest"]}, Drawings()
    summary["costs"] = {"million": {"hello": {"aws": {"total": 1.5}}}}
    page.render(summary, drawings)
    assert [(value["part"], value["value"]) for value in drawings.titled("Hello")["data"]["values"]] == [("all", 1.5)]


def test_other_shape_is_refused_with_its_place() -> None:
    summary = made()
    summary["load"][1]["steps"][0]["p99_ms"] = "fast"
    with pytest.raises(ValueError, match=r"\$\.load\[1\]\.steps\[0\]\.p99_ms"):
        page.render(summary, Drawings())


def test_intervals_are_rules_and_points_without_one_have_none() -> None:
    points = [
        charts.Point("aws", 1.5, 1.4, 1.7, "AWS, Trefoil"),
        charts.Point("gcp", 2.0, None, None, "Google Cloud, Trefoil", pale=True),
    ]
    spec = charts.ratios("Hello, cold", "ratio", points)
    rule = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "rule" and "x2" in layer["encoding"])
    assert (rule["encoding"]["x"]["field"], rule["encoding"]["x2"]["field"]) == ("low", "high")
    assert "isValid" in rule["transform"][0]["filter"]
    assert [(value["low"], value["high"]) for value in spec["data"]["values"]] == [(1.4, 1.7), (None, None)]
    opacity = spec["layer"][2]["encoding"]["opacity"]["condition"]
    assert (opacity["test"], [value["pale"] for value in spec["data"]["values"]]) == ("datum.pale", [False, True])
    assert spec["description"] == "Hello, cold: AWS, Trefoil 1.50; Google Cloud, Trefoil 2.00."


def test_charts_have_what_was_measured() -> None:
    drawings = Drawings()
    page.render(made(), drawings)
    cold = drawings.titled("Hello, cold")["data"]["values"]
    assert [value["label"] for value in cold][:3] == ["AWS, Trefoil", "AWS, FastAPI", "AWS, Powertools"]
    median = drawings.titled("Median by workload")["data"]["values"]
    assert len(median) == 9 * 4 - 1, "the void cell has no point"
    rows = drawings.titled("Files until their report")
    assert {value["x"] for value in rows["data"]["values"]} == {1e3, 1e5, 1e6}
    year = drawings.titled("Without the free tier")["data"]["values"]
    assert {value["part"] for value in year} == {"compute", "requests", "store", "queue", "workflow", "logs", "storage"}


def test_parts_of_a_time_stand_beside_it_and_answers_are_drawn_by_their_measured_size() -> None:
    summary, drawings = made(), Drawings()
    whole = next(cell for cell in summary["cells"] if (cell["workload"], cell["target"]) == ("upload", "aws"))
    page_of_5 = {**whole, "part": "sweep", "workload": "answer a whole page"}
    bytes_of_it = {"0.5": {"value": 2644580.0, "low": 2644580.0, "high": 2644580.0}}
    summary["cells"] += [
        {**whole, "metric": "put_s"},
        page_of_5,
        {**page_of_5, "metric": "answer_b", "quantiles": bytes_of_it},
    ]
    text = page.render(summary, drawings)
    assert "upload, sending it" in text
    answers = drawings.titled("Answers")["data"]["values"]
    assert 2644580.0 in {value["x"] for value in answers}
    median = drawings.titled("Median by workload")["data"]["values"]
    assert len(median) == 9 * 4 - 1, "no point for a part of a time"


def test_others_are_drawn_by_kind_with_whole_names() -> None:
    summary, drawings = made(), Drawings()
    name = "query after 300 more small files: 25 named points' months"
    summary["beside"][name] = {"contenders": {"DuckDB": {"wall_s": 0.5}, "Trefoil": {"wall_s": 1.0}}}
    page.render(summary, drawings)
    found = drawings.titled("Query")["data"]["values"]
    assert [(" ".join(value["label"].split()), value["value"]) for value in found] == [
        ("a point's year DuckDB", pytest.approx(0.094 / 0.066)),
        ("after 300 more small files: 25 named points' months DuckDB", 0.5),
    ]
    assert max(len(line) for value in found for line in value["label"].splitlines()) <= 24


@pytest.mark.parametrize(
    ("rates", "ticks"),
    [
        ((14,), [14]),
        ((9, 14), [10]),
        ((8, 300), [10, 20, 50, 100, 200]),
        ((0.02, 40_000), [0.1, 1, 10, 100, 1000, 10_000]),
    ],
)
def test_scale_is_marked_within(rates: tuple[float, ...], ticks: list[float]) -> None:
    spec = charts.lines("Hello", "ms", "rate", [charts.Point("aws", rate, x=rate) for rate in rates])
    for axis in ("x", "y"):
        encoding = spec["layer"][0]["encoding"][axis]
        low, high = encoding["scale"]["domain"]
        assert low < min(rates) <= max(rates) < high
        marked = encoding["axis"]["values"]
        assert all(low <= value <= high for value in marked)
        assert [tick for tick in ticks if not any(value == pytest.approx(tick) for value in marked)] == []


@pytest.mark.parametrize(
    ("workload", "size"),
    [
        ("answer 1 KB", 1000),
        ("put 4 MiB", 4 * 1024**2),
        ("rows 100,000", 100_000),
        ("rows many", None),
        ("put 3 XB", None),
    ],
)
def test_size_of_a_sweeps_step(workload: str, size: float | None) -> None:
    assert page_times.size(workload) == size


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (0.000123456, "0.000123"),
        (0.9996, "1.00"),
        (1.005, "1.00"),
        (9.999, "10.0"),
        (43.95, "44.0"),
        (999.6, "1,000"),
        (123456, "123,000"),
        (-2.5, "-2.50"),
    ],
)
def test_three_significant_digits(value: float, written: str) -> None:
    assert wording.digits(value) == written


def test_interval_has_the_places_of_its_value() -> None:
    assert wording.between(Estimate(1.5, 0.98765, 12.3)) == "0.99 to 12.30"
    assert wording.between(Estimate(0, -0.0001, 0.25)) == "0.000 to 0.250"
    assert wording.between(Estimate(1.5)) == "n too small"


def test_colours_follow_the_page() -> None:
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" class="marks" viewBox="0 0 9 9"><text font-family="sans-serif" fill="{charts.INK}">a</text><path stroke="{charts.LINE}" aria-label="x"/></svg>'
    assert charts.themed(drawn, 'of "a" & b') == (
        '<svg viewBox="0 0 9 9" role="img" aria-label="of &quot;a&quot; &amp; b" style="--natural:9px">'
        '<text fill="currentColor">a</text><path stroke="var(--line)"/></svg>'
    )
    with pytest.raises(ValueError, match="no SVG with a viewBox"):
        charts.themed("<svg>", "")


def test_no_part_has_a_providers_colour() -> None:
    assert set(charts.PARTS).isdisjoint(charts.COLOURS.values())
    style = Path(page.__file__).with_name("page.css").read_text(encoding="utf-8")
    for target in ("aws", "gcp", "azure"):
        assert f"--{target}: {charts.COLOURS[target]}" in style, "the page and its charts have the same colours"


def test_summary_keeps_what_it_says() -> None:
    found = read(made())
    assert found.cell("warm", "aws", "hello", "took_s") is not None
    assert found.cell("warm", "aws", "no such", "took_s") is None
    assert found.ratio("gcp", "read", "cold_s", "flask") is not None


def test_page_with_its_real_charts(tmp_path: Path) -> None:
    pytest.importorskip("vl_convert", reason=VEGA)
    page.write(made(), tmp_path / "index.html")
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    parsed = Parsed(html)
    assert parsed.open == []
    assert "http" not in html
    identifiers = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert not re.search(r"#0[1-5]0[1-5]0[1-5]", html), "each stand-in colour was replaced"
    assert html.count('stroke-width="2.4"') > 50, "intervals are drawn"
    assert all(
        attributes.get("role") == "img" for attributes in parsed.all("svg") if attributes.get("aria-hidden") != "true"
    )
    colours = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]+)"', html))
    assert colours <= {*charts.PARTS, *charts.COLOURS.values()}, (
        "no other colour, which one of light and dark might not show"
    )
