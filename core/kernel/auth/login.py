"""Password login with a lock-out that survives restarts and concurrent attempts.

Five failures within fifteen minutes lock a user name for fifteen minutes after the last failure, whether or not such
a user exists. An attempt is counted before its password is looked at, by compare-and-swap on one document, and released
when the password was right: so of however many guesses at once, in however many processes, five are tried. More wait
for those, and are tried when one of them was right.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from msgspec import Struct

from core.kernel import logs
from core.kernel.auth import passwords, users
from core.kernel.auth.users import User
from core.kernel.clock import Clock
from core.kernel.documents import AlreadyExists, Document, Documents, Stale
from core.kernel.errors import Code, TrefoilError, too_many_requests
from core.kernel.store import Store, back_off, erase

MAX_FAILURES = 5
WINDOW = timedelta(minutes=15)
LEASE = timedelta(seconds=30)
"""An attempt that has not ended by then never will, as no request lives longer: it counts as a failure."""
PATIENCE = 10.0
"""Seconds that an attempt waits for others under the same name."""
KEPT = timedelta(days=1)
"""Longer than any count has a meaning, whatever the difference between the store's clock and ours."""

log = logs.logger("auth")


class _Attempt(Struct, frozen=True):
    """One that was counted: its name in the document, the failures before it, and the document as it was written."""

    name: str
    before: list[float]
    written: Document


def check_password(
    documents: Documents, clock: Clock, user: str, password: str, turn: AbstractContextManager[None] | None = None
) -> User:
    """The user, when the password is theirs. It is looked at within `turn`.

    Raises `TrefoilError`: UNAUTHENTICATED alike for an unknown user and a wrong password, TOO_MANY_REQUESTS with
    `Retry-After` (whole seconds) while the name is locked, or when too many try it just now.
    """
    path = _path(user)
    attempt = _reserve(documents, clock, path)
    known = users.find(documents, user)
    with turn or nullcontext():
        right = passwords.verify(password, known.password if known else None)
    if right and known is not None:
        _settle(documents, clock, path, attempt, failed=False)
        logs.info(log, "login", user=user)
        return known
    failures = _settle(documents, clock, path, attempt, failed=True)
    logs.warning(log, "login refused", user=user, failures=failures)
    raise TrefoilError(Code.UNAUTHENTICATED, "user or password is wrong", headers={"WWW-Authenticate": "Bearer"})


def expire(store: Store, clock: Clock) -> int:
    """Remove the counts of names at which nobody has tried for `KEPT`; returns how many.

    Of a failure that is counted in the very moment of its document's removal nothing stays.
    """
    return erase(store, "logins", before=clock() - KEPT)


def _reserve(documents: Documents, clock: Clock, path: str) -> _Attempt:
    """Count an attempt. Raises `TrefoilError(TOO_MANY_REQUESTS)` when five have failed, or others take too long."""
    name, patience, lost = uuid4().hex, time.monotonic() + PATIENCE, 0
    while True:
        held = documents.get(path)
        now = clock()
        failures, pending = _read(held, now)
        if held is not None and name in pending:
            return _Attempt(name, failures, held)  # written, though the store's answer was lost
        if len(failures) >= MAX_FAILURES:
            if held is not None and max(held.value["failures"], default=0.0) > now.timestamp():
                _write(documents, path, held, failures, pending)  # or the lock would last until that time has come
            raise _locked(failures, now)
        if len(failures) + len(pending) < MAX_FAILURES:
            written = _write(documents, path, held, failures, {**pending, name: now.timestamp()})
            if written is not None:
                return _Attempt(name, failures, written)
        if time.monotonic() > patience:
            raise too_many_requests("too many logins for this user at once", 1)
        back_off(lost)
        lost += 1


def _settle(documents: Documents, clock: Clock, path: str, attempt: _Attempt, *, failed: bool) -> int:
    """End an attempt: it becomes a failure, or it goes, and what had failed before it too. Returns the failures.

    Where others write all the time it stays as it is, and counts as a failure when its lease ends.
    """
    held: Document | None = attempt.written
    patience, lost = time.monotonic() + PATIENCE, 0
    while True:
        now = clock()
        failures, pending = _read(held, now, without=attempt.name)
        if failed:
            failures.append(now.timestamp())
        else:
            for forgiven in attempt.before:
                if forgiven in failures:
                    failures.remove(forgiven)
        if _write(documents, path, held, failures, pending) or time.monotonic() > patience:
            return len(failures)
        back_off(lost)
        lost += 1
        held = documents.get(path)


def _read(document: Document | None, now: datetime, *, without: str = "") -> tuple[list[float], dict[str, float]]:
    """The failures inside the window, oldest first, and the attempts that go on, `without` one that ends now.

    One from the future (the clock was set back) counts as one from now.
    """
    value: Any = {} if document is None else document.value
    moment = now.timestamp()
    begun = {name: min(at, moment) for name, at in value.get("pending", {}).items() if name != without}
    pending = {name: at for name, at in begun.items() if at > moment - LEASE.total_seconds()}
    failures = [min(at, moment) for at in value.get("failures", ())]
    failures += [at for name, at in begun.items() if name not in pending]
    return sorted(at for at in failures if at > moment - WINDOW.total_seconds()), pending


def _write(
    documents: Documents, path: str, held: Document | None, failures: list[float], pending: dict[str, float]
) -> Document | None:
    """The document as written over the one that was read; None when somebody else has written since."""
    value = {"failures": failures, "pending": pending}
    try:
        if held is None:
            return Document(value, documents.create(path, value))
        return Document(value, documents.replace(path, value, held.revision))
    except (AlreadyExists, Stale):
        return None


def _locked(failures: list[float], now: datetime) -> TrefoilError:
    wait = timedelta(seconds=max(failures)) + WINDOW - timedelta(seconds=now.timestamp())
    seconds = max(1, min(int(WINDOW.total_seconds()), int(wait.total_seconds()) + 1))
    return too_many_requests("too many failed logins for this user", seconds)


def _path(user: str) -> str:
    # Hashed, because anything at all can be tried as a user name.
    return f"logins/{sha256(user.encode('utf-8', 'surrogatepass')).hexdigest()}.json"
