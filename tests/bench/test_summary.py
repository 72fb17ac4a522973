"""What a run's samples come to."""

from __future__ import annotations

import random

import pytest

from bench.portability.samples import Cell, sample
from bench.portability.summary import summary


def taken(target, values, *, part="warm", workload="hello", way="trefoil", metric="took_s"):
    cell = Cell(part, target, workload, way, metric)
    return [sample(cell, number, value) for number, value in enumerate(values)]


def test_a_cell_has_its_quantiles_and_says_where_n_is_too_small():
    (cell,) = summary(taken("aws", [float(n) for n in range(1, 31)]))["cells"]
    assert (cell["n"], cell["min"], cell["max"], cell["void"]) == (30, 1.0, 30.0, "")
    assert cell["quantiles"]["0.5"] == {"value": 15.5, "low": 10.0, "high": 21.0}
    assert cell["quantiles"]["0.99"]["low"] is None


def test_a_wrong_answer_voids_a_cell_and_nothing_is_worked_out_from_it():
    cell = Cell("warm", "gcp", "hello", "trefoil", "took_s")
    wrong = [sample(cell, n, 1.0, wrong="a total of 3" if n == 7 else "") for n in range(20)]
    found = summary([*taken("aws", [1.0] * 20), *wrong])
    void = next(one for one in found["cells"] if one["target"] == "gcp")
    assert void["void"] == "a total of 3"
    assert "quantiles" not in void
    assert found["differences"] == []


def test_targets_are_compared_round_by_round():
    rng = random.Random(3)
    drift = [1 + n / 10 for n in range(100)]
    noise = [[d * rng.lognormvariate(0, 0.05) for d in drift] for _ in range(3)]
    found = summary(
        [*taken("aws", noise[0]), *taken("gcp", [1.2 * one for one in noise[1]]), *taken("azure", noise[2])]
    )
    verdicts = {(one["a"], one["b"]): one["verdict"] for one in found["differences"]}
    assert verdicts[("aws", "gcp")] == "aws less"
    assert verdicts[("gcp", "azure")] == "azure less"
    assert verdicts[("aws", "azure")] == "no significant difference"
    assert [one["confidence"] for one in found["differences"]] == pytest.approx([1 - 0.05 / 3] * 3)


def test_rounds_that_one_target_lacks_are_left_out_of_the_comparison():
    found = summary([*taken("aws", [1.0] * 30), *taken("gcp", [2.0] * 12)])
    assert [(one["n"], one["median_s"]) for one in found["differences"]] == [(12, 1.0)]


def test_the_tax_is_trefoil_over_every_way_and_each_framework_over_native():
    samples = [
        one
        for way, factor in (("native", 1.0), ("trefoil", 2.0), ("fastapi", 8.0))
        for one in taken("aws", [factor * n for n in range(1, 31)], part="tax", way=way, metric="cold_s")
    ]
    ratios = {(one["way"], one["of"]): one["ratio"]["value"] for one in summary(samples)["tax"]}
    assert ratios == {("trefoil", "native"): 2.0, ("trefoil", "fastapi"): 0.25, ("fastapi", "native"): 8.0}


def test_a_wrong_answer_voids_whatever_was_measured_of_who_gave_it():
    put = taken("aws", [1.0] * 30, workload="upload", metric="put_s")
    took = [sample(Cell("warm", "aws", "upload", "trefoil", "took_s"), 30, 0.0, wrong="a row is missing")]
    found = summary([*put, *took, *taken("gcp", [1.0] * 30, workload="upload", metric="put_s")])
    assert {(one["target"], one["metric"]): one["void"] for one in found["cells"]} == {
        ("aws", "put_s"): "a row is missing",
        ("aws", "took_s"): "a row is missing",
        ("gcp", "put_s"): "",
    }


def test_a_framework_that_answered_wrongly_has_no_ratio():
    samples = taken("aws", [1.0] * 6, part="tax", way="native", metric="cold_cpu_s")
    samples += taken("aws", [2.0] * 6, part="tax", way="flask", metric="cold_cpu_s")
    assert len(summary(samples)["tax"]) == 1
    samples.append(sample(Cell("tax", "aws", "hello", "flask", "cold_s"), 0, 0.0, wrong="500"))
    assert summary(samples)["tax"] == []
