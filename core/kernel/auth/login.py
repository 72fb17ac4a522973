"""Password login with a lock-out that survives restarts and concurrent attempts.

Five failures within fifteen minutes lock a user name for fifteen minutes after the last failure, whether or not such
a user exists. What came of an attempt is written before it is answered, by compare-and-swap on one document; whoever
loses the race judges by what the others wrote. So of however many guesses at once, in however many processes, no more
than five are told that they were wrong, and none that it was right once five have failed. One that dies before it has
written counts for nothing, as nobody was told anything.
"""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from datetime import datetime, timedelta
from hashlib import sha256

from core.kernel import logs
from core.kernel.auth import passwords, users
from core.kernel.auth.turns import Turn
from core.kernel.auth.users import User
from core.kernel.clock import Clock
from core.kernel.documents import UPDATE_ATTEMPTS, AlreadyExists, Document, Documents, Stale
from core.kernel.errors import Code, TrefoilError, too_many_requests
from core.kernel.identifiers import USER
from core.kernel.store import Store, back_off, erase

MAX_FAILURES = 5
WINDOW = timedelta(minutes=15)
KEPT = timedelta(days=1)
"""Longer than any count has a meaning, whatever the difference between the store's clock and ours."""

log = logs.logger("auth")


def check_password(documents: Documents, clock: Clock, user: str, password: str, turn: Turn = nullcontext) -> User:
    """The user, when the password is theirs. It is looked at within a `turn`.

    Costs three requests to the store, two of them at once; one more when the hash is of former parameters, which are
    replaced then. Raises `TrefoilError`: UNAUTHENTICATED alike for an unknown user and a wrong password,
    TOO_MANY_REQUESTS with `Retry-After` (whole seconds) while the name is locked, or when too many try it just now.
    """
    path = _path(user)
    asked = [path, users.path(user)] if USER.fullmatch(user) else [path]
    held, *found = documents.get_many(asked)
    document = found[0] if found else None
    before = _failures(documents, clock, path, held)
    known = users.read(document) if document else None
    with turn():
        right = passwords.verify(password, known.password if known else None)
    failures = _count(documents, clock, path, held, before if right else None)
    if document is None or known is None or not right:
        # Of a name that nobody has nothing is told: more than one of them is a password in the wrong field.
        said = {} if document is None else {"user": user}
        logs.warning(log, "login refused", **said, failures=failures)
        raise TrefoilError(Code.UNAUTHENTICATED, "user or password is wrong", headers={"WWW-Authenticate": "Bearer"})
    logs.info(log, "login", user=user)
    if passwords.outdated(known.password):
        _renew(documents, document, password, turn)
    return known


def expire(store: Store, clock: Clock) -> int:
    """Remove the counts of names at which nobody has tried for `KEPT`; returns how many.

    Of a failure that is counted in the very moment of its document's removal nothing stays.
    """
    return erase(store, "logins", before=clock() - KEPT)


def _failures(documents: Documents, clock: Clock, path: str, held: Document | None) -> list[float]:
    """The failures inside the window, oldest first. Raises `TrefoilError(TOO_MANY_REQUESTS)` when there are five.

    One from the future (the clock was set back) counts as one from now, and a lock by such is written so: or it would
    last until that time has come.
    """
    now = clock()
    moment = now.timestamp()
    written: list[float] = [] if held is None else held.value["failures"]
    seen = sorted(min(at, moment) for at in written)
    failures = [at for at in seen if at > moment - WINDOW.total_seconds()]
    if len(failures) >= MAX_FAILURES:
        if max(written) > moment:
            _write(documents, path, held, failures)
        raise _locked(failures, now)
    return failures


def _count(documents: Documents, clock: Clock, path: str, held: Document | None, forgiven: list[float] | None) -> int:
    """Write that an attempt failed, or that a right one forgives these failures; returns how many there are then.

    A right one is written even where it changes nothing: else it would be told so, however many failed meanwhile.
    An attempt that ends with UNAVAILABLE may have been counted all the same: a failure too many, never one too few.
    """
    for lost in range(UPDATE_ATTEMPTS):
        failures = _failures(documents, clock, path, held)
        if forgiven is None:
            failures.append(clock().timestamp())
        else:
            failures = list((Counter(failures) - Counter(forgiven)).elements())
        if _write(documents, path, held, failures):
            return len(failures)
        back_off(lost)
        held = documents.get(path)
    raise too_many_requests("too many logins for this user at once", 1)


def _renew(documents: Documents, document: Document, password: str, turn: Turn) -> None:
    """Hash the password with today's parameters. Whatever keeps it from being written, there is a next login."""
    try:
        with turn():
            users.renew(documents, document, password)
    except Stale:
        pass
    except Exception as error:  # noqa: BLE001  the login is good all the same
        logs.error(log, "the password's hash was not renewed", exception=error)


def _write(documents: Documents, path: str, held: Document | None, failures: list[float]) -> bool:
    """Write over the document that was read; False when somebody else has written since."""
    value = {"failures": failures}
    try:
        if held is None:
            documents.create(path, value)
        else:
            documents.replace(path, value, held.revision)
    except (AlreadyExists, Stale):
        return False
    return True


def _locked(failures: list[float], now: datetime) -> TrefoilError:
    wait = timedelta(seconds=max(failures)) + WINDOW - timedelta(seconds=now.timestamp())
    seconds = max(1, min(int(WINDOW.total_seconds()), int(wait.total_seconds()) + 1))
    return too_many_requests("too many failed logins for this user", seconds)


def _path(user: str) -> str:
    # Hashed, because anything at all can be tried as a user name.
    return f"logins/{sha256(user.encode('utf-8', 'surrogatepass')).hexdigest()}.json"
