"""What a function set is: a value that says all there is to know of it. Adapters, Terraform and OpenAPI derive from it.

A set is named by the package that declares it, as `FUNCTIONS` in its module `functions`. TREFOIL_FUNCTIONS chooses one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from itertools import combinations
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from core import DEFAULT_FUNCTIONS
from core.kernel.config import ConfigError
from core.kernel.triggers import (
    KERNELS_OWN,
    Authorizer,
    Dead,
    Http,
    Misdeclared,
    Object,
    Queue,
    Schedule,
    Step,
    Trigger,
    holds,
)

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

    from core.kernel.api.context import Route

VARIABLE = "TREFOIL_FUNCTIONS"
ADMIN = "admin"
"""The one action that the kernel knows: to see and change the access list."""
ACCOUNT = "{account}"

Reference = Callable[..., Any] | str
"""A function, or `module:name` of one that is imported when it is first called: what loads much is named so."""

# With the longest prefix and environment, `PREFIX-ENVIRONMENT-bury-NAME` is a name for Cloud Run (49 characters).
_NAME = re.compile(r"[a-z](_?[a-z0-9])*")
LONGEST_NAME = 22
TAKEN = ("dead", "site")
_ACTION = re.compile(r"[a-z][A-Za-z]{0,39}")
_PACKAGE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
MEMORY, REQUEST_S, EVENT_S, ATTEMPTS = (512, 4096), (1, 29), (1, 540), (5, 100)
"""What all clouds have: Google's least with a whole CPU and Azure's most; API Gateway's and Pub/Sub's waiting times;
Pub/Sub's attempts."""


class NoSuchFunction(ValueError):
    """The set has no function of that name. The message has those that there are."""


class Function(Struct, frozen=True):
    """One named handler with one trigger.

    The handler is called with `Services` and the event: `ObjectCreated` for an object, the message's bytes for a
    queue, `Due` for a schedule. It returns JSON values for whoever invokes it by hand. What it raises fails the
    delivery: an object or a message comes `attempts` times in all and then is a dead letter; a schedule fires again a
    few times, and then at its next time. An http function has no handler: the routes do its work. Nor has a queue whose
    messages are the set's jobs, nor a step, whose work is that of the workflow's tasks.

    `together`, of an object function, is called with `Services` and several events, where a cloud delivers several at
    once; it returns, for each, None or the exception that failed it.

    `memory_mb` and `timeout_s` are what every cloud is asked for. Raises `Misdeclared` for what none would give.
    """

    name: str
    trigger: Trigger
    handler: Reference | None = None
    description: str = ""
    memory_mb: int = 512
    timeout_s: int = 29
    attempts: int = 5
    together: Reference | None = None

    def __post_init__(self) -> None:
        requests = isinstance(self.trigger, Http | Authorizer)
        bounds = (
            ("memory_mb", self.memory_mb, MEMORY),
            ("timeout_s", self.timeout_s, REQUEST_S if requests else EVENT_S),
            ("attempts", self.attempts, ATTEMPTS),
        )
        for field, given, (least, most) in bounds:
            if not least <= given <= most:
                raise Misdeclared(f"{field} of {self.name} is {given}; every cloud takes {least} to {most}")
        if isinstance(self.trigger, Step) and self.handler is not None:
            raise Misdeclared(f"the tasks of {self.name}'s workflow do its work; it takes no handler")
        if requests and self.handler is not None:
            raise Misdeclared(f"{self.name} answers requests by the set's routes; it takes no handler")
        if self.together is not None and not isinstance(self.trigger, Object):
            raise Misdeclared(f"{self.name} takes no objects, of which several could come together")

    @property
    def queue(self) -> str:
        """The platform's queue that it takes from, without what a deployment puts before it; empty for none."""
        if isinstance(self.trigger, Object):
            return self.name.replace("_", "-")
        return self.trigger.name if isinstance(self.trigger, Queue) else ""


class Job(Struct, frozen=True):
    """A kind of message in a queue that several jobs share.

    `message` is a msgspec struct with `tag_field="job"` and `kind` as its tag; `handler` is called with `Services` and
    the message. `given_up` is called with these and the id of the dead letter, when a job has failed too often.
    `before_replay` may raise `NotReplayable` for a dead letter that would do nothing here, or the wrong thing.
    """

    kind: str
    queue: str
    message: Reference
    handler: Reference
    given_up: Reference | None = None
    before_replay: Reference | None = None


class Command(Struct, frozen=True):
    """A command of the console, beside those that come with every set.

    `arguments` is called with its `argparse.ArgumentParser`; `run` with `Services`, the options, and what makes a block
    in which this process does the set's queues and workflows itself; one that is `alone` gets the options only, and
    touches no store. It returns the exit status, or raises `ValueError` or `TrefoilError` with words for people.
    """

    name: str
    summary: str
    arguments: Reference
    run: Reference
    alone: bool = False


