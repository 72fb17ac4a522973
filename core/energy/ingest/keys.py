"""The keys under which files arrive for an account.

incoming/{account}/{name}                              dropped by whoever may write to the store
incoming/{account}/upload-{identity}/{place}/{name}    sent with a signed URL, for the account of that identity only

An identity is 32 hexadecimal digits: any other folder is just a part of a dropped file's name. Each upload has a
`place` of its own, so one of the same name takes nothing away that was not read yet.
"""

from __future__ import annotations

import re

_UPLOADED = re.compile(r"incoming/[^/]+/upload-([0-9a-f]{32})/(?:([0-9a-f]{16})/)?([^/]+)")


def of_upload(account: str, identity: str, place: str, name: str) -> str:
    """The key of a file that is sent to an account as it is now (see `core.energy.accounts.accounts.identity`)."""
    return f"incoming/{account}/upload-{identity}/{place}/{name}"


def parts(key: str) -> tuple[str, str | None, str] | None:
    """The identity, place (None: of before) and name of an upload; None for a file that was dropped."""
    found = _UPLOADED.fullmatch(key)
    return found and (found[1], found[2], found[3])


def addressee(key: str) -> str | None:
    """The identity of the account that a file was sent to; None for one that was dropped for whoever has the name."""
    found = parts(key)
    return found and found[0]
