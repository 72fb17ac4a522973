"""Exports: a document each, and the file that it names once it is done. Both are removed after 14 days.

exports/{account}/{id}.json             what was asked for, and how far it is
exports/{account}/{id}-{attempt}.csv    the file (or .parquet) of the attempt that finished first
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from core.kernel.clock import Clock, rfc3339
from core.kernel.documents import Documents
from core.kernel.store import Store, erase

PREFIX = "exports"
KEPT = timedelta(days=14)
QUEUED, DONE, FAILED = "queued", "done", "failed"


def create(
    documents: Documents, clock: Clock, account: str, *, form: str, begin: datetime | None, end: datetime | None
) -> dict[str, Any]:
    """Note what is asked for: readings in [begin, end), None being no bound; returns the document."""
    now = clock()
    export: dict[str, Any] = {
        "id": f"{now:%Y%m%dT%H%M%S}-{uuid4().hex[:12]}",
        "account": account,
        "status": QUEUED,
        "format": form,
        "from": begin and rfc3339(begin),
        "to": end and rfc3339(end),
        "requested": rfc3339(now),
        "finished": None,
        "rows": None,
        "bytes": None,
        "error": None,
        "key": None,
    }
    documents.create(path(account, export["id"]), export)
    return export


def get(documents: Documents, account: str, export: str) -> dict[str, Any] | None:
    document = documents.get(path(account, export))
    return None if document is None else dict(document.value)


def finish(documents: Documents, account: str, export: str, **found: Any) -> dict[str, Any] | None:
    """Note how an export ended, unless it is done already; returns its document, None when that is gone."""

    def noted(held: dict[str, Any] | None) -> dict[str, Any] | None:
        return held if held is None or held["status"] == DONE else {**held, **found}

    ended: dict[str, Any] | None = documents.update(path(account, export), noted)
    return ended


def path(account: str, export: str) -> str:
    return f"{PREFIX}/{account}/{export}.json"


def expire(store: Store, clock: Clock) -> int:
    """Remove documents and files older than `KEPT`; returns how many. Running it twice is harmless."""
    return erase(store, PREFIX, before=clock() - KEPT)
