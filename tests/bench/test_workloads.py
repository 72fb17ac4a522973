"""Every workload against a real local system; and what is wrong with an answer is seen."""

from __future__ import annotations

import sys
from decimal import Decimal

import pytest

from bench.portability import data, rounds, targets, workloads
from bench.portability.data import Part
from bench.portability.samples import Journal
from bench.portability.targets import Wrong
from bench.portability.workloads import SWEEPS, WARM, Run, Workload
from tools.waiting import eventually


@pytest.fixture(scope="module")
def run():
    with targets.local("local", sys.executable) as target:
        own = Run(target, "")
        workloads.prepare(own)
        yield own


@pytest.mark.parametrize(
    "workload", [one for one in (*WARM, *SWEEPS) if one.quick and one.name != "schedule"], ids=lambda one: one.name
)
def test_a_workload_is_answered_rightly_and_its_time_is_taken(run, workload):
    taken = workload.do(run, 0)
    assert taken[0].metric == "took_s"
    assert all(took.value > 0 for took in taken)


def test_a_run_clears_what_it_made_and_nothing_else(tmp_path):
    with targets.local("local", sys.executable) as target:
        own, other = Run(target, "A"), Run(target, "B")
        workloads.send(own, "Sent", "a.csv", [Part(1, 48)])
        workloads.send(other, "Sent", "b.csv", [Part(2, 48)])
        workloads.clear(own)
        eventually("the deletion", lambda: workloads.statuses(target) == {"BenchBSent": "ready"})


def test_rounds_are_interleaved_and_go_on_where_they_stopped(run, tmp_path):
    done = []

    def note(one, number):
        done.append((one.mark, number))
        return [workloads.Took("took_s", 1.0)]

    workload = Workload("noted", "warm", "", 4, 4, note)
    journal = Journal(tmp_path / "samples.jsonl")
    runs = [Run(run.target, "A"), Run(named(run.target, "aws"), "B")]
    rounds.measure(journal, runs, workload, 2, 1, print)
    rounds.measure(Journal(tmp_path / "samples.jsonl"), runs, workload, 4, 1, print)
    own = [one for one in done if one[1] < rounds.WARM_UP_NUMBER]
    assert own == [("A", 0), ("B", 0), ("B", 1), ("A", 1), ("A", 2), ("B", 2), ("B", 3), ("A", 3)]


def named(target, name):
    """The same system under another name."""
    return targets.Target(name, target.kind, target.base_url, target.headers, target.user, target.password)


def test_a_wrong_answer_ends_a_workload_for_its_target_alone(run, tmp_path):
    def answer(one, number):
        if one.mark == "B" and number == 1:
            raise Wrong("a total of 3")
        return [workloads.Took("took_s", 1.0)]

    journal = Journal(tmp_path / "samples.jsonl")
    runs = [Run(run.target, "A"), Run(named(run.target, "aws"), "B")]
    rounds.measure(journal, runs, Workload("judged", "warm", "", 5, 5, answer), 5, 1, print)
    assert [one.round for one in journal.samples if one.target == "local"] == [0, 1, 2, 3, 4]
    assert [(one.round, one.wrong) for one in journal.samples if one.target == "aws"] == [
        (0, ""),
        (1, "Wrong: a total of 3"),
    ]


def test_a_refusal_is_a_wrong_answer_with_what_was_said(run):
    with pytest.raises(Wrong, match=r"404: .*does not exist"):
        run.target.ask("GET", "/api/accounts/Nobody/points")


def test_a_deployed_stack_of_another_cloud_is_refused(run):
    with pytest.raises(Wrong, match="on local, not on aws"), targets.deployed("aws", run.target.base_url, "x", "y"):
        pass


PART = Part(3, 96)


def told(part):
    return {
        "point": part.name,
        "start": [part.start(n) for n in part.numbers()],
        "value": [Decimal(part.value(n)) for n in part.numbers()],
    }


def test_an_answer_is_judged_by_every_value():
    assert data.wrong_readings(told(PART), PART) == ""
    assert "not those that were sent" in data.wrong_readings({**told(PART), "value": [Decimal("0.1")] * 96}, PART)
    assert "95 starts" in data.wrong_readings({**told(PART), "start": told(PART)["start"][1:]}, PART)
    assert "not of" in data.wrong_readings({**told(PART), "point": "2"}, PART)


def test_a_report_is_judged_by_its_counts_and_sums():
    report = {
        "rows": 96,
        "accepted": 96,
        "rejected": 0,
        "landed": 96,
        "series": [{"point": PART.name, "count": 96, "sum": str(PART.total())}],
    }
    assert data.wrong_report(report, [PART]) == ""
    assert "landed" in data.wrong_report({**report, "landed": 95}, [PART])
    report["series"][0]["sum"] = str(PART.total() + Decimal("0.001"))
    assert "sums up" in data.wrong_report(report, [PART])


def test_a_settlement_is_judged_to_the_penny():
    product = {"unit_rate": "0.2450", "standing_charge": "0.5312"}
    energy = PART.total()
    total = round(energy * Decimal("0.2450") + Decimal("1e-9"), 2) + round(Decimal("0.5312") * 31 + Decimal("1e-9"), 2)
    result = {"import_kwh": str(energy), "total": str(total)}
    assert data.wrong_settlement(result, [PART], product) == ""
    assert "the total is" in data.wrong_settlement({**result, "total": str(total + Decimal("0.01"))}, [PART], product)
    assert "kWh" in data.wrong_settlement({**result, "import_kwh": str(energy + 1)}, [PART], product)


def test_an_export_is_judged_by_its_rows():
    head = "point,channel,start,minutes,version,value,unit,quality\n"
    rows = [f"{PART.name},import,{PART.start(n)},30,1,{PART.value(n)},kWh,actual\n" for n in PART.numbers()]
    assert data.wrong_export((head + "".join(reversed(rows))).encode(), PART) == ""
    assert "not the 96 sent" in data.wrong_export((head + "".join(rows[1:])).encode(), PART)


def test_sums_are_exact():
    for part in (PART, Part(5, 1000, first=17, minutes=5)):
        assert part.total() == sum((Decimal(part.value(n)) for n in part.numbers()), Decimal())


def test_a_file_has_a_year_for_each_point():
    parts = data.parts_of(10, 2 * data.YEAR + 5)
    assert [(part.point, part.count) for part in parts] == [(10, data.YEAR), (11, data.YEAR), (12, 5)]
    assert data.file(*data.parts_of(10, 3)).count(b"\n") == 4
