"""A workflow of every kind of step, which does what its input asks for: it fails, waits, branches, fans out."""

from __future__ import annotations

import os
import time
from typing import Any
from uuid import uuid4

from core.kernel.errors import unavailable
from core.kernel.services import Services
from core.kernel.workflow.declared import Choice, Fail, Map, Parallel, Ref, Retry, Step, Task, Workflow
from core.kernel.workflow.steps import Run, StepFailed

ONCE = Retry(attempts=1)
QUICK = Retry(attempts=3, wait_s=1, factor=1, longest_s=1)


def called(services: Services, run: Run, step: str) -> int:
    """Note a call, as an effect that can't be taken back; returns how many there were with it."""
    folder = f"calls/{run.id}/{step}" + "".join(f".{place}" for place in run.at)
    services.documents.create(f"{folder}/{uuid4().hex}.json", {"at": services.clock().isoformat()})
    return len(services.documents.list(folder))


def echo(services: Services, run: Run, *, step: str, **given: Any) -> Any:
    called(services, run, step)
    return given


def flaky(services: Services, run: Run, *, step: str, fails: int) -> Any:
    """Unavailable for the first so many calls."""
    if called(services, run, step) <= fails:
        raise unavailable(f"{step} is down")
    return {"ok": True}


def bad(services: Services, run: Run, *, step: str) -> Any:
    called(services, run, step)
    raise StepFailed("bad", f"{step} can't be done")


def slow(services: Services, run: Run, *, step: str, seconds: int) -> Any:
    called(services, run, step)
    time.sleep(seconds)
    return {"ok": True}


def dies(services: Services, run: Run, *, step: str) -> Any:
    """At the first call the process is gone, after what it has done and before that is known."""
    if called(services, run, step) == 1:
        os._exit(1)
    return {"ok": True}


def text(services: Services, run: Run, *, step: str, size: int) -> Any:
    """A result of so many bytes, of which a Choice looks into `kind`."""
    called(services, run, step)
    return {"text": "x" * size, "kind": "big"}


def length(services: Services, run: Run, *, step: str, of: Any) -> Any:
    called(services, run, step)
    return {"length": len(of["text"])}


def wide(services: Services, run: Run, *, step: str, size: int) -> Any:
    """A field that is looked into, of so many bytes as JSON."""
    called(services, run, step)
    return {"kind": "x" * (size - len('{"kind": ""}'))}


def item(services: Services, run: Run, *, step: str, number: int) -> Any:
    called(services, run, step)
    if number < 0:
        raise StepFailed("negative", f"{number} is below zero")
    return {"square": number * number}


def total(services: Services, run: Run, *, step: str, squares: list[Any]) -> Any:
    called(services, run, step)
    return {
        "items": len(squares),
        "sum": sum(one["square"] for one in squares),
        "order": [one["square"] for one in squares[:3]],
    }


def held(services: Services, run: Run, *, step: str) -> Any:
    """Until somebody lets it go."""
    called(services, run, step)
    if services.documents.get(f"released/{run.id}.json") is None:
        raise unavailable("nobody has let it go")
    return {"ok": True}


def task(name: str, handler: Any, *, retry: Retry = QUICK, timeout_s: int = 60, catch: Any = None, **args: Any) -> Task:
    return Task(name, handler, {"step": name, **args}, retry, timeout_s, catch or {})


def case(kind: str, *steps: Step) -> Choice:
    return Choice(f"is_{kind}", Ref("input.kind"), "==", kind, steps)


WORKFLOW = Workflow(
    (
        case(
            "order",
            task("first", echo, value=Ref("input.text")),
            task("second", echo, before=Ref("first")),
            task("third", echo, before=Ref("second")),
        ),
        case(
            "branch",
            task("weigh", echo, count=Ref("input.number"), right=Ref("input.right")),
            Choice(
                "heavy",
                Ref("weigh.count"),
                ">",
                10,
                (task("much", echo),),
                (
                    Choice(
                        "asked", Ref("weigh.right"), "==", True, (task("little_right", echo),), (task("little", echo),)
                    ),
                ),
            ),
        ),
        case(
            "parallel",
            Parallel(
                "both",
                {
                    "left": (task("left", slow, seconds=1), task("left_too", echo, value="l")),
                    "right": (task("right", echo, value="r"),),
                },
            ),
            task("join", echo, left=Ref("left_too"), right=Ref("right")),
        ),
        case("torn", Parallel("halves", {"whole": (task("whole", echo),), "broken": (task("broken", bad),)})),
        case(
            "map",
            Map("each", Ref("input.numbers"), (task("square", item, number=Ref("item")),), at_most=5),
            task("sum", total, squares=Ref("square")),
        ),
        case(
            "nested",
            Map(
                "outer",
                Ref("input.numbers"),
                (
                    task("row", echo, number=Ref("item"), numbers=Ref("input.numbers")),
                    Map(
                        "inner",
                        Ref("row.numbers"),
                        (task("cell", echo, column=Ref("item"), row=Ref("row")),),
                        at_most=3,
                    ),
                    task("cells", echo, cells=Ref("cell")),
                ),
                at_most=3,
            ),
            task("table", echo, rows=Ref("cells")),
        ),
        case("retry", task("flaky", flaky, fails=2)),
        case("exhausted", task("down", flaky, fails=99)),
        case("final", task("broke", bad), task("never", echo)),
        case(
            "catch",
            task("caught", bad, catch={"bad": (task("instead", echo),)}),
            task("after", echo, what=Ref("caught", optional=True)),
        ),
        case(
            "timeout", task("slow", slow, retry=ONCE, timeout_s=1, seconds=3, catch={"timeout": (task("late", echo),)})
        ),
        case("late", task("slower", slow, retry=ONCE, timeout_s=1, seconds=3)),
        case("fail", Fail("give_up", "not_wanted", "the input asked for it")),
        case(
            "payload",
            task("write", text, size=Ref("input.number")),
            Choice("is_big", Ref("write.kind"), "==", "big", (task("length", length, of=Ref("write")),)),
        ),
        case(
            "carried",
            task("wide", wide, size=Ref("input.number")),
            Choice("is_wide", Ref("wide.kind"), "==", "wide", (task("unlikely", echo),), (task("likely", echo),)),
        ),
        case("crash", task("dies", dies, retry=Retry(3, 1, 1, 1))),
        case(
            "held",
            task("held", held, retry=Retry(5, 2, 2, 30)),
            task("now", echo),
        ),
    )
)
"""Of the kind `held`, `FORMER` has one step more."""

FORMER = Workflow(
    (
        case(
            "held",
            task("held", held, retry=Retry(5, 2, 2, 30)),
            task("first", echo, value="as it was"),
            task("now", echo),
        ),
    )
)
