"""The keys under which files arrive for an account.

incoming/{account}/{name}                              dropped by whoever may write to the store
incoming/{account}/upload-{identity}/{place}/{name}    sent with a signed URL, for the account of that identity only

An identity is 32 hexadecimal digits: any other folder is just a part of a dropped file's name. Each upload has a
`place` of its own, so one of the same name takes nothing away that was not read yet. The place is the id of the
ingestion to come, which whoever sends the file can be told before it is there.
"""

from __future__ import annotations

import re
from datetime import datetime
from uuid import uuid4

from core.kernel.clock import sortable

_UPLOADED = re.compile(r"incoming/[^/]+/upload-([0-9a-f]{32})/(?:((?:[0-9]{8}T[0-9]{12}-)?[0-9a-f]{16})/)?([^/]+)")


def of_upload(account: str, identity: str, place: str, name: str) -> str:
    """The key of a file that is sent to an account as it is now (see `core.energy.accounts.accounts.identity`)."""
    return f"incoming/{account}/upload-{identity}/{place}/{name}"


def place(now: datetime) -> str:
    """A place for an upload that is asked for now."""
    return f"{sortable(now)}-{uuid4().hex[:16]}"


def ingestion(key: str) -> str | None:
    """The id that the ingestion of an upload was promised; None of a file that was dropped."""
    found = parts(key)
    return found[1] if found and found[1] and "-" in found[1] else None


def parts(key: str) -> tuple[str, str | None, str] | None:
    """The identity, place (None: of before) and name of an upload; None for a file that was dropped."""
    found = _UPLOADED.fullmatch(key)
    return found and (found[1], found[2], found[3])


def addressee(key: str) -> str | None:
    """The identity of the account that a file was sent to; None for one that was dropped for whoever has the name."""
    found = parts(key)
    return found and found[0]
