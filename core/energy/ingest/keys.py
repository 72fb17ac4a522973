"""The keys under which files arrive for an account.

incoming/{account}/{name}                      dropped by whoever may write to the store
incoming/{account}/upload-{identity}/{name}    sent with a signed URL, which is for the account of that identity only

An identity is 32 hexadecimal digits: any other folder is just a part of a dropped file's name.
"""

from __future__ import annotations

import re

_UPLOADED = re.compile(r"incoming/[^/]+/upload-([0-9a-f]{32})/[^/]+")


def of_upload(account: str, identity: str, name: str) -> str:
    """The key of a file that is sent to an account as it is now (see `core.energy.accounts.accounts.identity`)."""
    return f"incoming/{account}/upload-{identity}/{name}"


def addressee(key: str) -> str | None:
    """The identity of the account that a file was sent to; None for one that was dropped for whoever has the name."""
    found = _UPLOADED.fullmatch(key)
    return found and found[1]
