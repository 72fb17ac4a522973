"""The users who may log in: one document each, holding the password's hash and nothing secret besides.

A password that changes, and a user who goes, end the tokens that were issued until then: the access list says so
(`access.Held.tokens_from`), for a token outlives both, and whoever gets the name later.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from core.kernel.auth import access
from core.kernel.auth.passwords import MAX_PASSWORD, hash_password, verify
from core.kernel.clock import Clock, rfc3339, system_clock
from core.kernel.documents import Document, Documents
from core.kernel.errors import invalid
from core.kernel.identifiers import USER

AHEAD = 5
"""Seconds that a change of a password, or a removal, has to be written; what is issued meanwhile is issued ahead."""


class User(Struct, frozen=True):
    """Whoever may log in: the hash of their password, and from when on their tokens count (seconds since 1970)."""

    password: str
    tokens_from: int = 0


def path(user: str) -> str:
    return f"users/{user}.json"


def save(documents: Documents, clock: Clock, user: str, password: str) -> None:
    """Add a user, or give one a new password, which ends the tokens that they have; the same password changes nothing.

    Raises `TrefoilError(INVALID)` for an unusable name or password.
    """
    if not USER.fullmatch(user):
        raise invalid("user", f"{user!r} must start with a letter or digit and hold only letters, digits and ._@+-")
    if not len(password) >= 8 or len(password.encode()) > MAX_PASSWORD:
        raise invalid("password", f"must have at least 8 characters and at most {MAX_PASSWORD} bytes")
    known = find(documents, user)
    if known is not None and verify(password, known.password):
        return
    document = {"user": user, "password": hash_password(password), "since": rfc3339(clock())}
    if known is None:
        _write(documents, {**document, "tokens_from": access.held(documents, user).tokens_from})
        return
    for tokens_from in _ended(documents, clock, user):
        _write(documents, {**document, "tokens_from": tokens_from})


def find(documents: Documents, user: str) -> User | None:
    """The user of that name; None when there is none, or it can be no name."""
    document = documents.get(path(user)) if USER.fullmatch(user) else None
    return None if document is None else read(document)


def read(document: Document) -> User:
    """The user whose document it is."""
    return User(document.value["password"], document.value.get("tokens_from", 0))


def renew(documents: Documents, document: Document, password: str) -> None:
    """Hash a user's password anew, which is the one that they have: no token ends.

    Raises `Stale` when their document is another than the one given: whoever changed it, or removed it, is right.
    """
    value = {**document.value, "password": hash_password(password)}
    documents.replace(path(value["user"]), value, document.revision)


def exists(documents: Documents, user: str) -> bool:
    return find(documents, user) is not None


def remove(documents: Documents, user: str, clock: Clock = system_clock) -> None:
    """Remove the user and what was granted to them, and end the tokens that they have.

    What says so stays under `grants/`: whoever is given the name later has nothing of the former one's.
    """
    for _ in _ended(documents, clock, user, revoked=True):
        documents.delete(path(user))


def names(documents: Documents) -> list[str]:
    return [value["user"] for value in documents.values("users")]


def _write(documents: Documents, document: dict[str, Any]) -> None:
    documents.update(path(document["user"]), lambda _: document)


def _ended(documents: Documents, clock: Clock, user: str, *, revoked: bool = False) -> Iterator[int]:
    """End the user's tokens, for a change that is made by whoever iterates: with each time from which on tokens count.

    Who logs in until the change is written has a token of before, as of the second in which they began. So tokens count
    from a little later on, and should the change take longer than that, it is made again.
    """
    while True:
        tokens_from = access.end_tokens(documents, user, int(clock().timestamp()) + AHEAD, revoked=revoked)
        yield tokens_from
        if clock().timestamp() < tokens_from:
            return
