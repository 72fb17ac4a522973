"""The access list: `can(user, action, resource)`, default deny.

A grant is (user, action, resource); the action is one of the function set's, or `admin`; the resource is an account id,
or `*` for every account. One document per user
holds their grants, so a change is one compare-and-swap that touches nothing else.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from core.kernel.documents import Documents
from core.kernel.identifiers import ACCOUNT, USER

EVERY = "*"


class Grant(Struct, frozen=True, order=True):
    """What one user may do, and on which account (`*`: on all)."""

    action: str
    resource: str


def grants(documents: Documents, user: str) -> frozenset[Grant]:
    """All that was granted to the user; empty for an unknown one."""
    if not USER.fullmatch(user):
        return frozenset()
    document = documents.get(_path(user))
    return frozenset() if document is None else _read(document.value)


def can(documents: Documents, user: str, action: str, resource: str) -> bool:
    """Whether the user may do that to that resource. Nothing is implied: `admin` grants only `admin`."""
    return allows(grants(documents, user), action, resource)


def allows(held: frozenset[Grant], action: str, resource: str) -> bool:
    """`can` for grants already read."""
    return Grant(action, resource) in held or Grant(action, EVERY) in held


def grant(documents: Documents, user: str, action: str, resource: str) -> None:
    """Add one grant; adding it again changes nothing."""
    _check(user, resource)
    documents.update(_path(user), lambda value: _write(_read(value) | {Grant(action, resource)}))


def revoke(documents: Documents, user: str, action: str, resource: str) -> None:
    """Take one grant back; `*` and single accounts are separate grants."""
    _check(user, resource)
    documents.update(_path(user), lambda value: _write(_read(value) - {Grant(action, resource)}))


def forget(documents: Documents, account: str) -> None:
    """Take back what was granted to anybody on an account. Grants on `*` stay."""
    for path in documents.list("grants"):
        documents.update(path, lambda value: _write(frozenset(one for one in _read(value) if one.resource != account)))


def _check(user: str, resource: str) -> None:
    if not USER.fullmatch(user) or not (resource == EVERY or ACCOUNT.fullmatch(resource)):
        raise ValueError(f"{user!r} is not a user or {resource!r} is neither an account id nor *")


def _path(user: str) -> str:
    return f"grants/{user}.json"


def _read(value: Any | None) -> frozenset[Grant]:
    return frozenset() if value is None else frozenset(Grant(*pair) for pair in value["grants"])


def _write(held: frozenset[Grant]) -> dict[str, Any]:
    return {"grants": [[grant.action, grant.resource] for grant in sorted(held)]}
