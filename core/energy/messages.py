"""The messages of the queue `jobs`: JSON objects that name a job and point at what it works on."""

from __future__ import annotations

from typing import Annotated, cast

import msgspec

from core.kernel.events import UnknownEvent, read
from core.kernel.identifiers import ACCOUNT, DOCUMENT_ID, exactly
from core.kernel.services import Services

MAX_BYTES = 48 * 1024
"""Of a message: what Azure's storage queue, the strictest, takes once it is base64."""


Account = Annotated[str, msgspec.Meta(pattern=exactly(ACCOUNT.pattern))]
DocumentId = Annotated[str, msgspec.Meta(pattern=exactly(DOCUMENT_ID.pattern))]


class Export(msgspec.Struct, tag_field="job", tag="export", frozen=True):
    """Write the readings that an export's document asks for (see `core.energy.exports.documents`)."""

    account: Account
    id: DocumentId


class DeleteAccount(msgspec.Struct, tag_field="job", tag="delete-account", frozen=True):
    """Remove an account as it was when this was asked: `identity` is that of its document (`core.energy.accounts`)."""

    account: Account
    identity: str


class Maintain(msgspec.Struct, tag_field="job", tag="maintain", frozen=True):
    """Merge the small files of an account's readings table, and remove those that nothing refers to."""

    account: Account


class Forecast(msgspec.Struct, tag_field="job", tag="forecast", frozen=True):
    """Fetch the forecasts that were due on a day (UTC)."""

    date: str


Job = Export | DeleteAccount | Maintain | Forecast


def send(services: Services, job: Job) -> None:
    """Put a job into the queue. Raises `TrefoilError(UNAVAILABLE)` when the queue does not take it."""
    services.queue.send(msgspec.json.encode(job))


def decode(message: bytes) -> Job:
    """The job in a message. Raises `UnknownEvent` for what is too big, not JSON, or no job that there is."""
    if len(message) > MAX_BYTES:
        raise UnknownEvent(f"the message has {len(message)} bytes; at most {MAX_BYTES} are allowed")
    try:
        native = msgspec.json.decode(message)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UnknownEvent(f"the message is not JSON: {error}") from None
    return cast("Job", read(native, Job))  # type: ignore[arg-type]  # msgspec takes a union as a type
