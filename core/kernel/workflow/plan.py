"""What an engine has to know of a workflow beside its steps: what it carries of a result, and where results lie.

The event of a task is made of this and of the state alone, so a run goes on by the definition that it was begun with,
whatever the functions have been replaced by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from core.kernel.triggers import Misdeclared
from core.kernel.workflow.declared import INPUT, Choice, Map, Ref, Step, Task, bodies, reads

MOST_INPUT = 16 * 1024
MOST_CARRIED = 48 * 1024
"""Bytes of JSON: of a run's input, and of all that the state holds of results; together at most 64 KiB."""
MOST_IN_MAP = 2 * 1024
"""Of a result within a Map, of which twenty items are under way at once."""
MOST_ITEMS = 500
"""Of a list that a Map goes over: more would outgrow the histories that engines keep."""
MOST_INNER = 20
"""Of a list that a Map within a Map goes over."""
LIST, SHORT, NUMBER, TEXT, TRUTH, ANY = "list", "short list", "number", "text", "truth", "any"


class Plan(Struct, frozen=True):
    """`maps` are those around each task, the outermost first; `carried` the fields of its result that are looked into.

    Of each field, also of the input's, it says of what kind it must be.
    """

    maps: Mapping[str, tuple[str, ...]]
    carried: Mapping[str, Mapping[str, str]]
    input: Mapping[str, str]

    def most(self, task: str) -> int:
        """Bytes that the state has for the carried fields of a task's result."""
        outside = [name for name in self.carried if not self.maps[name]]
        return MOST_IN_MAP if self.maps[task] else MOST_CARRIED // max(1, len(outside))

    def stored(self, task: Task) -> dict[str, Any]:
        """Where the handler's other arguments are found: whole results of tasks, as they stand in its event."""
        found = {}
        for name, ref in task.args.items():
            if isinstance(ref, Ref) and not self.inline(ref):
                common = shared(self.maps[task.name], self.maps[ref.head])
                each = len(self.maps[ref.head]) > common
                found[name] = {"step": ref.head, "at": common, "each": each, "optional": ref.optional}
        return found

    def inline(self, ref: Ref) -> bool:
        """Whether the state holds the value; else it is a whole result in the store."""
        return bool(ref.rest) or ref.head not in self.maps


def plan(steps: tuple[Step, ...]) -> Plan:
    """Raises `Misdeclared` for a field that is looked at as two kinds."""
    maps: dict[str, tuple[str, ...]] = {}
    carried: dict[str, dict[str, str]] = {}
    given: dict[str, str] = {}
    for step, around in _placed(steps, ()):
        if isinstance(step, Task):
            maps[step.name] = around
        for ref in reads(step):
            kinds = given if ref.head == INPUT else carried.setdefault(ref.head, {}) if ref.rest else {}
            kind, known = _kind(step, around), kinds.get(ref.rest, ANY)
            if {kind, known} == {LIST, SHORT}:
                kind = known = SHORT
            if ANY not in (kind, known) and kind != known:
                raise Misdeclared(f"{step.name} looks at {ref.path} as a {kind}, and an earlier step as a {known}")
            kinds[ref.rest] = known if kind == ANY else kind
    of_tasks = {name: fields for name, fields in carried.items() if name in maps}
    return Plan(maps, of_tasks, given)


def shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many maps two steps both stand in."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def read_inside(steps: tuple[Step, ...]) -> list[str]:
    """The names of the state that a row of steps looks into, ordered."""
    return sorted({ref.head for step, _ in _placed(steps, ()) for ref in reads(step) if ref.rest or ref.head == "item"})


def _placed(steps: tuple[Step, ...], maps: tuple[str, ...]) -> Iterator[tuple[Step, tuple[str, ...]]]:
    for step in steps:
        yield step, maps
        inner = (*maps, step.name) if isinstance(step, Map) else maps
        for body in bodies(step):
            yield from _placed(body, inner)


def _kind(step: Step, around: tuple[str, ...]) -> str:
    if isinstance(step, Map):
        return SHORT if around else LIST
    if isinstance(step, Choice):
        return TRUTH if isinstance(step.other, bool) else NUMBER if isinstance(step.other, int) else TEXT
    return ANY
