"""The account that the path of a request names. Access was checked before: who may not ask is never told.

One that nobody made yet is there, and empty, for whoever has a grant that names it: so a customer can look, say what
files can't, and send a first one. A grant on all accounts reaches those that were made.
"""

from __future__ import annotations

from core.energy.accounts import accounts
from core.energy.actions import ACTIONS
from core.kernel.api.context import Call
from core.kernel.auth.access import EVERY, Grant
from core.kernel.errors import invalid, not_found
from core.kernel.identifiers import ACCOUNT


def account_of(call: Call) -> str:
    """Its name, to read from. Raises `TrefoilError(NOT_FOUND)` when there is none, or only one being deleted."""
    account = call.params["account"]
    if accounts.identity_in(call.document) is None and not _awaited(call, account):
        raise not_found(f"account {account!r}")
    return account


def made(call: Call) -> str:
    """What tells it from an earlier one of its name, to write to; one that nobody made yet is made.

    Raises as `account_of`, and `TrefoilError(UNAVAILABLE)` where a deletion has begun since. To be called when nothing
    else can be refused, or a request that changes nothing would make an account.
    """
    account = account_of(call)
    identity = accounts.identity_in(call.document)
    return accounts.ensure(call.services.documents, account) if identity is None else identity


def any_account_of(call: Call) -> str:
    """The account that the path names, there or to be. Raises `TrefoilError(INVALID)` for what is no name of one."""
    account = call.params["account"]
    if not ACCOUNT.fullmatch(account):
        raise invalid("account", f"{account!r} must be letters, digits, - and _, at most 64")
    return account


def granted_by_name(granted: frozenset[Grant]) -> set[str]:
    """The accounts that grants name. One to administer says nothing of an account."""
    return {grant.resource for grant in granted if grant.action in ACTIONS and grant.resource != EVERY}


def _awaited(call: Call, account: str) -> bool:
    return call.document is None and account in granted_by_name(call.grants())
