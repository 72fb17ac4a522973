"""What is refused of a workflow when it is declared: each has an engine that would not keep it, or would say so late.

The limits are the least of all: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html,
https://cloud.google.com/workflows/quotas, and of one machine.
"""

from __future__ import annotations

import re

from msgspec import Struct

from core.kernel.triggers import Misdeclared
from core.kernel.workflow.declared import (
    INPUT,
    ITEM,
    Choice,
    Fail,
    Map,
    Parallel,
    Ref,
    Step,
    Task,
    Workflow,
    reads,
)
from core.kernel.workflow.plan import plan, shared

NAME = re.compile(r"[a-z](_?[a-z0-9])*")
LONGEST_NAME = 40
_OWN = (INPUT, ITEM, "run", "end", "failed", "error", "args")
_WORDS = ("null", "true", "false", "not", "and", "or", "in", "default", "double", "int", "keys", "len", "string", "if")
_MODULES = (
    "base64",
    "events",
    "googleapis",
    "hash",
    "http",
    "json",
    "list",
    "map",
    "math",
    "retry",
    "sys",
    "text",
    "time",
    "uuid",
)
RESERVED = frozenset((*_OWN, *_WORDS, *_MODULES))
"""Names that the state, the documents and the definitions have themselves, and those of Google's expressions.

https://cloud.google.com/workflows/docs/reference/stdlib/overview
"""
TAKEN = ("services", "run")
"""What every handler is given besides."""
FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,3}")
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
OPERATORS = ("==", "<", ">")
AT_ONCE, BRANCHES, DEPTH = 20, (2, 10), 2
ATTEMPTS, LONGEST_WAIT = 5, 300
TIMEOUT = (1, 540)


class _Scope(Struct, frozen=True):
    """What a step can refer to: tasks that have run on every path, those that may have, and the maps around it."""

    surely: frozenset[str]
    perhaps: frozenset[str]
    maps: tuple[str, ...] = ()
    depth: int = 0
    item: bool = False


