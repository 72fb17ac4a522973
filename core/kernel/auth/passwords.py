"""Password hashes: argon2id with the library's defaults (RFC 9106, low-memory profile)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MAX_PASSWORD = 1024
"""Bytes of a password that are accepted: hashing megabytes would be a way to keep the function busy."""
DECOY = "$argon2id$v=19$m=65536,t=3,p=4$ySBUmSYwPnZG35KhWo1xsw$uV2jdVpj6/kitarWJCUINJ17I34Ccl6/+P77QziUJ0k"
"""The hash of a secret that was thrown away, made as those of users are: what unknown users are checked against."""


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # only where a password is looked at: most requests bring a token

    return PasswordHasher()


def hash_password(password: str) -> str:
    """An encoded argon2id hash with its own salt."""
    return _hasher().hash(password)


def verify(password: str, encoded: str | None) -> bool:
    """Whether the password matches. With `encoded` None (unknown user) it takes as long, and is False."""
    if len(password.encode()) > MAX_PASSWORD:
        return False
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(encoded or DECOY, password) and encoded is not None
    except (VerificationError, InvalidHashError):
        return False
