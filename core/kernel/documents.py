"""JSON documents with conditional writes, so that concurrent writers never lose an update.

Contract, the same on `file://`, `memory://`, `s3://`, `gs://` and `az://`:

- `create` writes only where nothing is; of several concurrent creators exactly one succeeds.
- `replace` writes only over the revision that the caller read; of several concurrent replacers exactly one succeeds.
- Who succeeds is told so, also where the store's answer was lost and its client had to ask again.
- A reader sees a whole document, the old or the new one, never a mixture.
- `list` is ordered by path.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

import obstore
from msgspec import Struct

from core.kernel import conditional
from core.kernel.conditional import Refused, Revision
from core.kernel.errors import Code, TrefoilError
from core.kernel.fetching import AT_ONCE, fetch, together
from core.kernel.store import Store, back_off, failures, listing, listing_from

UPDATE_ATTEMPTS = 50


class AlreadyExists(Exception):
    """`create` found a document there."""


class Stale(Exception):
    """`replace` found another revision than the one the caller read, or none."""


class Document(Struct, frozen=True):
    """A document as read: its value, and the revision to hand back to `replace`."""

    value: Any
    revision: Revision


class Page(Struct, frozen=True):
    """Some documents in order, each with its name: what stands between the prefix and `.json`."""

    found: list[tuple[str, Any]]
    following: str | None
    """The name behind which the next page begins; None when there is none."""


class Documents:
    """The documents of one store. Every method raises `TrefoilError(UNAVAILABLE)` when the store does not answer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # object_store has no conditional update on a local file system, so there the comparison is made under a lock.
        self._needs_lock = store.folder is not None

    def get(self, path: str) -> Document | None:
        (found,) = fetch(self._store, [path])
        if found is None:
            return None
        return Document(json.loads(found.content), conditional.revision(self._store, found.meta, found.attributes))

    def get_many(self, paths: Sequence[str]) -> list[Document | None]:
        """The documents at these paths, each as it was at some moment of the call; None where there is none.

        They are asked for at once where the store is far, so that they are one wait.
        """
        return together(self._store, self.get, paths)

    def create(self, path: str, value: Any) -> None:
        """Write a new document. Raises `AlreadyExists`."""
        with failures(path):
            try:
                conditional.write(self._store, path, _json(value), None)
            except Refused as error:
                raise AlreadyExists(path) from error

    def replace(self, path: str, value: Any, revision: Revision) -> None:
        """Write over exactly `revision`. Raises `Stale`."""
        try:
            with failures(path), self._lock(path):
                if not self._needs_lock:
                    conditional.write(self._store, path, _json(value), revision)
                elif obstore.head(self._store.client, path)["e_tag"] == revision.tag:
                    obstore.put(self._store.client, path, _json(value))
                else:
                    raise Stale(path)
        except (Refused, FileNotFoundError) as error:
            raise Stale(path) from error

    def put(self, path: str, value: Any) -> None:
        """Write whatever is there: only for documents that every writer would write alike."""
        with failures(path), self._lock(path):
            obstore.put(self._store.client, path, _json(value))

    def update(self, path: str, change: Callable[[Any | None], Any]) -> Any:
        """Read, change and write until no other writer came between; returns the value that is there then.

        `change` gets the current value, or None, and must be free of effects: it may run several times. Returning the
        value unchanged, also None where nothing is, writes nothing. A race is lost only to another's write, so one that
        competes with fewer than `UPDATE_ATTEMPTS` writes always gets through. Raises `TrefoilError(UNAVAILABLE)` after
        that many lost races.
        """
        for lost in range(UPDATE_ATTEMPTS):
            current = self.get(path)
            held = None if current is None else current.value
            value = change(held)
            if value == held:
                return value
            try:
                if current is None:
                    self.create(path, value)
                else:
                    self.replace(path, value, current.revision)
                return value
            except (AlreadyExists, Stale):
                back_off(lost)
        raise TrefoilError(Code.UNAVAILABLE, f"too many others write {path}; try again", headers={"Retry-After": "1"})

    def delete(self, path: str) -> None:
        """Remove a document; removing what is not there is no error."""
        with suppress(FileNotFoundError), failures(path), self._lock(path):
            obstore.delete(self._store.client, path)

    def list(self, prefix: str) -> list[str]:
        """The paths of the documents under `prefix/`, ordered."""
        return [meta["path"] for meta in listing(self._store, prefix) if meta["path"].endswith(".json")]

    def values(self, prefix: str) -> Iterator[Any]:
        """The documents under `prefix/` in the order of their paths; one deleted meanwhile is passed over."""
        paths = self.list(prefix)
        for first in range(0, len(paths), AT_ONCE):
            yield from (one.value for one in self.get_many(paths[first : first + AT_ONCE]) if one is not None)

    def page(self, prefix: str, *, after: str = "", limit: int) -> Page:
        """The first `limit` documents under `prefix/` whose names come behind `after`, in order.

        One that is deleted meanwhile is passed over. What it costs depends on the page, not on how many there are.
        """
        behind = f"{prefix}/{after}.json" if after else ""
        paths = listing_from(self._store, prefix, after=behind, limit=limit + 1)
        names = [path.removeprefix(f"{prefix}/").removesuffix(".json") for path in paths[:limit]]
        read = zip(names, self.get_many(paths[:limit]), strict=True)
        found = [(name, document.value) for name, document in read if document is not None]
        return Page(found, names[-1] if len(paths) > limit else None)

    def _lock(self, path: str) -> AbstractContextManager[Any]:
        folder = self._store.folder
        if folder is None:
            return nullcontext()
        from hashlib import sha256

        from filelock import FileLock  # only a local store pays for the import

        locks = folder / ".locks"
        locks.mkdir(exist_ok=True)
        return FileLock(locks / sha256(path.encode()).hexdigest()[:2])


def _json(value: Any) -> bytes:
    # Half a character, as an event that is buried may hold, is written as JSON's escape, and read as it was.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")
