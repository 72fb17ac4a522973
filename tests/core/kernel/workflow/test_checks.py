"""What a workflow is refused for, when it is declared: each names the step, and what would be taken."""

from __future__ import annotations

from typing import Any

import pytest

from core.kernel.triggers import Misdeclared
from core.kernel.workflow.declared import Choice, Fail, Map, Parallel, Ref, Retry, Task, Workflow, decode, encode
from tests.trial.workflow import WORKFLOW


def do(name: str, **args: Any) -> Task:
    return Task(name, "tests.trial.workflow:echo", args)


A, B = do("a"), do("b")
NESTED = Map("outer", Ref("input.x"), (Map("inner", Ref("input.y"), (Map("third", Ref("input.z"), (A,)),)),))

REFUSED = {
    "no step": ((), "empty"),
    "a name of capitals": ((do("Total"),), "'Total'"),
    "a name of two underscores": ((do("a__b"),), "'a__b'"),
    "a name that is too long": ((do("a" * 41),), "at most 40"),
    "a word of Google's": ((do("text"),), "'text'"),
    "a name of the state's": ((do("input"),), "'input'"),
    "two of a name": ((A, do("a")), "two steps are called a"),
    "a result that is not there yet": ((do("a", x=Ref("b")), B), "reads b, which no earlier step gives"),
    "a result of one way only": (
        (Choice("c", Ref("input.n"), ">", 1, (A,)), do("b", x=Ref("a"))),
        "reads a, which no earlier step gives on every path",
    ),
    "what a caught task may not have": (
        (Task("a", "m:h", catch={"no": (B,)}), do("c", x=Ref("a"))),
        "reads a, which no earlier step gives on every path",
    ),
    "all of the input": ((do("a", x=Ref("input")),), "all of the input"),
    "an item outside of a map": ((do("a", x=Ref("item")),), "stands in no Map"),
    "a branch by an item": (
        (Map("m", Ref("input.x"), (Choice("c", Ref("item.n"), ">", 1, (A,)),)),),
        "give the item to a task",
    ),
    "a field with a hyphen": ((do("a", x=Ref("input.meter-id")),), "'input.meter-id'"),
    "a field of an item": ((Map("m", Ref("input.x"), (do("a", x=Ref("item.n")),)),), "give the whole item"),
    "a field that is a word": ((do("a", x=Ref("input.in")),), "'input.in'"),
    "a field as two kinds": (
        (Choice("c", Ref("input.n"), "==", "a", (A,)), Choice("d", Ref("input.n"), ">", 1, (B,))),
        "d looks at input.n as a number, and an earlier step as a text",
    ),
    "something after two ends": (
        (Choice("c", Ref("input.n"), ">", 1, (Fail("f", "no", "no"),), (Fail("g", "no", "no"),)), A),
        "nothing runs after c",
    ),
    "an expression as the reason": ((Fail("f", "no", "costs ${amount}"),), "no $"),
    "an argument that every handler has": ((do("a", run=1),), "'run'"),
    "an optional field": ((A, do("b", x=Ref("a.n", optional=True))), "only a whole result"),
    "a field of another branch's result": (
        (Parallel("p", {"one": (A,), "two": (B,)}), Choice("c", Ref("a.n"), "==", 1, (do("d"),))),
        "a result of another branch",
    ),
    "a field of another map's result": (
        (Map("m", Ref("input.x"), (A,)), Choice("c", Ref("a.n"), "==", 1, (B,))),
        "a result of another branch or Map",
    ),
    "a result of a map in a map": (
        (Map("m", Ref("input.x"), (Map("n", Ref("input.y"), (A,)),)), do("b", x=Ref("a"))),
        "a Map in a Map",
    ),
    "a map over a whole result": ((A, Map("m", Ref("a"), (B,))), "name the list in it"),
    "a branch by a whole result": ((A, Choice("c", Ref("a"), "==", 1, (B,))), "name a field"),
    "three deep": ((NESTED,), "third of Map and Parallel"),
    "one branch": ((Parallel("p", {"one": (A,)}),), "1 branches"),
    "eleven branches": ((Parallel("p", {f"b{n}": (do(f"s{n}"),) for n in range(11)}),), "11 branches"),
    "a branch without a step": ((Parallel("p", {"one": (A,), "two": ()}),), "empty"),
    "a branch with a bad name": ((Parallel("p", {"One": (A,), "two": (B,)}),), "'One'"),
    "21 items at once": ((Map("m", Ref("input.x"), (A,), at_most=21),), "21 items at once"),
    "no item at once": ((Map("m", Ref("input.x"), (A,), at_most=0),), "0 items at once"),
    "another operator": ((Choice("c", Ref("input.n"), ">=", 1, (A,)),), "'>='"),
    "greater than a text": ((Choice("c", Ref("input.n"), ">", "1", (A,)),), "'1'"),
    "a text with a quote": ((Choice("c", Ref("input.n"), "==", 'a"b', (A,)),), "'a\"b'"),
    "something after the end": ((Fail("f", "no", "no"), A), "nothing runs after f"),
    "a code of capitals": ((Fail("f", "NotFound", "no"),), "'NotFound'"),
    "an end without a word": ((Fail("f", "no", ""),), "1 to 1000 characters"),
    "six attempts": ((Task("a", "m:h", retry=Retry(attempts=6)),), "tried 6 times"),
    "no attempt": ((Task("a", "m:h", retry=Retry(attempts=0)),), "tried 0 times"),
    "a wait beyond the longest": ((Task("a", "m:h", retry=Retry(wait_s=31)),), "waits 31 s"),
    "a time-out of ten minutes": ((Task("a", "m:h", timeout_s=541),), "541 s"),
    "a fraction": ((do("a", x=0.5),), "x = 0.5"),
    "a list as an argument": ((do("a", x=[1]),), "x = [1]"),
    "an expression": ((do("a", x="${b}"),), "an engine would evaluate"),
    "an argument with a capital": ((do("a", Point=1),), "'Point'"),
    "a code that can't be caught": ((Task("a", "m:h", catch={"No": (B,)}),), "'No'"),
}


