"""What a declaration may say, and what is refused when it is made."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from core.kernel.config import ConfigError
from core.kernel.functions import Command, Function, FunctionSet, Job, NoSuchFunction, Reference, chosen, load, resolve
from core.kernel.triggers import Authorizer, Dead, Http, Misdeclared, Object, Queue, Schedule, Step, Trigger
from core.kernel.workflow.declared import Task, Workflow

WEB = Function("web", Http())


def handle(*_: Any) -> None:
    """Does nothing."""


def one(name: str, trigger: Trigger, handler: Reference | None = handle, **more: Any) -> Function:
    return Function(name, trigger, handler, **more)


def of(*functions: Function, **more: Any) -> FunctionSet:
    return FunctionSet("Test", (WEB, *functions), **more)


def test_what_takes_events_has_its_dead_letters_buried() -> None:
    declared = of(one("files", Object("in/")), one("mail", Queue("letters")), one("daily", Schedule("0 3 * * *")))
    assert list(declared.every) == ["web", "files", "mail", "daily", "bury_files", "bury_mail"]
    assert declared.named("bury_files").trigger == Dead("files")
    assert {name: function.name for name, function in declared.queues.items()} == {"letters": "mail"}
    with pytest.raises(NoSuchFunction, match="there is no function 'x'; there are web, files, mail, daily, bury_files"):
        declared.named("x")


def test_the_runs_of_a_workflow_may_belong_to_an_account() -> None:
    owned = ("runs/a/{account}/", "steps/a/{account}/")
    assert of(one("a", Step(Workflow((Task("t", handle),))), None), owned=owned).owned_by("X") == [
        "runs/a/X/",
        "steps/a/X/",
    ]


def test_a_step_takes_no_handler() -> None:
    with pytest.raises(Misdeclared, match="the tasks of a's workflow do its work"):
        one("a", Step("m:w"))


def test_only_objects_come_together() -> None:
    assert Function("a", Object("in/"), handle, together=handle).together is handle
    with pytest.raises(Misdeclared, match="a takes no objects, of which several could come together"):
        Function("a", Queue("q"), handle, together=handle)


JOBS = (Job("a", "work", handle, handle),)


@pytest.mark.parametrize(
    ("functions", "more", "said"),
    [
        ([one("mail", Queue("a")), one("mail", Queue("b"))], {}, "two functions have the name 'mail'"),
        ([Function("other", Http())], {}, "one http function"),
        ([Function("a", Authorizer()), Function("b", Authorizer())], {}, "one authorizer at most"),
        ([one("a", Object("in/")), one("b", Object("in/csv/"))], {}, "a and b listen to in/ and in/csv/, of which one"),
        ([one("a", Object("in/csv/")), one("b", Object("in/"))], {}, "a and b listen to in/csv/ and in/, of which one"),
        ([one("a", Object("in/")), one("b", Object("in/"))], {}, "a and b listen to in/ and in/, of which one"),
        ([one("a", Queue("q")), one("b", Queue("q"))], {}, "a and b both take from the queue 'q'"),
        ([one("a_b", Object("in/")), one("b", Queue("a-b"))], {}, "a_b and b both take from the queue 'a-b'"),
        ([one("a", Queue("q"), None)], {}, "a has neither a handler nor a job"),
        ([one("a", Object("in/"), None)], {}, "a has neither a handler nor a job"),
        ([one("a", Schedule("0 3 * * *"), None)], {}, "a has no handler"),
        ([one("a", Queue("work"))], {"jobs": JOBS}, "a has a handler, and jobs that share its queue"),
        ([one("a", Step("no.module:W"), None)], {}, "the workflow of a is 'no.module:W', but there is no such module"),
        ([], {"owned": ("runs/a/{account}/",)}, "holds documents of the kernel's own"),
        ([], {"commands": (Command("c", "", "core.kernel.clock:none", handle),)}, "arguments of the command 'c' is"),
        ([], {"jobs": JOBS}, "nobody reads the queue 'work' of the job 'a'"),
        ([one("work", Object("in/"))], {"jobs": JOBS}, "nobody reads the queue 'work' of the job 'a'"),
        ([one("a", Queue("work"), None)], {"jobs": JOBS * 2}, "two jobs are of the kind 'a'"),
        (
            [one("a", Queue("q"), "no.such.module:handle")],
            {},
            "the handler of a is 'no.such.module:handle', but there is",
        ),
        ([one("a", Queue("q"), "core.kernel.clock:nothing")], {}, "core.kernel.clock defines no nothing"),
        ([one("a", Queue("q"), "core.kernel.clock")], {}, "the handler of a is 'core.kernel.clock', but there is no"),
        ([], {"routes": "core.kernel.clock:ROUTES"}, "routes is 'core.kernel.clock:ROUTES'"),
        ([], {"settings": "core.kernel.clock:read"}, "settings is 'core.kernel.clock:read'"),
        ([one("a", Dead("web"))], {}, "a: dead letters are buried by themselves"),
        ([one("bury_a", Queue("q"))], {}, "bury_a: what buries dead letters is made by itself"),
        ([one("A", Queue("q"))], {}, "'A' is no function's name on every cloud"),
        ([one("a__b", Queue("q"))], {}, "'a__b' is no function's name on every cloud"),
        ([one("a" * 23, Queue("q"))], {}, "is no function's name on every cloud"),
        ([one("a", Queue("q-dead"))], {}, "a takes from q-dead, a name that a cloud's own queues have"),
        ([one("schedule", Object("in/"))], {}, "schedule takes from schedule, a name that a cloud's own"),
        ([one("a", Queue("schedule-a"))], {}, "a takes from schedule-a, a name that a cloud's own"),
        ([], {"actions": ("read", "read")}, "the action 'read' is no name of its own"),
        ([], {"actions": ("admin",)}, "the action 'admin' is no name of its own"),
        ([], {"actions": ("do it",)}, "the action 'do it' is no name of its own"),
        ([], {"owned": ("trades/",)}, "'trades/' belongs to no account"),
        ([], {"owned": ("{account}/",)}, "'{account}/' belongs to no account"),
        ([], {"owned": ("a/{account}/", "a/{account}.json")}, "of the places that belong to an account, a/ holds a/"),
        ([], {"owned": ("a/{account}/", "a/b/{account}/")}, "of the places that belong to an account, a/ holds a/b/"),
        ([], {"owned": ("grants/{account}.json",)}, "'grants/{account}.json' holds documents of the kernel's own"),
        ([one("site", Queue("q"))], {}, "site is what a deployment calls something of its own"),
        ([one("dead", Schedule("0 3 * * *"))], {}, "dead is what a deployment calls something of its own"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(functions: list[Function], more: dict[str, Any], said: str) -> None:
    with pytest.raises(Misdeclared) as caught:
        of(*functions, **more)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: Object("incoming"), "the prefix 'incoming' is refused by a cloud"),
        (lambda: Object("/incoming/"), "the prefix '/incoming/' is refused"),
        (lambda: Object(""), "the prefix '' is refused"),
        (lambda: Object("In/"), "the prefix 'In/' is refused"),
        (lambda: Object("a//"), "the prefix 'a//' is refused"),
        (lambda: Object("../"), "the prefix '../' is refused"),
        (lambda: Object("a/" * 101), "is refused by a cloud"),
        (lambda: Object("grants/"), "holds documents of the kernel's own"),
        (lambda: Object("users/a/"), "holds documents of the kernel's own"),
        (lambda: Queue("Work"), "the queue 'Work' is refused by a cloud"),
        (lambda: Queue("a_b"), "the queue 'a_b' is refused"),
        (lambda: Queue("a--b"), "the queue 'a--b' is refused"),
        (lambda: Queue("a-"), "the queue 'a-' is refused"),
        (lambda: Queue("1"), "the queue '1' is refused"),
        (lambda: Queue("a" * 41), "is refused by a cloud"),
        (lambda: Queue("a" + "-b" * 20), "is refused by a cloud"),
        (lambda: Schedule("0 3 * * 1"), "the weekday '1' of the cron '0 3 * * 1'"),
        (lambda: one("a", Queue("q"), memory_mb=256), "memory_mb of a is 256; every cloud takes 512 to 4096"),
        (lambda: one("a", Queue("q"), memory_mb=4097), "memory_mb of a is 4097"),
        (lambda: one("a", Queue("q"), timeout_s=541), "timeout_s of a is 541; every cloud takes 1 to 540"),
        (lambda: Function("a", Http(), timeout_s=30), "timeout_s of a is 30; every cloud takes 1 to 29"),
        (lambda: one("a", Queue("q"), attempts=4), "attempts of a is 4; every cloud takes 5 to 100"),
        (lambda: one("a", Http(), timeout_s=29), "a answers requests by the set's routes; it takes no handler"),
    ],
)
def test_what_a_cloud_would_refuse_is_refused_here(declare: Any, said: str) -> None:
    with pytest.raises(Misdeclared) as caught:
        declare()
    assert said in str(caught.value)


def test_the_edges_of_what_clouds_take() -> None:
    one("a", Queue("q" * 40), memory_mb=4096, timeout_s=540, attempts=100)
    one("a", Object("a/" * 100), memory_mb=512, timeout_s=1, attempts=5)
    of(one("a" * 22, Queue("q")))


def test_a_handler_is_imported_when_it_is_called() -> None:
    code = "core.energy.readings.table:ReadingsTable"
    assert resolve(code).__name__ == "ReadingsTable"
    assert resolve(handle) is handle


def test_a_handler_that_its_module_has_from_another_is_there() -> None:
    of(one("a", Queue("q"), "core.kernel.dead_letters:rfc3339"))


def write(folder: Path, text: str | None, monkeypatch: pytest.MonkeyPatch) -> str:
    package = f"own{abs(hash(text)) % 10**8}"
    if text is not None:
        (folder / package).mkdir()
        (folder / package / "functions.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    return package


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no module {}.functions: is its folder on PYTHONPATH, or in the deployed package"),
        ("import no_such_library", "{}.functions can't be imported: No module named 'no_such_library'"),
        ("FUNCTIONS = 5", "FUNCTIONS in {}.functions is no FunctionSet, but 5"),
        ("", "has no attribute 'FUNCTIONS'"),
        ("def (", "{}.functions can't be imported: invalid syntax"),
        (
            "from core.kernel.triggers import Queue\nQUEUE = Queue('Bad Name')",
            "{}.functions can't be imported: the queue 'Bad Name' is refused by a cloud",
        ),
    ],
)
def test_a_set_that_cannot_be_had_is_one_clear_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, said: str
) -> None:
    package = write(tmp_path, text, monkeypatch)
    with pytest.raises(ConfigError) as caught:
        chosen({"TREFOIL_FUNCTIONS": package})
    assert str(caught.value).startswith("TREFOIL_FUNCTIONS: ")
    assert said.format(package) in str(caught.value)
    sys.modules.pop(f"{package}.functions", None)


@pytest.mark.parametrize("name", ["../x", "a-b", "a.", "core.energy; x"])
def test_what_is_no_package_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match="is not the name of a package"):
        load(name)


def test_without_a_choice_it_is_the_companys() -> None:
    assert chosen({}) is chosen({"TREFOIL_FUNCTIONS": " core.energy "}) is load("core.energy")


def test_a_set_is_a_value() -> None:
    declared = of(one("a", Queue("q")))
    assert replace(declared, title="Other").every == declared.every
