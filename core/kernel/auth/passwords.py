"""Password hashes: argon2id with the library's defaults (RFC 9106, low-memory profile), few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.kernel.errors import too_many_requests

MAX_PASSWORD = 1024
"""Bytes of a password that are accepted: hashing megabytes would be a way to keep the function busy."""
AT_ONCE = 2
"""Logins that go on at once in a process: each takes 64 MiB and all cores for as long as a hash takes."""
PLACES = 64
"""Logins that go on or wait for their turn; a server needs more threads than that to answer anything else."""
PATIENCE = 10.0
"""Seconds that a login waits for its turn."""
DECOY = "$argon2id$v=19$m=65536,t=3,p=4$ySBUmSYwPnZG35KhWo1xsw$uV2jdVpj6/kitarWJCUINJ17I34Ccl6/+P77QziUJ0k"
"""The hash of a secret that was thrown away, made as those of users are: what unknown users are checked against."""


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _turns() -> tuple[BoundedSemaphore, BoundedSemaphore]:
    """The places and the turns of this process."""
    return BoundedSemaphore(PLACES), BoundedSemaphore(AT_ONCE)


@contextmanager
def turn() -> Iterator[None]:
    """Wait for a turn to log somebody in. Raises `TrefoilError(TOO_MANY_REQUESTS)` where that would take too long."""
    places, turns = _turns()
    if not places.acquire(blocking=False):
        raise too_many_requests("too many people log in at once", 1)
    try:
        if not turns.acquire(timeout=PATIENCE):
            raise too_many_requests("too many people log in at once", 1)
        try:
            yield
        finally:
            turns.release()
    finally:
        places.release()


def hash_password(password: str) -> str:
    """An encoded argon2id hash with its own salt."""
    return _hasher().hash(password)


def verify(password: str, encoded: str | None) -> bool:
    """Whether the password matches. With `encoded` None (unknown user) it takes as long, and is False."""
    if len(password.encode()) > MAX_PASSWORD:
        return False
    try:
        return _hasher().verify(encoded or DECOY, password) and encoded is not None
    except (VerificationError, InvalidHashError):
        return False
