"""The users who may log in: one document each, holding the password's hash and nothing secret besides."""

from __future__ import annotations

from core.kernel.auth.passwords import MAX_PASSWORD, hash_password
from core.kernel.clock import Clock, rfc3339
from core.kernel.documents import Documents
from core.kernel.errors import invalid
from core.kernel.identifiers import USER


def path(user: str) -> str:
    return f"users/{user}.json"


def save(documents: Documents, clock: Clock, user: str, password: str) -> None:
    """Add a user, or give one a new password. Raises `TrefoilError(INVALID)` for an unusable name or password."""
    if not USER.fullmatch(user):
        raise invalid("user", f"{user!r} must start with a letter or digit and hold only letters, digits and ._@+-")
    if not len(password) >= 8 or len(password.encode()) > MAX_PASSWORD:
        raise invalid("password", f"must have at least 8 characters and at most {MAX_PASSWORD} bytes")
    document = {"user": user, "password": hash_password(password), "since": rfc3339(clock())}
    documents.update(path(user), lambda _: document)


def exists(documents: Documents, user: str) -> bool:
    return bool(USER.fullmatch(user)) and documents.get(path(user)) is not None


def password_hash(documents: Documents, user: str) -> str | None:
    """The stored hash, or None for a user that does not exist or a name that can't be one."""
    if not USER.fullmatch(user):
        return None
    document = documents.get(path(user))
    return None if document is None else document.value["password"]


def remove(documents: Documents, user: str) -> None:
    """Remove the user and what was granted to them. Tokens already issued stay valid until they expire."""
    documents.delete(path(user))
    documents.delete(f"grants/{user}.json")


def names(documents: Documents) -> list[str]:
    return [value["user"] for value in documents.values("users")]
