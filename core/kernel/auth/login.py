"""Password login with a lock-out that survives restarts and concurrent attempts.

Five failures within fifteen minutes lock a user name for fifteen minutes after the last failure, whether or not such
a user exists. The count is a document changed by compare-and-swap, and an attempt's verdict is given only after it
was counted: however many guesses run at once, no more than five of them learn that they were wrong.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from core.kernel import logs
from core.kernel.auth import passwords, users
from core.kernel.clock import Clock
from core.kernel.documents import Documents
from core.kernel.errors import Code, TrefoilError

MAX_FAILURES = 5
WINDOW = timedelta(minutes=15)

log = logs.logger("auth")


def check_password(documents: Documents, clock: Clock, user: str, password: str) -> None:
    """Return when user and password match.

    Raises `TrefoilError`: UNAUTHENTICATED alike for an unknown user and a wrong password, TOO_MANY_REQUESTS with
    `Retry-After` (whole seconds) while the name is locked.
    """
    path = _path(user)
    _refuse_locked(documents, clock, path)
    if passwords.verify(password, users.password_hash(documents, user)):
        _refuse_locked(documents, clock, path)
        documents.delete(path)
        logs.info(log, "login", user=user)
        return
    now = clock()
    counted = documents.update(path, lambda value: {"failures": [*_recent(value, now), now.timestamp()]})
    logs.warning(log, "login refused", user=user, failures=len(counted["failures"]))
    if len(counted["failures"]) > MAX_FAILURES:
        _refuse_locked(documents, clock, path)
    raise TrefoilError(Code.UNAUTHENTICATED, "user or password is wrong", headers={"WWW-Authenticate": "Bearer"})


def _refuse_locked(documents: Documents, clock: Clock, path: str) -> None:
    document = documents.get(path)
    failures = _recent(None if document is None else document.value, clock())
    if len(failures) < MAX_FAILURES:
        return
    wait = timedelta(seconds=max(failures)) + WINDOW - timedelta(seconds=clock().timestamp())
    seconds = max(1, min(int(WINDOW.total_seconds()), int(wait.total_seconds()) + 1))
    raise TrefoilError(
        Code.TOO_MANY_REQUESTS,
        f"too many failed logins for this user; try again in {seconds} seconds",
        headers={"Retry-After": str(seconds)},
    )


def _recent(value: Any | None, now: datetime) -> list[float]:
    """Failures inside the window. One from the future (the clock was set back) counts as one from now."""
    moment = now.timestamp()
    failures = [] if value is None else [min(float(failure), moment) for failure in value["failures"]]
    return [failure for failure in failures if failure > moment - WINDOW.total_seconds()][-2 * MAX_FAILURES :]


def _path(user: str) -> str:
    # Hashed, because anything at all can be tried as a user name.
    return f"logins/{sha256(user.encode('utf-8', 'surrogatepass')).hexdigest()}.json"
