"""Conditional writes of whole objects, of which each counts once though the store's answer to it is lost.

A store's client asks again when it is answered with 5xx, or when the connection ends before the answer: and then meets
what it wrote itself, as "there is something already", or "it was changed meanwhile". So each write leaves a mark beside
what it writes, in the object's own metadata, with the marks of the writes that it came after. Who is refused, or hears
nothing, looks whether its mark is there: then it has written, whoever else has since.

Only where the store is far: a folder and a memory lose no answers.
"""

from __future__ import annotations

from typing import Literal
from uuid import uuid4

import obstore
from msgspec import Struct
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import GCSStore, LocalStore, MemoryStore

from core.kernel.store import Store

MARKS = "writes"
"""The name of the metadata. Azure takes letters, digits and `_` only."""
KEPT = 64
"""Marks beside an object: more than others write while one client asks again. They fill half of the 2 KB that S3 takes.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
"""


class Refused(Exception):
    """The condition did not hold, so nothing was written."""


class Revision(Struct, frozen=True):
    """What the store calls an object as it is, and the marks of the writes that made it so, the last one first."""

    tag: str
    marks: tuple[str, ...] = ()


def revision(store: Store, meta: obstore.ObjectMeta, attributes: obstore.Attributes) -> Revision:
    """The revision of an object that was read."""
    return Revision(meta[_compared(store)] or "", tuple(attributes.get(MARKS, "").split()))


def write(store: Store, path: str, content: bytes, over: Revision | None) -> None:
    """Write over exactly that revision, or where nothing is. Raises `Refused`, and what the store raises."""
    mode: obstore.PutMode = "create" if over is None else {_compared(store): over.tag}  # type: ignore[assignment]
    if isinstance(store.client, LocalStore | MemoryStore):
        try:
            obstore.put(store.client, path, content, mode=mode)
        except (AlreadyExistsError, PreconditionError) as error:
            raise Refused(path) from error
        return
    mark = uuid4().hex[:15]
    marks = (mark, *(over.marks if over else ()))[:KEPT]
    try:
        obstore.put(store.client, path, content, mode=mode, attributes={MARKS: " ".join(marks)})
    except FileNotFoundError:
        raise
    except BaseError as error:  # refused, or given up: either may be said of what was written
        if mark in _marks(store, path):
            return
        if isinstance(error, AlreadyExistsError | PreconditionError):
            raise Refused(path) from error
        raise


def _marks(store: Store, path: str) -> tuple[str, ...]:
    try:
        found = obstore.get(store.client, path)
    except FileNotFoundError:
        return ()
    return revision(store, found.meta, found.attributes).marks


def _compared(store: Store) -> Literal["version", "e_tag"]:
    """Cloud Storage compares generations, the others compare tags."""
    return "version" if isinstance(store.client, GCSStore) else "e_tag"
