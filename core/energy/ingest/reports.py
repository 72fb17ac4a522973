"""Where the reports of an account's ingestions lie: a document each, the newest first.

ingestions/{account}/{stamp}-{digest}.json    the digits of `stamp` are those of the time of creation, taken from nine

So a store, which lists from the front, gives the newest page at once, however many there are.
"""

from __future__ import annotations

from core.kernel.clock import newest_first


def folder(account: str) -> str:
    return f"ingestions/{account}"


def path(account: str, ingestion: str) -> str:
    """Of a report, by its ingestion's id, which begins with the time of creation."""
    stamp, dash, digest = ingestion.partition("-")
    return f"{folder(account)}/{newest_first(stamp)}{dash}{digest}.json"
