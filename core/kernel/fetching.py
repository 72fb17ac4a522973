"""Several objects of the store at once: on a cloud each request takes 10 to 40 ms, and those made together one wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import obstore
from msgspec import Struct, field
from obstore.store import LocalStore, MemoryStore

from core.kernel.store import Store, failures

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 16
"""Requests that one process has under way by `together`; more wait for those."""

T = TypeVar("T")
R = TypeVar("R")


class Fetched(Struct, frozen=True):
    """An object's bytes and metadata, and what the store says of the revision (`e_tag`, `version`, `last_modified`)."""

    content: bytes
    meta: obstore.ObjectMeta
    attributes: obstore.Attributes = field(default_factory=dict)


def fetch(store: Store, paths: Sequence[str]) -> list[Fetched | None]:
    """The objects at these paths, whole; None where there is none.

    Each is as it was at some moment of the call. Raises `TrefoilError(UNAVAILABLE)`.
    """

    def one(path: str) -> Fetched | None:
        try:
            with failures(path):
                found = obstore.get(store.client, path)
                return Fetched(bytes(found.bytes()), found.meta, found.attributes)
        except FileNotFoundError:
            return None

    return together(store, one, paths)


def together(store: Store, ask: Callable[[T], R], of: Iterable[T]) -> list[R]:
    """What `ask` gives for each, in their order; asked at once where the store is far. Raises what the first raises.

    The first is asked in the caller's own thread. Of the others none must wait for another call of this: the threads
    that it would need may all be waiting.
    """
    each = list(of)
    if len(each) < 2 or isinstance(store.client, LocalStore | MemoryStore):
        return [ask(one) for one in each]
    others = [_threads().submit(ask, one) for one in each[1:]]
    return [ask(each[0]), *(other.result() for other in others)]


def done_together(store: Store, *work: Callable[[], Any]) -> list[Any]:
    """What each of these gives, in their order; as `together`, where what is asked is not alike."""
    return together(store, _done, work)


def _done(work: Callable[[], Any]) -> Any:
    return work()


@cache
def _threads() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # only where several requests are made at once

    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="store")
