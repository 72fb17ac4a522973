"""The account that the path of a request names. Access was checked before: who may not ask is never told."""

from __future__ import annotations

from core.energy.accounts import accounts
from core.kernel.api.context import Call
from core.kernel.errors import invalid, not_found
from core.kernel.identifiers import ACCOUNT


def account_of(call: Call) -> str:
    """Its name. Raises `TrefoilError(NOT_FOUND)` when there is none."""
    return identified(call)[0]


def identified(call: Call) -> tuple[str, str]:
    """As `account_of`, with what tells it from an earlier one of its name."""
    account, identity = call.params["account"], accounts.identity_in(call.document)
    if identity is None:
        raise not_found(f"account {account!r}")
    return account, identity


def any_account_of(call: Call) -> str:
    """The account that the path names, there or to be. Raises `TrefoilError(INVALID)` for what is no name of one."""
    account = call.params["account"]
    if not ACCOUNT.fullmatch(account):
        raise invalid("account", f"{account!r} must be letters, digits, - and _, at most 64")
    return account
