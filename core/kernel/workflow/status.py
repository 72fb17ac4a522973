"""How far a run is: the state of each step, from its documents and the definition that it goes by. Alike everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from core.kernel.documents import Documents
from core.kernel.workflow import declared
from core.kernel.workflow.declared import INPUT, Choice, Map, Parallel, Ref, Step, Task, walk
from core.kernel.workflow.interpreter import chosen, look
from core.kernel.workflow.runs import DONE, RUNNING
from core.kernel.workflow.steps import Run

State = Literal["waiting", "running", "done", "failed", "skipped"]


class StepState(Struct, frozen=True):
    """`kind` is `task`, `choice`, `map`, `parallel` or `fail`; `parent` the step around it, with the branch it is in.

    Of a task in a Map, `done` counts the items that it was done for, of `items` in all, once these are known.
    `attempts` are those that failed, and `detail` is what the last of them said.
    """

    name: str
    kind: str
    parent: str | None
    branch: str | None
    state: State
    done: int
    items: int | None
    attempts: int
    detail: str | None


def states(documents: Documents, run: Run, document: Mapping[str, Any]) -> list[StepState]:
    """Every step of a run, in the order of its definition."""
    walked = _Walk(documents, run, document)
    walked.row(declared.decode(document["definition"]), _Place())
    return [walked.found[name] for name in walked.order]


class _Place(Struct, frozen=True):
    """Where a row stands: in which step and branch, for how many items, and whether a run has come there."""

    parent: str | None = None
    branch: str | None = None
    in_map: bool = False
    items: int | None = None
    reached: bool = True
    passed: bool = False


class _Walk:
    def __init__(self, documents: Documents, run: Run, document: Mapping[str, Any]) -> None:
        self._documents = documents
        self._folder = run.folder
        self._looked: dict[str, Any] = {INPUT: document["input"]}
        self._state = document["state"]
        self._error = document["error"] or {}
        self._done: Counter[str] = Counter()
        self._failures: dict[str, tuple[int, str]] = {}
        for path in documents.list(run.folder):
            first = path.removeprefix(f"{run.folder}/").removesuffix(".json").partition("/")[0]
            if first == "failed":
                self._note(path)
            else:
                self._done[first] += 1
        self.order: list[str] = []
        self.found: dict[str, StepState] = {}

    def row(self, steps: tuple[Step, ...], place: _Place) -> bool:
        """Find the states of a row; says whether a run has come to its end."""
        reached = place.reached
        for number, step in enumerate(steps):
            later = self._any(steps[number + 1 :])
            self.order.append(step.name)
            complete = self._inner(step, replace(place, reached=reached or later)) or later
            complete = not place.passed and (reached or later) and (complete or self._state == DONE)
            self.found[step.name] = self._state_of(step, replace(place, reached=reached or later), complete=complete)
            reached = complete
        return reached

    def _inner(self, step: Step, place: _Place) -> bool:
        """Find the states of what is inside of a step; says whether it is done, as far as that tells."""
        within = replace(place, parent=step.name, branch=None)
        match step:
            case Task():
                wanted = place.items if place.in_map else 1
                done = wanted is not None and self._done[step.name] >= wanted
                caught = [
                    self.row(
                        body,
                        replace(
                            within,
                            branch=code,
                            reached=self._any(body),
                            passed=place.passed or (done and not self._any(body)),
                        ),
                    )
                    for code, body in step.catch.items()
                ]
                return done or any(caught)
            case Choice():
                value = None if place.in_map else self._value(step.value)
                way = None if value is None or not place.reached else chosen(step, value)
                ways = {
                    (name == "then"): self.row(
                        body,
                        replace(
                            within,
                            branch=name,
                            reached=way is (name == "then") or self._any(body),
                            passed=place.passed or way is (name != "then"),
                        ),
                    )
                    for name, body in (("then", step.then), ("otherwise", step.otherwise))
                }
                return way is not None and ways[way]
            case Map():
                value = None if place.in_map else self._value(step.over)
                items = None if value is None else len(value)
                empty = items == 0
                complete = self.row(step.do, replace(within, in_map=True, items=items, passed=place.passed or empty))
                return items is not None and (complete or items == 0)
            case Parallel():
                ended = [self.row(body, replace(within, branch=name)) for name, body in step.branches.items()]
                return all(ended)
        return False

    def _state_of(self, step: Step, place: _Place, *, complete: bool) -> StepState:
        attempts, detail = self._failures.get(step.name, (0, None))
        done = self._done[step.name]
        state: State
        if isinstance(step, Task) and self._state == DONE and (done or not attempts):
            state = "done" if done else "skipped"
        elif complete:
            state = "done"
        elif place.passed or (self._state != RUNNING and not place.reached):
            state = "skipped"
        elif not place.reached:
            state = "waiting"
        elif self._state == RUNNING:
            state = "running"
        else:
            state = "failed" if self._failed(step) else "skipped"
        return StepState(
            step.name,
            type(step).__name__.lower(),
            place.parent,
            place.branch,
            state,
            done,
            place.items if place.in_map else None,
            attempts,
            detail,
        )

    def _failed(self, step: Step) -> bool:
        """Whether the run failed in this step, or in one inside of it."""
        return any(one.name in self._failures or one.name == self._error.get("step") for one in walk((step,)))

    def _any(self, steps: tuple[Step, ...]) -> bool:
        """Whether a run has come to one of these steps."""
        return any(self._done[step.name] or step.name in self._failures for step in walk(steps))

    def _value(self, ref: Ref) -> Any | None:
        """What a Choice or a Map looks at; None when that is not known yet."""
        if ref.head not in self._looked:
            held = self._documents.get(f"{self._folder}/{ref.head}.json")
            if held is None:
                return None
            self._looked[ref.head] = held.value["value"]
        return look(self._looked, ref)

    def _note(self, path: str) -> None:
        held = self._documents.get(path)
        if held is not None:
            step = held.value["step"]
            attempts, _ = self._failures.get(step, (0, ""))
            self._failures[step] = attempts + held.value["attempts"], held.value["detail"]
