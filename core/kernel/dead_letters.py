"""Dead letters: events that failed too often, kept for 14 days unless they are replayed.

A platform's own dead-letter queue is where such an event lands first; beside each function that takes events stands one
(`bury_NAME`) that turns it into a document, so that one command reads and replays the letters of every provider. The
local provider, which has no such queue, writes the document itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from core.kernel import delivery, jobs, logs, telemetry
from core.kernel.clock import Clock, rfc3339
from core.kernel.documents import Documents
from core.kernel.events import GivenUp, NotReplayable, ObjectCreated, UnknownEvent, check_size
from core.kernel.functions import Function, resolve
from core.kernel.http import json_bytes
from core.kernel.processing import processing
from core.kernel.services import Services
from core.kernel.telemetry import NOTHING
from core.kernel.triggers import Object, Queue

PREFIX = "dead-letters"
KEPT = timedelta(days=14)

log = logs.logger("dead_letters")


class DeadLetters:
    """A document for each, named by its content, so that burying the same event twice keeps one."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def bury(self, given_up: GivenUp) -> str:
        """Write the letter; returns its id. Raises `TrefoilError(UNAVAILABLE)`: deliver it again."""
        event = dict(given_up.event)
        letter_id = sha256(repr((given_up.function, sorted(event.items()))).encode()).hexdigest()[:12]
        letter = {
            "id": letter_id,
            "function": given_up.function,
            "event": event,
            "attempts": given_up.attempts,
            "error": given_up.error,
            "at": rfc3339(self._clock()),
        }
        self._documents.put(_path(letter_id), letter)
        telemetry.count(telemetry.LETTERS, 1, {"trefoil.function": given_up.function})
        # What is no event could hold anything: the letter has it, for whoever may read the store.
        said: dict[str, Any] = {} if _is_native(event) else {"event": event}
        logs.error(log, "given up", letter=letter_id, of=given_up.function, **said, attempts=given_up.attempts)
        return letter_id

    def every(self) -> list[dict[str, Any]]:
        """All letters but those that have expired; one that can't be read is passed over."""
        return [letter for letter in self._all() if not self._expired(letter)]

    def expire(self) -> int:
        """Remove the letters older than `KEPT`; returns how many there were. Running it twice is harmless."""
        expired = [letter["id"] for letter in self._all() if self._expired(letter)]
        for letter_id in expired:
            self.remove(letter_id)
        logs.info(log, "expired", letters=len(expired))
        return len(expired)

    def get(self, letter_id: str) -> dict[str, Any] | None:
        """One of `every`, or None."""
        held = self._read(_path(letter_id)) if letter_id.isalnum() else ()
        return next((letter for letter in held if not self._expired(letter)), None)

    def remove(self, letter_id: str) -> None:
        """Take a letter away; removing one that is not there is no error."""
        self._documents.delete(_path(letter_id))

    def revisions(self) -> set[tuple[str, str]]:
        """Key and revision of the objects that are dead letters; a replaced object is another one."""
        return {(letter["event"].get("key", ""), letter["event"].get("revision", "")) for letter in self.every()}

    def _all(self) -> list[dict[str, Any]]:
        return [letter for path in self._documents.list(PREFIX) for letter in self._read(path)]

    def _read(self, path: str) -> Iterator[dict[str, Any]]:
        """The letter at a path; none where there is none, or something that is none."""
        try:
            document = self._documents.get(path)
            if document is not None:
                letter = {**document.value, "event": dict(document.value["event"])}
                if datetime.fromisoformat(letter["at"]).tzinfo is None or path != _path(letter["id"]):
                    raise ValueError(f"{letter['at']} has no zone, or {letter['id']} is not its name")
                yield letter
        except (ValueError, KeyError, TypeError) as error:
            logs.warning(log, "not a dead letter", path=path, error=repr(error))

    def _expired(self, letter: dict[str, Any]) -> bool:
        return datetime.fromisoformat(letter["at"]) < self._clock() - KEPT


