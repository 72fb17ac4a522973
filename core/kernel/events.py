"""The events that are not HTTP. Each is a pointer: at most 48 KiB of JSON, delivered at least once, unordered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from core.kernel import logs
from core.kernel.described import convert

MAX_BYTES = 48 * 1024
"""Of a message: what Azure's storage queue, the strictest, takes once it is base64."""

log = logs.logger("events")
T = TypeVar("T")


class UnknownEvent(Exception):
    """A native event has not the form that its trigger sends. The message names what is wrong and the keys it has.

    It is never dropped: the adapter fails the delivery, so that the platform tries again and then buries the event.
    """


class NotReplayable(Exception):
    """A dead letter can't be replayed: it holds no event, or not here. The message says why."""


def read(native: Any, form: type[T]) -> T:
    """A native event as `form`, a msgspec type; fields that it does not name are passed over.

    Raises `UnknownEvent` naming the field that is missing or of another type, and the keys that are there.
    """
    try:
        return convert(native, form)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:  # the latter for half a character, where none can be
        seen = ", ".join(sorted(map(str, native))) if isinstance(native, dict) else type(native).__name__
        raise UnknownEvent(f"{error}; the event has: {seen or 'nothing'}") from None


def utf8(text: str) -> bytes:
    """A text of a native event as bytes. Raises `UnknownEvent` for one that is none: JSON can hold half a character."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        half = text[error.start : error.end]
        raise UnknownEvent(f"{half!r} at character {error.start} is no whole character") from None


def check_size(message: bytes) -> None:
    """Raises `UnknownEvent` for a message that is longer than one may be, wherever it came from."""
    if len(message) > MAX_BYTES:
        raise UnknownEvent(f"the message has {len(message)} bytes; at most {MAX_BYTES} are allowed")


@contextmanager
def attempt(**fields: Any) -> Iterator[None]:
    """One delivery of an event: its lines carry `fields`, and a failure is logged before it goes to the platform."""
    with logs.context(**fields):
        try:
            yield
        except Exception as error:
            logs.error(log, "attempt failed", exception=error.__cause__ or error)
            raise


def failure_of(handle: Callable[[T], object], event: T) -> Exception | None:
    """What handling an event raises, for whoever answers for several; None when it is handled."""
    try:
        handle(event)
    except Exception as error:  # noqa: BLE001  whatever it was, the event is delivered again
        return error
    return None


class ObjectCreated(Struct, frozen=True):
    """An object was created or replaced in the store.

    Only the key is trusted: what the handler ingests is the object that is there when it looks, so a late or repeated
    event is harmless. `key` is relative to the store, as in `incoming/Account17/2024-01.csv`.
    """

    key: str
    sent: datetime | None = None
    """When the platform says that it was told of it, where it does; the handler needs it for nothing."""


class Due(Struct, frozen=True):
    """A schedule has fired.

    `at` is the time that it fired for, in UTC. It may fire for the same time again. Where the platform tells when it
    fired (not Azure), a repeated firing has the same `at`.
    """

    at: datetime


class GivenUp(Struct, frozen=True):
    """An event that the platform delivered `attempts` times in vain.

    `event` is the core event as JSON values (`{"key": ...}` of an object, the message of a queue), so that it can be
    replayed; what no adapter could read, and a message that is no JSON object, is under `native` as it came.
    """

    function: str
    event: Mapping[str, Any]
    attempts: int
    error: str