@pytest.mark.parametrize(("steps", "said"), REFUSED.values(), ids=REFUSED)
def test_what_no_engine_would_keep_is_refused(steps: Any, said: str) -> None:
    with pytest.raises(Misdeclared) as refused:
        Workflow(steps)
    assert said in str(refused.value)


TAKEN = {
    "a result that both ways end without": (
        Choice("c", Ref("input.n"), ">", 1, (A,), (Fail("f", "no", "no"),)),
        do("b", x=Ref("a")),
    ),
    "a result that may not be there": (Choice("c", Ref("input.n"), ">", 1, (A,)), do("b", x=Ref("a", optional=True))),
    "a result of each branch": (Parallel("p", {"one": (A,), "two": (B,)}), do("c", x=Ref("a"), y=Ref("b"))),
    "the results of all items": (Map("m", Ref("input.x"), (A,)), do("b", x=Ref("a"))),
    "the results of one map in another": (
        Map("m", Ref("input.x"), (A,)),
        Map("n", Ref("input.x"), (do("b", x=Ref("a")),)),
    ),
    "a result from outside of a map": (A, Map("m", Ref("input.x"), (do("b", x=Ref("a")),))),
    "names that are as long as they may be": (do("a" * 40),),
}


@pytest.mark.parametrize("steps", TAKEN.values(), ids=TAKEN)
def test_what_every_engine_keeps_is_taken(steps: Any) -> None:
    assert decode(encode(steps)) == steps


def test_a_definition_is_read_as_it_was_written() -> None:
    again = decode(encode(WORKFLOW.steps))
    assert encode(again) == encode(WORKFLOW.steps)
