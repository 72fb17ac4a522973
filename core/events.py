"""The events that are not HTTP. Each is a pointer: at most 48 KiB of JSON, delivered at least once, unordered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ObjectCreated:
    """An object was created or replaced in the store.

    Only the key is trusted: what the handler ingests is the object that is there when it looks, so a late or repeated
    event is harmless. `key` is relative to the store, as in `incoming/Account17/2024-01.csv`.
    """

    key: str