class _Found:
    """What has been seen so far: in which maps each task stands, and in which side-by-side branch."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.maps: dict[str, tuple[str, ...]] = {}
        self.branch: dict[str, tuple[str, ...]] = {}


def check(workflow: Workflow) -> None:
    """Raises `Misdeclared` for the first step that makes no sense."""
    _body(workflow.steps, _Scope(frozenset(), frozenset()), _Found(), ())
    plan(workflow.steps)  # which finds a field that two steps look at as different kinds


def _body(steps: tuple[Step, ...], scope: _Scope, found: _Found, branch: tuple[str, ...]) -> _Scope:
    if not steps:
        raise Misdeclared("a row of steps is empty; leave out what it belongs to, or give it a step")
    for number, step in enumerate(steps):
        if _ends((step,)) and number + 1 < len(steps):
            raise Misdeclared(f"nothing runs after {step.name}, which ends the run; take out what stands behind it")
        scope = _step(step, scope, found, branch)
    return scope


def _step(step: Step, scope: _Scope, found: _Found, branch: tuple[str, ...]) -> _Scope:
    if not NAME.fullmatch(step.name) or len(step.name) > LONGEST_NAME or step.name in RESERVED:
        raise Misdeclared(
            f"{step.name!r} is no step's name on every engine: give lower-case letters, digits and single underscores, "
            f"a letter first, at most {LONGEST_NAME}, and none of {', '.join(sorted(RESERVED))}"
        )
    if step.name in found.names:
        raise Misdeclared(f"two steps are called {step.name}; each keeps its result under its name")
    found.names.add(step.name)
    for ref in reads(step):
        _readable(step, ref, scope, found, branch)
    match step:
        case Task():
            return _task(step, scope, found, branch)
        case Choice():
            return _choice(step, scope, found, branch)
        case Map():
            if not 1 <= step.at_most <= AT_ONCE:
                raise Misdeclared(f"{step.name} runs {step.at_most} items at once; every engine takes 1 to {AT_ONCE}")
            inner = _Scope(scope.surely, scope.perhaps, (*scope.maps, step.name), _deeper(step, scope), item=True)
            ended = _body(step.do, inner, found, (*branch, step.name))
            return _joined(scope, ended)
        case Parallel():
            if not BRANCHES[0] <= len(step.branches) <= BRANCHES[1]:
                raise Misdeclared(f"{step.name} has {len(step.branches)} branches; every engine takes 2 to 10")
            inner = _Scope(scope.surely, scope.perhaps, scope.maps, _deeper(step, scope), scope.item)
            ends = []
            for name, body in step.branches.items():
                if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
                    raise Misdeclared(f"{name!r} is no name of a branch of {step.name}; name it as a step")
                ends.append(_body(body, inner, found, (*branch, f"{step.name}.{name}")))
            for ended in ends:
                scope = _joined(scope, ended)
            return scope
        case Fail():
            _code(step, step.code)
            if len(step.detail) > 1000 or not step.detail or "$" in step.detail:
                raise Misdeclared(f"{step.name} says why in 1 to 1000 characters, and no $, which an engine evaluates")
    return scope


def _deeper(step: Map | Parallel, scope: _Scope) -> int:
    if scope.depth == DEPTH:
        raise Misdeclared(f"{step.name} is the third of Map and Parallel inside of each other; Google Cloud takes two")
    return scope.depth + 1


def _joined(scope: _Scope, ended: _Scope) -> _Scope:
    return _Scope(scope.surely | ended.surely, scope.perhaps | ended.perhaps, scope.maps, scope.depth, scope.item)


def _task(step: Task, scope: _Scope, found: _Found, branch: tuple[str, ...]) -> _Scope:
    retry = step.retry
    if not 1 <= retry.attempts <= ATTEMPTS:
        raise Misdeclared(f"{step.name} is tried {retry.attempts} times; give 1 to {ATTEMPTS}")
    if not (1 <= retry.wait_s <= retry.longest_s <= LONGEST_WAIT and 1 <= retry.factor <= 10):
        raise Misdeclared(
            f"{step.name} waits {retry.wait_s} s, {retry.factor} times as long each time, at most {retry.longest_s} s; "
            f"give waits of 1 to {LONGEST_WAIT} s, the longest at least the first, and a factor of 1 to 10"
        )
    if not TIMEOUT[0] <= step.timeout_s <= TIMEOUT[1]:
        raise Misdeclared(f"{step.name} may take {step.timeout_s} s; every engine waits 1 to 540")
    for name, value in step.args.items():
        if not CODE.fullmatch(name) or name in TAKEN:
            raise Misdeclared(
                f"{step.name} gives its handler {name!r}; name it with lower-case letters and underscores"
            )
        if not isinstance(value, Ref | str | int | bool | None):
            raise Misdeclared(
                f"{step.name} gives {name} = {value!r}; give a Ref, a text, a whole number, a truth or None"
            )
        if isinstance(value, str) and ("$" in value or len(value) > 400):
            raise Misdeclared(
                f"{step.name} gives {name} = {value!r}, which an engine would evaluate: no $, at most 400"
            )
    found.maps[step.name] = scope.maps
    found.branch[step.name] = branch
    done = _Scope(
        scope.surely if step.catch else scope.surely | {step.name},
        scope.perhaps | {step.name},
        scope.maps,
        scope.depth,
        scope.item,
    )
    perhaps = done.perhaps
    for code, body in step.catch.items():
        _code(step, code)
        perhaps |= _body(body, scope, found, branch).perhaps
    return _Scope(done.surely, perhaps, scope.maps, scope.depth, scope.item)


def _choice(step: Choice, scope: _Scope, found: _Found, branch: tuple[str, ...]) -> _Scope:
    if step.operator not in OPERATORS:
        raise Misdeclared(f"{step.name} compares by {step.operator!r}; engines have {', '.join(OPERATORS)} in common")
    if step.operator != "==" and (isinstance(step.other, bool) or not isinstance(step.other, int)):
        raise Misdeclared(f"{step.name} compares by {step.operator} with {step.other!r}; give a whole number")
    if isinstance(step.other, str) and not re.fullmatch(r"[A-Za-z0-9 _.:-]{0,100}", step.other):
        raise Misdeclared(f"{step.name} compares with {step.other!r}; give letters, digits, spaces and _.:-")
    if not step.value.rest:
        raise Misdeclared(f"{step.name} looks at all of {step.value.path}; name a field, as in {step.value.path}.count")
    then = _body(step.then, scope, found, branch)
    otherwise = _body(step.otherwise, scope, found, branch) if step.otherwise else scope
    sure = [one.surely for steps, one in ((step.then, then), (step.otherwise, otherwise)) if not _ends(steps)]
    surely = frozenset.intersection(*sure) if sure else scope.surely
    return _Scope(surely, then.perhaps | otherwise.perhaps, scope.maps, scope.depth, scope.item)


def _ends(steps: tuple[Step, ...]) -> bool:
    """Whether nothing comes after this row, since it ends the run, whichever way it goes."""
    last = steps[-1] if steps else None
    return isinstance(last, Fail) or (isinstance(last, Choice) and _ends(last.then) and _ends(last.otherwise))


def _readable(step: Step, ref: Ref, scope: _Scope, found: _Found, branch: tuple[str, ...]) -> None:
    if ref.rest and (not FIELD.fullmatch(ref.rest) or set(ref.rest.split(".")) & set(_WORDS)):
        raise Misdeclared(
            f"{step.name} reads {ref.path!r}; name fields with lower-case letters, digits and underscores"
        )
    if ref.optional and (ref.rest or ref.head in (INPUT, ITEM)):
        raise Misdeclared(f"{step.name} reads {ref.path} as optional; only a whole result of a task can be missing")
    if ref.head == INPUT:
        if not ref.rest:
            raise Misdeclared(f"{step.name} reads all of the input; name its fields, as in input.month")
        return
    if ref.head == ITEM:
        if not isinstance(step, Task):
            raise Misdeclared(f"{step.name} looks at {ref.path}: give the item to a task, and look into its result")
        if not scope.item:
            raise Misdeclared(f"{step.name} reads {ref.path}, but stands in no Map")
        if ref.rest:
            raise Misdeclared(f"{step.name} reads {ref.path}: give the whole item, whose fields nobody has looked at")
        return
    if ref.head not in (scope.perhaps if ref.optional else scope.surely):
        raise Misdeclared(f"{step.name} reads {ref.path}, which no earlier step gives on every path")
    maps, within = found.maps[ref.head], branch[: len(found.branch[ref.head])]
    if ref.rest and (maps != scope.maps or within != found.branch[ref.head]):
        raise Misdeclared(
            f"{step.name} looks into {ref.path}, a result of another branch or Map; give a task that joins {ref.head}"
        )
    if isinstance(step, Map) and not ref.rest:
        raise Misdeclared(f"{step.name} goes over all of {ref.path}; name the list in it, as in {ref.path}.items")
    if len(maps) - shared(maps, scope.maps) > 1:
        raise Misdeclared(f"{step.name} reads {ref.path} of a Map in a Map; join it in the outer one first")


def _code(step: Step, code: str) -> None:
    if not CODE.fullmatch(code):
        raise Misdeclared(f"{step.name}: {code!r} is no error's code; give lower-case letters, digits and underscores")
