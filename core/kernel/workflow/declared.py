"""What a workflow is: steps in a row, of which some branch, run side by side, or run for each item of a list.

Steps nest, so that a cycle or a jump to nowhere can't be written. What no engine could keep is refused when it is
declared, by `Misdeclared` (see `core.kernel.workflow.checks`). The names are those of Amazon States Language.

The state that engines carry is small: a run's input, and of a task's result only what the declaration looks into. All
results are documents of the store (`core.kernel.workflow.steps`), so a task that takes another's result, or those of
all items, reads them there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

INPUT, ITEM = "input", "item"
UNAVAILABLE, TIMEOUT, INTERNAL, TOO_LARGE = "unavailable", "timeout", "internal", "too_large"
"""Codes that the kernel itself fails with. The first two pass, so a task that fails so is tried again."""

Scalar = str | int | bool | None


class Ref(Struct, frozen=True, tag="ref"):
    """A value that is known when the workflow runs.

    `input.month` is of the run's input; `item` of the item that a `Map` is at; `validate.points` of a task's
    result. The name of a task alone is its whole result, or the list of those for all items when the task stands in a
    `Map` that this does not stand in; these may be `optional`: None (or an empty list) where the task did not run.
    """

    path: str
    optional: bool = False

    @property
    def head(self) -> str:
        return self.path.partition(".")[0]

    @property
    def rest(self) -> str:
        """What stands behind the first name; empty for a whole result."""
        return self.path.partition(".")[2]


class Retry(Struct, frozen=True):
    """How often a task is tried that fails with `unavailable` or `timeout`, or whose function dies.

    `attempts` in all; before the second one `wait_s` seconds pass, before each further one `factor` times as many, at
    most `longest_s`.
    """

    attempts: int = 3
    wait_s: int = 2
    factor: int = 2
    longest_s: int = 30

    def waits(self) -> list[int]:
        return [min(self.wait_s * self.factor**number, self.longest_s) for number in range(self.attempts - 1)]


class Task(Struct, frozen=True, tag="task"):
    """Calls `handler(services, run, **args)`, which returns JSON values, or raises `StepFailed` or `TrefoilError`.

    It is called at least once, perhaps twice at a time (after a time-out the first call runs on), so it must be
    idempotent; the first result that is kept is the task's. `catch` has the steps to go on with for a code that it
    fails with in the end.
    """

    name: str
    handler: Any
    args: Mapping[str, Ref | Scalar] = {}
    retry: Retry = Retry()
    timeout_s: int = 60
    catch: Mapping[str, tuple[Step, ...]] = {}


class Choice(Struct, frozen=True, tag="choice"):
    """Goes on with `then` where the value compares so (`==`, `<`, `>`), else with `otherwise`."""

    name: str
    value: Ref
    operator: str
    other: str | int | bool
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...] = ()


class Map(Struct, frozen=True, tag="map"):
    """Does the steps for each item of a list, `at_most` items at once, in no order. It fails when one of them does."""

    name: str
    over: Ref
    do: tuple[Step, ...]
    at_most: int = 10


class Parallel(Struct, frozen=True, tag="parallel"):
    """Does its branches side by side. It fails when one of them does; the others may have run, or not."""

    name: str
    branches: Mapping[str, tuple[Step, ...]]


class Fail(Struct, frozen=True, tag="fail"):
    """Ends the run with a code, and words for whoever waits for it."""

    name: str
    code: str
    detail: str


Step = Task | Choice | Map | Parallel | Fail


class Workflow(Struct, frozen=True):
    """The steps of a run.

    `ended` is called with `Services`, the run and its document (None: it was removed) when it has ended, at least once.
    Raises `Misdeclared` naming the step that no engine could keep.
    """

    steps: tuple[Step, ...]
    ended: Callable[..., Any] | str | None = None

    def __post_init__(self) -> None:
        from core.kernel.workflow.checks import check

        check(self)

    def task(self, name: str) -> Task | None:
        return next((one for one in walk(self.steps) if isinstance(one, Task) and one.name == name), None)


def bodies(step: Step) -> Iterator[tuple[Step, ...]]:
    """The rows of steps inside of a step."""
    match step:
        case Task():
            yield from step.catch.values()
        case Choice():
            yield step.then
            yield step.otherwise
        case Map():
            yield step.do
        case Parallel():
            yield from step.branches.values()


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step, in the order in which they are written."""
    for step in steps:
        yield step
        for body in bodies(step):
            yield from walk(body)


def reads(step: Step) -> list[Ref]:
    """What a step itself refers to."""
    match step:
        case Task():
            return [value for value in step.args.values() if isinstance(value, Ref)]
        case Choice():
            return [step.value]
        case Map():
            return [step.over]
    return []


def encode(steps: tuple[Step, ...]) -> Any:
    """Steps as JSON values, to be kept with a run; of a handler only its name."""
    return msgspec.json.decode(msgspec.json.encode(steps, enc_hook=_named))


def decode(native: Any) -> tuple[Step, ...]:
    """What `encode` made. Raises `msgspec.ValidationError`."""
    return msgspec.convert(native, tuple[Step, ...])


def _named(handler: Any) -> str:
    return f"{handler.__module__}:{handler.__qualname__}"
