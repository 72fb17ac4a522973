"""The journal: what was measured is kept, and an interrupted run goes on where it stopped."""

from __future__ import annotations

import gzip
import json

import pytest

from bench.portability.samples import Cell, Journal, by_cell, kept, sample

HELLO = Cell("warm", "aws", "hello", "trefoil", "took_s")


def test_what_was_measured_is_there_when_a_run_goes_on(tmp_path):
    path = tmp_path / "samples.jsonl"
    Journal(path).add([sample(HELLO, 0, 0.00123456789), sample(HELLO, 1, 2.0)])
    again = Journal(path)
    assert [(one.cell, one.round, one.value) for one in again.samples] == [(HELLO, 0, 0.00123457), (HELLO, 1, 2.0)]
    assert again.has("warm", "aws", "hello", 1)
    assert not again.has("warm", "aws", "hello", 2)
    assert not again.has("warm", "gcp", "hello", 1)


def test_a_line_that_an_interruption_cut_is_measured_again(tmp_path):
    path = tmp_path / "samples.jsonl"
    Journal(path).add([sample(HELLO, 0, 1.0), sample(HELLO, 1, 1.0)])
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    again = Journal(path)
    assert not again.has("warm", "aws", "hello", 1)
    again.add([sample(HELLO, 1, 3.0)])
    assert [json.loads(line)["value"] for line in path.read_text().splitlines()] == [1.0, 3.0]


def test_the_samples_of_a_run_that_is_over_may_be_compressed(tmp_path):
    assert kept(tmp_path) == []
    Journal(tmp_path / "samples.jsonl").add([sample(HELLO, 0, 1.0)])
    plain = kept(tmp_path)
    content = (tmp_path / "samples.jsonl").read_bytes()
    (tmp_path / "samples.jsonl").unlink()
    (tmp_path / "samples.jsonl.gz").write_bytes(gzip.compress(content))
    assert kept(tmp_path) == plain != []


def test_a_line_that_is_no_sample_is_refused(tmp_path):
    path = tmp_path / "samples.jsonl"
    path.write_text('{"part": "warm"}\n')
    with pytest.raises(Exception, match="target"):
        Journal(path)


def test_a_wrong_answer_voids_its_workload_also_after_an_interruption(tmp_path):
    path = tmp_path / "samples.jsonl"
    Journal(path).add([sample(HELLO, 0, 1.0), sample(HELLO, 1, 0.0, wrong="the answer was 'Hullo'")])
    assert Journal(path).void == {("warm", "aws", "hello")}


def test_cells_come_in_their_first_order_and_rounds_in_theirs(tmp_path):
    other = HELLO._replace(target="gcp")
    samples = [sample(HELLO, 1, 1.0), sample(other, 0, 5.0), sample(HELLO, 0, 2.0)]
    assert {cell: [one.value for one in taken] for cell, taken in by_cell(samples).items()} == {
        HELLO: [2.0, 1.0],
        other: [5.0],
    }
    assert list(by_cell(samples)) == [HELLO, other]
