"""The committed example: its figures follow from its raw samples, and it says what they are not."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from bench.portability import beside, costs, manifest, markdown, page, prices, tables
from bench.portability.assumptions import Assumptions
from bench.portability.samples import kept
from bench.portability.shape import read
from bench.portability.summary import summary
from bench.portability.workloads import SWEEPS, WARM

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "bench" / "example"


@pytest.fixture(scope="module")
def told():
    return json.loads((EXAMPLE / "summary.json").read_text())


def test_its_figures_follow_from_its_raw_samples(told):
    again = json.loads(json.dumps(summary(kept(EXAMPLE))))
    for part in ("cells", "differences", "tax"):
        assert again[part] == told[part]
    assert beside.summary(EXAMPLE) == told["beside"]
    assert again_costs() == told["costs"]
    trips = {one.provider: one for one in map(costs.counted, EXAMPLE.glob("requests-*.json"))}
    assert {name: one.commits for name, one in trips.items()} == {
        name: one["commits"] for name, one in told["round_trips"].items()
    }


def again_costs():
    counted = {one.provider: one.operations for one in map(costs.counted, EXAMPLE.glob("requests-*.json"))}
    found = msgspec.to_builtins(costs.of(dict(sorted(counted.items())), prices.load(), Assumptions()))
    return json.loads(json.dumps(found))


def test_no_answer_in_it_was_wrong_and_nothing_is_missing(told):
    assert [cell for cell in told["cells"] if cell["void"]] == []
    warm = {(cell["target"], cell["workload"]): cell["n"] for cell in told["cells"] if cell["metric"] == "took_s"}
    for workload in (*WARM, *SWEEPS):
        for target in ("local", "aws", "gcp", "azure"):
            if not (workload.begun_outside and target == "local"):
                assert warm[target, workload.name] == workload.full
    assert {(one["target"], one["request"]) for one in told["load"]} == {
        (target, request) for target in ("local", "aws", "gcp", "azure") for request in ("hello", "me")
    }


def test_it_says_what_it_is_and_is_not(told):
    assert told["manifest"]["notice"] == manifest.NOTICE == "local runtimes, not cloud latency"
    assert told["manifest"]["kind"] == "full"
    assert not told["manifest"]["dirty"]
    assert "ocal runtimes, not cloud latency" in (EXAMPLE / "report.html").read_text()


def test_its_costs_are_of_the_prices_that_are_here(told):
    assert told["costs"]["prices"]["sha256"] == sha256(prices.FILE.read_bytes()).hexdigest()


def test_its_page_is_made_of_its_summary_alone(told):
    drawn = page.render(told, lambda spec: "<svg></svg>")
    assert told["manifest"]["revision"] in drawn
    assert not re.search(r"""<script|<link|src=|href=["']?http|url\(|@import""", drawn)  # nothing from elsewhere


def test_its_tables_and_what_the_readme_says_of_it_are_its_figures(told):
    assert (EXAMPLE / "README.md").read_text() == markdown.render(read(told))
    assert markdown.table(tables.ratios(read(told))) in (ROOT / "README.md").read_text()