def bury(
    services: Services,
    burying: Function,
    *,
    objects: Callable[[], Iterable[ObjectCreated]],
    message: Callable[[], bytes],
    native: Any,
    attempts: int | None = None,
) -> None:
    """What a platform's dead-letter queue holds, as letters of the function that `burying` stands beside.

    Where that listens to objects, `objects` reads them, as for `bury_objects`; else `message` is the queue's.
    """
    source = services.functions.named(burying.trigger.source)
    with processing(burying.name, services.clock, NOTHING):
        if isinstance(source.trigger, Object):
            bury_objects(services, source.name, objects, native=native, attempts=attempts)
        else:
            bury_message(services, source.name, message(), attempts=attempts)


def bury_objects(
    services: Services,
    function: str,
    read: Callable[[], Iterable[ObjectCreated]],
    *,
    native: Any,
    attempts: int | None = None,
    reason: str | None = None,
) -> list[str]:
    """Write a letter for each object in a message that was given up; what can't be read is kept as it came.

    Returns the letters' ids. `read` gives the events, or raises `UnknownEvent`, which is the letter's error then.
    Without `attempts` those declared are noted, and without `reason` where to look for it: platforms don't tell it.
    Raises `TrefoilError(UNAVAILABLE)`: give it up again, which writes the same letters.
    """
    events: list[Mapping[str, Any]]
    try:
        events = [{"key": event.key} for event in read()]
    except UnknownEvent as error:
        events, reason = [{"native": native}], str(error)
    return [_bury(services, function, event, attempts, reason) for event in events]


def bury_message(
    services: Services, function: str, message: bytes, *, attempts: int | None = None, reason: str | None = None
) -> str:
    """As `bury_objects`, for a message of a queue; tells the job in it, if there is one."""
    queue = services.functions.named(function).queue
    try:
        check_size(message)
        if not jobs.has(services.functions, queue):
            return _bury(services, function, _as_json(message), attempts, reason)
        job, native = jobs.decode(services.functions, queue, message)
    except UnknownEvent as error:
        return _bury(services, function, _as_text(message), attempts, str(error))
    letter = _bury(services, function, msgspec.to_builtins(native), attempts, reason)
    if job.given_up is not None:
        resolve(job.given_up)(services, native, letter)
    return letter


def replay(services: Services, letter: Mapping[str, Any]) -> Any:
    """Run the letter's function on its event once more, here; the letter goes when that succeeds.

    Returns the function's result. Raises what the function raises, `UnknownEvent` for a message that is no job, or
    `NotReplayable`; the letter stays then.
    """
    name, event = letter["function"], letter["event"]
    function = services.functions.every.get(name)
    if function is not None and isinstance(function.trigger, Queue):
        # What could not be read once may be read by now: by a newer version.
        message = event["native"].encode() if _is_native(event) else json_bytes(event)
        if jobs.has(services.functions, function.queue):
            jobs.check_replay(services, function.queue, message)
        result = delivery.message(services, function, message)
    elif function is not None and isinstance(function.trigger, Object) and isinstance(event.get("key"), str):
        result = delivery.created(services, function, ObjectCreated(event["key"]))
    else:
        raise NotReplayable(f"the letter holds no event that {name} could read: {event}")
    DeadLetters(services.documents, services.clock).remove(letter["id"])
    return result


def _bury(services: Services, function: str, event: Mapping[str, Any], attempts: int | None, reason: str | None) -> str:
    declared = services.functions.named(function).attempts
    reason = reason or f"the platform does not say why; see the log lines of {function}"
    letters = DeadLetters(services.documents, services.clock)
    return letters.bury(GivenUp(function, event, attempts or declared, reason))


def _is_native(event: Mapping[str, Any]) -> bool:
    """Whether a letter holds a message as text."""
    return set(event) == {"native"}


def _as_json(message: bytes) -> dict[str, Any]:
    """A JSON object whose values say all that the message does; anything else is kept as text, as `native`."""
    try:
        value = msgspec.json.decode(message)
        exact = msgspec.json.encode(value) == msgspec.json.format(message, indent=-1)
        if isinstance(value, dict) and not _is_native(value) and exact:
            return value
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    return _as_text(message)


def _as_text(message: bytes) -> dict[str, Any]:
    return {"native": message.decode(errors="replace")}


def _path(letter_id: str) -> str:
    return f"{PREFIX}/{letter_id}.json"
