"""Password hashes: argon2id with 19 MiB, two passes and one lane.

They are of those that OWASP's password storage cheat sheet holds to be equally strong. The library's own (64 MiB,
three passes, four lanes) take seven times the CPU, and a small function has a part of one: see bench/README.md. Hashes
with other parameters are taken as they are, and `outdated` says so.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MAX_PASSWORD = 1024
"""Bytes of a password that are accepted: hashing megabytes would be a way to keep the function busy."""
MEMORY_KIB, PASSES, LANES = 19456, 2, 1
"""https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html"""
DECOY = "$argon2id$v=19$m=19456,t=2,p=1$3NqO27lr5yzV9U1qwMGpBQ$7zN8pXOaiCi27TBd2J6ezRS8elz1dsIGBFOF4xh4EX0"
"""The hash of a secret that was thrown away, made as those of users are: what unknown users are checked against."""


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # only where a password is looked at: most requests bring a token

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


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


def outdated(encoded: str) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    return _hasher().check_needs_rehash(encoded)
