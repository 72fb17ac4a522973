"""The compilers, the picture and the cost of a workflow, and that what is committed of them is fresh."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.kernel.functions import load
from core.kernel.workflow.declared import Choice, Fail, Map, Parallel, Ref, Retry, Task, Workflow
from tests.trial.workflow import WORKFLOW as TRIAL
from tools.workflows import asl, cost, google
from tools.workflows.__main__ import files
from tools.workflows.draw import outline, picture

ROOT = Path(__file__).parents[2]


def do(name: str, **args: Any) -> Task:
    return Task(name, "tests.trial.workflow:echo", args)


ONE = Workflow((do("one"),))


@pytest.mark.parametrize("path", files(load("core.energy")))
def test_what_is_committed_is_fresh(path: str) -> None:
    assert (ROOT / path).read_text() == files(load("core.energy"))[path], "write it with: nox -s workflow -- write"


def walk(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def machines(definition: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in walk(definition) if "StartAt" in one]


def test_every_state_of_step_functions_leads_somewhere() -> None:
    """None of the validators that there are finds all of these: a Next into nowhere, a Choice without a Default."""
    names: list[str] = []
    for machine in machines(asl.compiled("trial", TRIAL)):
        states = machine["States"]
        names += states
        assert machine["StartAt"] in states
        for state in states.values():
            nexts = [
                one["Next"]
                for one in walk({key: state[key] for key in ("Catch", "Choices") if key in state})
                if "Next" in one
            ]
            nexts += [state[key] for key in ("Next", "Default") if key in state]
            assert set(nexts) <= set(states)
            assert "Default" in state or state["Type"] != "Choice"
            assert nexts or state.get("End") or state["Type"] in ("Fail", "Succeed")
    assert len(names) == len(set(names))


def test_a_state_machine_reads_only_what_its_state_has() -> None:
    definition = asl.compiled("one", Workflow((Map("all", Ref("input.list"), (do("each", value=Ref("item")),)),)))
    (inner,) = (one["ItemSelector"] for one in walk(definition) if "ItemSelector" in one)
    assert inner == {"run.$": "$.run", "at__0.$": "$$.Map.Item.Index", "item.$": "$$.Map.Item.Value"}


def test_an_expression_of_google_s_has_at_most_400_characters() -> None:
    texts = [value for one in walk(google.compiled(TRIAL)) for value in one.values() if isinstance(value, str)]
    assert max(len(text) for text in texts if text.startswith("${")) <= 400


def test_steps_of_google_s_workflow_have_names_of_their_own() -> None:
    names: list[str] = []

    def steps(value: Any) -> None:
        if isinstance(value, list) and all(isinstance(one, dict) and len(one) == 1 for one in value):
            names.extend(next(iter(one)) for one in value)
        if isinstance(value, dict):
            value = [inner for key, inner in value.items() if key != "assign"]
        for inner in value if isinstance(value, list) else ():
            steps(inner)

    steps(google.compiled(TRIAL)["main"]["steps"])
    assert len(names) == len(set(names))


def test_a_run_of_one_step_costs_what_is_counted_by_hand() -> None:
    found = cost.count(ONE, 10)
    # The Parallel, the step, the note of the end; two assignments, the step, the note; the activity and that of the end.
    assert (found.transitions, found.steps, found.activities, found.timers, found.orchestrations) == (3, 4, 2, 2, 1)
    listed = cost.prices()
    assert cost.dollars(found, listed)["aws"] == Decimal("0.075")
    assert cost.dollars(found, listed)["gcp"] == Decimal("0.04")


@pytest.mark.parametrize(
    ("step", "transitions", "steps"),
    [
        (Map("all", Ref("input.list"), (do("each"),), at_most=5), 1 + 7, 3 + 7),
        (Parallel("both", {"a": (do("one"),), "b": (do("two"),)}), 1 + 2, 3 + 2),
        (Choice("which", Ref("input.n"), ">", 1, (do("one"), do("two")), (do("three"),)), 1 + 2, 1 + 2),
        (Fail("no", "no", "no"), 1, 1),
    ],
    ids=["map", "parallel", "choice", "fail"],
)
def test_each_kind_of_step_is_counted(step: Any, transitions: int, steps: int) -> None:
    found = cost.count(Workflow((step,)), 7)
    assert (found.transitions, found.steps) == (2 + transitions, 3 + steps)


def test_a_step_may_have_any_name_that_a_definition_makes_for_itself() -> None:
    """The definitions' own names have a mark that no declared one can have."""
    names = ("note_done", "begin", "work", "e", "at0", "all_begin", "big_past", "steps", "failure", "passes")
    workflow = Workflow(
        (
            *(do(name) for name in names),
            Map("all", Ref("input.list"), (do("all_each"), do("all_item"))),
            Choice("big", Ref("input.n"), ">", 1, (do("big_then"),)),
        )
    )
    for machine in machines(asl.compiled("any", workflow)):
        assert len(machine["States"]) == len(set(machine["States"]))
    states = [name for machine in machines(asl.compiled("any", workflow)) for name in machine["States"]]
    assert {*names, "all_each", "all_item", "big_then"} <= set(states)
    assert [state for state in states if state == "big_past"] == ["big_past"]
    assert {"run__code_of", "run__passes", "main"} == set(google.compiled(workflow))


def test_what_ends_a_machine_of_step_functions_hands_nothing_on() -> None:
    """Else the states of all items of a map would count for the 256 KiB of one."""
    inner = [state for machine in machines(asl.compiled("trial", TRIAL))[1:] for state in machine["States"].values()]
    ends = [state for state in inner if state.get("End") or state["Type"] == "Succeed"]
    assert ends
    assert all(state["OutputPath"] is None for state in ends)


def test_the_report_names_its_prices() -> None:
    text = cost.report("one", ONE, [1, 25])
    assert "list prices of 2026-11-26" in text
    assert text.count("https://") >= 2
    assert "| 25 | 3 | 0.08 | 4 | 0.04 |" in text


def test_the_picture_joins_every_step() -> None:
    drawn = picture(TRIAL)
    for machine in machines(asl.compiled("trial", TRIAL)):
        for name, state in machine["States"].items():
            if state["Type"] == "Task" and name in drawn:
                assert f"--> {name}\n" in drawn or f"| {name}\n" in drawn, name
    assert drawn.count("subgraph") == drawn.count("\n  end\n")


def test_the_words_name_every_step_within_what_it_is_in() -> None:
    inner = Map("points", Ref("one.points"), (do("total"),), at_most=3)
    both = Parallel("files", {"left": (do("csv"),), "right": (do("days"), do("hours"))})
    told = outline(
        Workflow(
            (
                do("one"),
                Choice("any", Ref("one.n"), ">", 0, (inner,), (Fail("none", "nothing", "there is none"),)),
                both,
            )
        )
    )
    assert told.splitlines() == [
        "- `one`",
        "- `any`: if `one.n > 0`:",
        "  - `points`: for each of `one.points`, 3 at once:",
        "    - `total`",
        "- else:",
        "  - it fails with `nothing`",
        "- `files`, side by side:",
        "  - `csv`",
        "  - `right`:",
        "    - `days`",
        "    - `hours`",
    ]


def test_a_single_attempt_has_no_retry() -> None:
    once = Workflow((Task("one", "tests.trial.workflow:echo", retry=Retry(attempts=1)),))
    assert "Retry" not in json.dumps(asl.compiled("one", once)["States"]["steps__all"])
    assert "retry" not in json.dumps(google.compiled(once)["main"]["steps"][1]["all__steps"]["try"])
