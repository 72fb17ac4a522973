"""Accounts: a document each, made by the first file that arrives for one or by whoever sets the deployment up.

An account that is deleted and made again under the same name is another one: its document has another `identity`. While
its deletion goes on, the document is marked `deleting`: there is no such account then, and none can be made. So nothing
that is written under that name can become a later account's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from core.energy.actions import ACCOUNT_DOCUMENT
from core.kernel import logs
from core.kernel.documents import AlreadyExists, Document, Documents
from core.kernel.errors import Code, TrefoilError
from core.kernel.identifiers import ACCOUNT
from core.kernel.services import Services
from core.kernel.store import Store, erase, listing

DERIVED = ("ingestions", "rejects", "readings", "settlements", "runs/settle", "steps/settle", "alerts")
"""Prefixes under which an ingestion, a settlement or a look for alerts writes, in a folder for each account."""

log = logs.logger("accounts")


def path(account: str) -> str:
    return ACCOUNT_DOCUMENT.format(account)


def ensure(documents: Documents, account: str) -> str:
    """Make the account if it is not there yet; returns its identity.

    Raises `TrefoilError(UNAVAILABLE)` while one of that name is being deleted.
    """
    made = uuid4().hex
    try:
        documents.create(path(account), {"account": account, "identity": made})
        return made
    except AlreadyExists:
        found = identity(documents, account)
    if found is None:
        raise TrefoilError(
            Code.UNAVAILABLE, f"account {account!r} is being deleted; try again later", headers={"Retry-After": "60"}
        )
    return found


def exists(documents: Documents, account: str) -> bool:
    return identity(documents, account) is not None


def identity(documents: Documents, account: str) -> str | None:
    """What tells this account from an earlier one of its name; None when there is none, or only one being deleted."""
    return identity_in(documents.get(path(account)) if ACCOUNT.fullmatch(account) else None)


def identity_in(document: Document | None) -> str | None:
    """`identity`, by the account's document as it was read."""
    return None if document is None or document.value.get("deleting") else _identity(document.value)


def names(documents: Documents) -> list[str]:
    """All accounts, those that are being deleted too, ordered by name."""
    return sorted(entry.removeprefix("accounts/").removesuffix(".json") for entry in documents.list("accounts"))


def states(documents: Documents) -> Iterator[tuple[str, str, bool]]:
    """Name and identity of every account, and whether its deletion has begun; ordered."""
    for value in documents.values("accounts"):
        yield value["account"], _identity(value), bool(value.get("deleting"))


def living(documents: Documents) -> list[str]:
    """The names of all accounts but those whose deletion has begun; ordered."""
    return [account for account, _, deleting in states(documents) if not deleting]


def condemn(documents: Documents, account: str, wanted: str) -> bool:
    """Mark an account for its deletion; False when there is none of that identity. Doing it again is harmless."""

    def marked(held: Any | None) -> Any | None:
        return held if held is None or _identity(held) != wanted else {**held, "deleting": True}

    found = documents.update(path(account), marked) if ACCOUNT.fullmatch(account) else None
    return found is not None and _identity(found) == wanted


def clear(services: Services, account: str) -> int:
    """Delete all that is an account's own but its document, in the order declared; returns how many objects of folders.

    Only for one that is condemned. Raises `TrefoilError(UNAVAILABLE)`: clear again, it goes on.
    """
    count = 0
    for place in services.functions.owned_by(account):
        if place.endswith("/"):
            count += erase(services.store, place.removesuffix("/"))
        else:
            services.documents.delete(place)
    return count


def remove(documents: Documents, account: str) -> None:
    """Take the account's document away, last of all; removing one that is not there is no error."""
    documents.delete(path(account))


def clear_remains(store: Store, account: str) -> None:
    """Delete what was still being written when an account's deletion ended. Nothing is done to one that is there.

    The name is condemned meanwhile, so that nobody makes an account of it whose first readings would go too.
    """
    documents = Documents(store)
    if exists(documents, account) or not any(listing(store, f"{prefix}/{account}") for prefix in DERIVED):
        return
    try:
        documents.create(path(account), {"account": account, "identity": uuid4().hex, "deleting": True})
        ours = True
    except AlreadyExists:
        if exists(documents, account):
            return
        ours = False  # its deletion still goes on, and removes the document when it ends
    count = sum(erase(store, f"{prefix}/{account}") for prefix in DERIVED)
    if ours:
        remove(documents, account)
    logs.warning(log, "what was written after the account's deletion is erased", account=account, objects=count)


def _identity(value: Any) -> str:
    return str(value.get("identity", ""))
