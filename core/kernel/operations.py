"""What an operator asks of a deployment, from its store alone: so it is the same on every provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from msgspec import Struct

from core import VERSION
from core.kernel import cron
from core.kernel.auth import users
from core.kernel.clock import rfc3339
from core.kernel.dead_letters import DeadLetters
from core.kernel.documents import Documents
from core.kernel.functions import Function, resolve
from core.kernel.services import Services
from core.kernel.triggers import Queue, Schedule

NEVER = "never"
SHOWN = 100
"""Characters of an error in the status."""


class Line(Struct, frozen=True):
    """One line of the status: what it is about, and how it is."""

    about: str
    said: str


class Found(Struct, frozen=True):
    """A document that has to do with an id."""

    path: str
    document: dict[str, Any]


def fired(documents: Documents, function: Function) -> str | None:
    """The time for which a schedule fired last and was done with, in RFC 3339; None where it never was."""
    held = documents.get(f"schedules/{function.name}.json")
    return None if held is None else str(held.value["due"])


def status(services: Services, waiting: Callable[[str], int | None]) -> Iterator[Line]:
    """How things are, a line each. `waiting` says how many messages a queue has, None where only the cloud knows.

    A document that can't be read costs its line alone, which says so. Raises `TrefoilError(UNAVAILABLE)`.
    """
    functions, documents = services.functions, services.documents
    yield Line("version", f"{VERSION}, {functions.title}, {services.config.store}")
    yield line("dead letters", lambda: _letters(services))
    for one in functions.of(Queue):
        count = waiting(one.queue)
        said = "its cloud knows how many wait (docs/runbook.md)" if count is None else f"{count} waiting"
        yield Line(f"queue {one.queue}", said)
    for one in functions.of(Schedule):
        yield line(f"schedule {one.name}", partial(_schedule, services, one))
    yield line("users", lambda: str(len(users.names(documents))))
    if functions.status is not None:
        yield from resolve(functions.status)(services)


def line(about: str, look: Callable[[], str]) -> Line:
    """What `look` finds, or that a document of the store is damaged; what others wrote can't break the screen."""
    try:
        said = look()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        said = f"can't be told: a document is damaged ({type(error).__name__}: {error})"
    return Line(about, "".join(one if one.isprintable() else repr(one)[1:-1] for one in said))


def _letters(services: Services) -> str:
    letters = DeadLetters(services.documents, services.clock).every()
    newest = max(letters, key=lambda letter: str(letter["at"]), default=None)
    if newest is None:
        return "0"
    return f"{len(letters)}; the newest of {newest['function']}, {newest['at']}: {str(newest['error'])[:SHOWN]}"


def _schedule(services: Services, function: Function) -> str:
    due, done = cron.last_due(services.cron(function), services.clock()), fired(services.documents, function)
    late = (done is None or done < rfc3339(due)) and services.clock() - due < timedelta(days=366)
    return f"{f'done for {done}' if done else 'never ran'}{f'; was due {rfc3339(due)}' if late else ''}"


def trace(services: Services, name: str) -> Iterator[Found]:
    """What the store has about an id: dead letters, and what the set knows by it. Nothing is an empty answer.

    A dead letter is of an id when that is its own, or the whole of a text in its event.
    """
    for letter in DeadLetters(services.documents, services.clock).every():
        if name == letter["id"] or name in _texts(letter["event"]):
            yield Found(f"dead-letters/{letter['id']}.json", letter)
    if services.functions.trace is not None:
        yield from resolve(services.functions.trace)(services, name)


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from (text for one in value.values() for text in _texts(one))
        case list():
            yield from (text for one in value for text in _texts(one))