class FunctionSet(Struct, frozen=True, dict=True):
    """All functions of a deployment, with the routes of its http function, its jobs, and what its documents are.

    `routes` is the tuple, or names it; the kernel's own (health, login, the access list) come with every set.
    `owned` are the places of the store that belong to an account and go when that goes: folders
    (`trades/{account}/`) and documents (`settings/{account}.json`). `actions` are what can be granted, besides `admin`.
    `status` and `trace` say more of the set for the commands of these names: see `core.kernel.operations`.
    `settings` reads the set's own variables from the environment, and raises `ConfigError`; `Services.own` is what it
    returns; its module may list them as `VARIABLES`, for the docs. Raises `Misdeclared` for what makes no sense.
    """

    title: str
    functions: tuple[Function, ...]
    routes: Sequence[Route] | str = ()
    jobs: tuple[Job, ...] = ()
    owned: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    settings: Reference | None = None
    commands: tuple[Command, ...] = ()
    status: Reference | None = None
    trace: Reference | None = None

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise Misdeclared(problem)

    @cached_property
    def every(self) -> Mapping[str, Function]:
        """The declared functions by name, and for each that takes events the one that writes its dead letters."""
        events = [one for one in self.functions if one.queue]
        burials = [
            Function(f"bury_{one.name}", Dead(one.name), description=f"Dead letters of {one.name}", timeout_s=60)
            for one in events
        ]
        return {one.name: one for one in (*self.functions, *burials)}

    def named(self, name: str) -> Function:
        """Raises `NoSuchFunction`."""
        if name not in self.every:
            raise NoSuchFunction(f"there is no function {name!r}; there are {', '.join(self.every)}")
        return self.every[name]

    def of(self, *triggers: type[Trigger]) -> list[Function]:
        """The functions with such a trigger, in the order of their declaration."""
        return [one for one in self.every.values() if isinstance(one.trigger, triggers)]

    def owned_by(self, account: str) -> list[str]:
        """The folders (with a closing slash) and documents that belong to an account, in the order declared."""
        return [place.replace(ACCOUNT, account) for place in self.owned]

    @cached_property
    def queues(self) -> Mapping[str, Function]:
        """The queues that handlers send to, each with the function that takes from it."""
        return {one.queue: one for one in self.of(Queue)}


def load(package: str) -> FunctionSet:
    """The set that a package declares. Raises `ConfigError` saying why it can't be had."""
    if not _PACKAGE.fullmatch(package):
        raise ConfigError(VARIABLE, f"{package!r} is not the name of a package, such as {DEFAULT_FUNCTIONS}")
    try:
        declared = import_module(f"{package}.functions").FUNCTIONS
    except ModuleNotFoundError as error:
        if error.name is None or not f"{package}.functions.".startswith(f"{error.name}."):
            raise ConfigError(VARIABLE, f"{package}.functions can't be imported: {error}") from error
        remedy = "is its folder on PYTHONPATH, or in the deployed package?"
        raise ConfigError(VARIABLE, f"there is no module {package}.functions: {remedy}") from None
    except Exception as error:
        raise ConfigError(VARIABLE, f"{package}.functions can't be imported: {error}") from error
    if not isinstance(declared, FunctionSet):
        raise ConfigError(VARIABLE, f"FUNCTIONS in {package}.functions is no FunctionSet, but {declared!r}")
    return declared


def chosen_name(environment: Mapping[str, str]) -> str:
    """The package that TREFOIL_FUNCTIONS names, else `DEFAULT_FUNCTIONS`."""
    return environment.get(VARIABLE, "").strip() or DEFAULT_FUNCTIONS


def chosen(environment: Mapping[str, str]) -> FunctionSet:
    """The set of that package. Raises `ConfigError`."""
    return load(chosen_name(environment))


def resolve(reference: Reference) -> Any:
    """What a reference is to; the first call may import much."""
    if not isinstance(reference, str):
        return reference
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


def _problems(declared: FunctionSet) -> Iterator[str]:
    """What makes no sense, the first of which is told."""
    functions = declared.functions
    yield from _names(one.name for one in functions)
    if sum(isinstance(one.trigger, Http) for one in functions) != 1:
        yield "a function set has one http function, which answers all requests"
    if sum(isinstance(one.trigger, Authorizer) for one in functions) > 1:
        yield "a function set has one authorizer at most"
    for one in functions:
        if isinstance(one.trigger, Dead):
            yield f"{one.name}: dead letters are buried by themselves; take it out"
    prefixes = [(one.name, one.trigger.prefix) for one in functions if isinstance(one.trigger, Object)]
    for (first, outer), (second, inner) in combinations(prefixes, 2):
        if holds(outer, inner) or holds(inner, outer):
            yield f"{first} and {second} listen to {outer} and {inner}, of which one holds the other: a file is one's"
    yield from _queues(declared)
    yield from _references(declared)
    yield from _access(declared)


