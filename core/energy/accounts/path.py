"""The account that the path of a request names. Access was checked before: who may not ask is never told."""

from __future__ import annotations

from core.energy.accounts import accounts
from core.kernel.api.context import Call
from core.kernel.errors import not_found


def account_of(call: Call) -> str:
    """Its name. Raises `TrefoilError(NOT_FOUND)` when there is none."""
    return identified(call)[0]


def identified(call: Call) -> tuple[str, str]:
    """As `account_of`, with what tells it from an earlier one of its name."""
    account = call.params["account"]
    identity = accounts.identity(call.services.documents, account)
    if identity is None:
        raise not_found(f"account {account!r}")
    return account, identity
