"""Accounts: a document each, made by the first file that arrives for one or by whoever sets the deployment up."""

from __future__ import annotations

from core.documents import AlreadyExists, Documents
from core.identifiers import ACCOUNT


def path(account: str) -> str:
    return f"accounts/{account}.json"


def ensure(documents: Documents, account: str) -> None:
    """Make the account if it is not there yet."""
    try:
        documents.create(path(account), {"account": account})
    except AlreadyExists:
        return


def exists(documents: Documents, account: str) -> bool:
    return bool(ACCOUNT.fullmatch(account)) and documents.get(path(account)) is not None


def names(documents: Documents) -> list[str]:
    """All accounts, ordered."""
    return [entry.removeprefix("accounts/").removesuffix(".json") for entry in documents.list("accounts")]