def _names(names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            yield (
                f"{name!r} is no function's name on every cloud: give lower-case letters, digits and single "
                f"underscores, a letter first, at most {LONGEST_NAME}"
            )
        if name in TAKEN:
            yield f"{name} is what a deployment calls something of its own; choose another name"
        if name.startswith("bury_"):
            yield f"{name}: what buries dead letters is made by itself; choose another name"
        if name in seen:
            yield f"two functions have the name {name!r}"
        seen.add(name)


def _queues(declared: FunctionSet) -> Iterator[str]:
    readers: dict[str, str] = {}
    for one in declared.functions:
        if not one.queue:
            continue
        if re.search(r"^schedule(-|$)|-(dead|poison)$", one.queue):
            yield f"{one.name} takes from {one.queue}, a name that a cloud's own queues have; choose another"
        if one.queue in readers:
            yield f"{readers[one.queue]} and {one.name} both take from the queue {one.queue!r}: a message is one's"
        readers[one.queue] = one.name
        shared = any(job.queue == one.queue for job in declared.jobs) and isinstance(one.trigger, Queue)
        if shared and one.handler is not None:
            yield f"{one.name} has a handler, and jobs that share its queue: one of both would never run"
        if not shared and one.handler is None:
            yield f"{one.name} has neither a handler nor a job"
    asked = [one.trigger.name for one in declared.functions if isinstance(one.trigger, Queue)]
    kinds = [job.kind for job in declared.jobs]
    for job in declared.jobs:
        if job.queue not in asked:
            yield f"nobody reads the queue {job.queue!r} of the job {job.kind!r}: declare a function for it"
        if kinds.count(job.kind) > 1:
            yield f"two jobs are of the kind {job.kind!r}"


def _references(declared: FunctionSet) -> Iterator[str]:
    for one in declared.functions:
        if isinstance(one.trigger, Schedule) and one.handler is None:
            yield f"{one.name} has no handler"
        yield from _missing(f"the handler of {one.name}", one.handler)
        yield from _missing(f"together of {one.name}", one.together)
        if isinstance(one.trigger, Step):
            yield from _missing(f"the workflow of {one.name}", one.trigger.workflow)
    for job in declared.jobs:
        for field in ("message", "handler", "given_up", "before_replay"):
            yield from _missing(f"{field} of the job {job.kind!r}", getattr(job, field))
    for field in ("settings", "status", "trace"):
        yield from _missing(field, getattr(declared, field))
    for command in declared.commands:
        for field in ("arguments", "run"):
            yield from _missing(f"{field} of the command {command.name!r}", getattr(command, field))
    if isinstance(declared.routes, str):
        yield from _missing("routes", declared.routes)


def _missing(what: str, reference: Any) -> Iterator[str]:
    """Looked for in the module's text: importing it is what a name is given to put off."""
    if not isinstance(reference, str):
        return
    module, _, name = reference.partition(":")
    try:
        spec = find_spec(module) if module and name else None
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.loader is None:
        yield f"{what} is {reference!r}, but there is no such module: give module:name"
        return
    source = _source(spec)
    if source is not None and not _defines(source, name) and name not in _imported(source):
        yield f"{what} is {reference!r}, but {module} defines no {name}"


def _source(spec: ModuleSpec) -> str | None:
    """A module's text, where it has one; as UTF-8, since a loader's `get_source` loads a tokenizer to ask which."""
    read = getattr(spec.loader, "get_data", None)
    if read is None or not spec.has_location or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    text: bytes = read(spec.origin)
    return text.decode(errors="replace")


def _defines(source: str, name: str) -> bool:
    """At the beginning of a line. Looked for as it stands: patterns of two dozen names take 3 ms of a start to make."""
    forms = (f"def {name}(", f"def {name}[", f"class {name}(", f"class {name}[", f"class {name}:")
    lines = "\n" + source.replace("\r\n", "\n")
    return any(f"\n{form}" in lines for form in (*forms, f"{name} =", f"{name}=", f"{name}:"))


def _imported(source: str) -> set[str]:
    """The names that a module has from others."""
    import ast  # only for a name that the module does not define itself

    nodes = [node for node in ast.parse(source).body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in nodes for alias in node.names}


def _access(declared: FunctionSet) -> Iterator[str]:
    for action in declared.actions:
        if not _ACTION.fullmatch(action) or action == ADMIN or declared.actions.count(action) > 1:
            yield f"the action {action!r} is no name of its own: give letters, and each action once, {ADMIN} never"
    for place in declared.owned:
        if not re.fullmatch(rf"([a-z][a-z0-9-]*/)+{re.escape(ACCOUNT)}(/|\.json)", place):
            remedy = f"give a folder trades/{ACCOUNT}/ or a document settings/{ACCOUNT}.json"
            yield f"{place!r} belongs to no account: {remedy}"
        elif any(holds(own, place) for own in KERNELS_OWN) and place not in _of_runs(declared):
            yield f"{place!r} holds documents of the kernel's own; choose another place"
    # What stands before the account: else an account of the inner one's name would take the others' things along.
    for outer, inner in combinations(sorted(place.partition(ACCOUNT)[0] for place in declared.owned), 2):
        if holds(outer, inner):
            yield f"of the places that belong to an account, {outer} holds {inner}: let none hold another"


def _of_runs(declared: FunctionSet) -> list[str]:
    """Where the runs of an account's workflows lie, which are an account's own like anything else."""
    workflows = [one.name for one in declared.functions if isinstance(one.trigger, Step)]
    return [f"{folder}/{name}/{ACCOUNT}/" for name in workflows for folder in ("runs", "steps")]
