"""Accounts: a document each, made by the first file that arrives for one or by whoever sets the deployment up.

An account that is deleted and made again under the same name is another one: its document has another `identity`.
"""

from __future__ import annotations

from uuid import uuid4

from core.documents import AlreadyExists, Documents
from core.identifiers import ACCOUNT
from core.store import Store, erase

OWNED = ("incoming", "ingestions", "rejects", "readings", "trades", "exports")
"""Prefixes of the store under which each account has a folder."""


def path(account: str) -> str:
    return f"accounts/{account}.json"


def ensure(documents: Documents, account: str) -> None:
    """Make the account if it is not there yet."""
    try:
        documents.create(path(account), {"account": account, "identity": uuid4().hex})
    except AlreadyExists:
        return


def exists(documents: Documents, account: str) -> bool:
    return identity(documents, account) is not None


def identity(documents: Documents, account: str) -> str | None:
    """What tells this account from an earlier one of its name; None when there is no such account."""
    document = documents.get(path(account)) if ACCOUNT.fullmatch(account) else None
    return None if document is None else str(document.value.get("identity", ""))


def remove(documents: Documents, account: str) -> None:
    """Take the account's document away; removing one that is not there is no error."""
    documents.delete(path(account))


def names(documents: Documents) -> list[str]:
    """All accounts, ordered."""
    return [entry.removeprefix("accounts/").removesuffix(".json") for entry in documents.list("accounts")]


def clear(store: Store, account: str) -> int:
    """Delete all that is an account's own but the account's document; returns how many objects there were.

    Raises `TrefoilError(UNAVAILABLE)`: clear again, it goes on.
    """
    Documents(store).delete(f"settings/{account}.json")
    return sum(erase(store, f"{prefix}/{account}") for prefix in OWNED)
