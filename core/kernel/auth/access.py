"""The access list: `can(user, action, resource)`, default deny.

A grant is (user, action, resource); the action is one of the function set's, or `admin`; the resource is an account id,
or `*` for every account. One document per user
holds their grants, so a change is one compare-and-swap that touches nothing else. It also says from when on the user's
tokens count: what was issued before, to whoever had that name or password then, is worth nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from core.kernel.documents import Document, Documents
from core.kernel.identifiers import ACCOUNT, USER

EVERY = "*"


class Grant(Struct, frozen=True, order=True):
    """What one user may do, and on which account (`*`: on all)."""

    action: str
    resource: str


class Held(Struct, frozen=True):
    """What a user may do, and from when on their tokens count (seconds since 1970, as their `iat`)."""

    grants: frozenset[Grant] = frozenset()
    tokens_from: int = 0


def held(documents: Documents, user: str) -> Held:
    """What the access list says of a user; nothing is granted to an unknown one."""
    return held_beside(documents, user, ())[0]


def held_beside(documents: Documents, user: str, paths: Sequence[str]) -> tuple[Held, list[Document | None]]:
    """`held`, and the documents at these paths, asked for at once."""
    if not USER.fullmatch(user):
        return Held(), documents.get_many(paths)
    own, *others = documents.get_many([_path(user), *paths])
    return Held() if own is None else _read(own.value), others


def grants(documents: Documents, user: str) -> frozenset[Grant]:
    """All that was granted to the user; empty for an unknown one."""
    return held(documents, user).grants


def can(documents: Documents, user: str, action: str, resource: str) -> bool:
    """Whether the user may do that to that resource. Nothing is implied: `admin` grants only `admin`."""
    return allows(grants(documents, user), action, resource)


def allows(granted: frozenset[Grant], action: str, resource: str) -> bool:
    """`can` for grants already read."""
    return Grant(action, resource) in granted or Grant(action, EVERY) in granted


def grant(documents: Documents, user: str, action: str, resource: str) -> None:
    """Add one grant; adding it again changes nothing."""
    _check(user, resource)
    _change(documents, _path(user), lambda granted: granted | {Grant(action, resource)})


def revoke(documents: Documents, user: str, action: str, resource: str) -> None:
    """Take one grant back; `*` and single accounts are separate grants."""
    _check(user, resource)
    _change(documents, _path(user), lambda granted: granted - {Grant(action, resource)})


def forget(documents: Documents, account: str) -> None:
    """Take back what was granted to anybody on an account. Grants on `*` stay."""
    for path in documents.list("grants"):
        _change(documents, path, lambda granted: frozenset(one for one in granted if one.resource != account))


def end_tokens(documents: Documents, user: str, tokens_from: int, *, revoked: bool = False) -> int:
    """End the tokens that were issued to a user before; where `revoked`, take all grants back too.

    Returns from when on tokens count. Those of a moment ago may have been issued ahead of the clock, in the second from
    which on they count: they end too.
    """

    def ended(value: Any | None) -> dict[str, Any]:
        known = _read(value)
        return _write(Held(frozenset() if revoked else known.grants, max(known.tokens_from + 1, tokens_from)))

    return int(documents.update(_path(user), ended)["tokens_from"])


def _change(documents: Documents, path: str, change: Callable[[frozenset[Grant]], frozenset[Grant]]) -> None:
    def changed(value: Any | None) -> dict[str, Any]:
        known = _read(value)
        return _write(Held(change(known.grants), known.tokens_from))

    documents.update(path, changed)


def _check(user: str, resource: str) -> None:
    if not USER.fullmatch(user) or not (resource == EVERY or ACCOUNT.fullmatch(resource)):
        raise ValueError(f"{user!r} is not a user or {resource!r} is neither an account id nor *")


def _path(user: str) -> str:
    return f"grants/{user}.json"


def _read(value: Any | None) -> Held:
    if value is None:
        return Held()
    return Held(frozenset(Grant(*pair) for pair in value["grants"]), value.get("tokens_from", 0))


def _write(held: Held) -> dict[str, Any]:
    written: dict[str, Any] = {"grants": [[grant.action, grant.resource] for grant in sorted(held.grants)]}
    return {**written, "tokens_from": held.tokens_from} if held.tokens_from else written
