from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256

import pytest
from argon2 import PasswordHasher

from core.kernel.auth import login, passwords, users
from core.kernel.auth.login import MAX_FAILURES, check_password
from core.kernel.auth.passwords import verify
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.errors import Code, TrefoilError
from core.kernel.store import Store, open_store
from tests import requests
from tests.conftest import StoppedClock
from tools import waiting

PATH = f"logins/{sha256(b'podge').hexdigest()}.json"
GOOD = "correct horse"


@pytest.fixture(autouse=True)
def podge(documents: Documents, clock: StoppedClock) -> None:
    users.save(documents, clock, "podge", GOOD)


def attempt(documents: Documents, clock: StoppedClock, password: str, user: str = "podge") -> Code | None:
    try:
        check_password(documents, clock, user, password)
    except TrefoilError as error:
        return error.code
    return None


def test_the_right_password_passes_and_forgets_failures(documents: Documents, clock: StoppedClock) -> None:
    for _ in range(3):
        for _ in range(MAX_FAILURES - 1):
            assert attempt(documents, clock, "wrong") is Code.UNAUTHENTICATED
        assert attempt(documents, clock, GOOD) is None


def test_five_failures_lock_until_the_window_has_passed(documents: Documents, clock: StoppedClock) -> None:
    for _ in range(MAX_FAILURES):
        assert attempt(documents, clock, "wrong") is Code.UNAUTHENTICATED
        clock.advance(minutes=1)
    assert attempt(documents, clock, GOOD) is Code.TOO_MANY_REQUESTS
    with pytest.raises(TrefoilError) as caught:
        check_password(documents, clock, "podge", GOOD)
    wait = int(caught.value.headers["Retry-After"])
    assert wait == 14 * 60 + 1
    clock.advance(seconds=wait)
    assert attempt(documents, clock, GOOD) is None


def test_the_lock_survives_a_restart(documents: Documents, clock: StoppedClock, store: Store) -> None:
    for _ in range(MAX_FAILURES):
        attempt(documents, clock, "wrong")
    assert attempt(Documents(store), clock, GOOD) is Code.TOO_MANY_REQUESTS


def test_an_unknown_user_is_locked_alike(documents: Documents, clock: StoppedClock) -> None:
    found = [attempt(documents, clock, "wrong", "nobody") for _ in range(MAX_FAILURES + 1)]
    assert found == [Code.UNAUTHENTICATED] * MAX_FAILURES + [Code.TOO_MANY_REQUESTS]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is: nobody stops waiting for others under the same name."""
    monkeypatch.setattr(login, "PATIENCE", waiting.PATIENCE)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that are compared with a hash."""
    found: list[str] = []

    def noting(password: str, encoded: str | None) -> bool:
        found.append(password)
        return verify(password, encoded)

    monkeypatch.setattr(passwords, "verify", noting)
    return found


@pytest.mark.parametrize("many", [10, 50, 200])
@pytest.mark.usefixtures("patient")
def test_of_many_guesses_at_once_five_are_looked_at(
    documents: Documents, clock: StoppedClock, looked_at: list[str], many: int
) -> None:
    """One of them is right. Where it is of the five, one more is tried in its place."""
    guesses = [*(f"guess {n}" for n in range(many - 1)), GOOD]
    with ThreadPoolExecutor(many) as pool:
        found = Counter(pool.map(lambda guess: attempt(documents, clock, guess), guesses))
    assert found[Code.UNAUTHENTICATED] == MAX_FAILURES
    assert len(looked_at) == MAX_FAILURES + found[None]
    assert found[Code.TOO_MANY_REQUESTS] == many - len(looked_at)
    assert attempt(documents, clock, GOOD) is Code.TOO_MANY_REQUESTS


@pytest.mark.usefixtures("patient")
def test_right_passwords_at_once_only_wait(documents: Documents, clock: StoppedClock) -> None:
    with ThreadPoolExecutor(24) as pool:
        assert list(pool.map(lambda _: attempt(documents, clock, GOOD), range(24))) == [None] * 24
    found = documents.get(PATH)
    assert found is not None
    assert found.value == {"failures": [], "pending": {}}


@pytest.mark.usefixtures("patient")
def test_a_login_forgives_what_failed_before_it_and_nothing_since(
    documents: Documents, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt(documents, clock, "wrong")

    def meanwhile(password: str, encoded: str | None) -> bool:
        if password == GOOD:
            for _ in range(MAX_FAILURES - 2):
                assert attempt(documents, clock, "wrong") is Code.UNAUTHENTICATED
        return verify(password, encoded)

    monkeypatch.setattr(passwords, "verify", meanwhile)
    assert attempt(documents, clock, GOOD) is None
    found = documents.get(PATH)
    assert found is not None
    assert len(found.value["failures"]) == MAX_FAILURES - 2


def test_an_attempt_that_never_ended_counts_as_a_failure(
    documents: Documents, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(password: str, encoded: str | None) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(passwords, "verify", killed)
        for _ in range(MAX_FAILURES):
            with pytest.raises(KeyboardInterrupt):
                attempt(documents, clock, "wrong")
    monkeypatch.setattr(login, "PATIENCE", 0.0)
    assert attempt(documents, clock, GOOD) is Code.TOO_MANY_REQUESTS
    clock.advance(seconds=login.LEASE.total_seconds())
    with pytest.raises(TrefoilError, match="too many failed logins"):
        check_password(documents, clock, "podge", GOOD)
    clock.advance(seconds=login.WINDOW.total_seconds())
    assert attempt(documents, clock, GOOD) is None


@pytest.mark.parametrize("password", [GOOD, "wrong"])
def test_an_attempt_that_outlives_its_lease_ends_as_any_other(
    documents: Documents, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    def slowly(password: str, encoded: str | None) -> bool:
        clock.advance(seconds=login.LEASE.total_seconds() + 1)
        return verify(password, encoded)

    monkeypatch.setattr(passwords, "verify", slowly)
    attempt(documents, clock, password)
    found = documents.get(PATH)
    assert found is not None
    assert len(found.value["failures"]) == (0 if password == GOOD else 1)
    assert found.value["pending"] == {}


def test_a_lock_ends_a_window_after_the_clock_was_set_back(documents: Documents, clock: StoppedClock) -> None:
    for _ in range(MAX_FAILURES):
        attempt(documents, clock, "wrong")
    clock.advance(days=-3)
    assert attempt(documents, clock, GOOD) is Code.TOO_MANY_REQUESTS
    clock.advance(minutes=14)
    assert attempt(documents, clock, GOOD) is Code.TOO_MANY_REQUESTS
    clock.advance(minutes=2)
    assert attempt(documents, clock, GOOD) is None


def test_a_login_asks_four_things_of_the_store(monkeypatch: pytest.MonkeyPatch, clock: StoppedClock) -> None:
    documents = Documents(open_store("memory:///"))
    users.save(documents, clock, "podge", GOOD)
    asked = requests.noted(monkeypatch)
    for _ in range(2):
        assert attempt(documents, clock, GOOD) is None
        assert asked == [f"get {PATH}", f"put {PATH}", "get users/podge.json", f"put {PATH}"]
        asked.clear()


def test_an_unknown_user_costs_no_more_than_a_known_one_from_the_first_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they are checked against is made as users' hashes are, and made already."""
    assert not PasswordHasher().check_needs_rehash(passwords.DECOY)
    monkeypatch.setattr(PasswordHasher, "hash", None)
    passwords._hasher.cache_clear()
    assert not verify(GOOD, None)


def test_counts_of_failures_go_after_a_day(documents: Documents, clock: StoppedClock, store: Store) -> None:
    attempt(documents, clock, "wrong")
    assert login.expire(store, lambda: system_clock() + login.KEPT - timedelta(minutes=1)) == 0
    assert login.expire(store, lambda: system_clock() + login.KEPT + timedelta(minutes=1)) == 1
    assert documents.get(PATH) is None


def test_of_many_guesses_at_once_no_more_than_five_get_an_answer(documents: Documents, clock: StoppedClock) -> None:
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda n: attempt(documents, clock, f"guess {n}"), range(24)))
    assert found.count(Code.UNAUTHENTICATED) <= MAX_FAILURES
    assert found.count(Code.UNAUTHENTICATED) + found.count(Code.TOO_MANY_REQUESTS) == 24
    assert attempt(documents, clock, GOOD) is Code.TOO_MANY_REQUESTS


@pytest.mark.usefixtures("patient")
def test_many_right_logins_at_once_all_pass(documents: Documents, clock: StoppedClock) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: attempt(documents, clock, GOOD), range(16))) == [None] * 16


def test_another_user_is_not_locked(documents: Documents, clock: StoppedClock) -> None:
    users.save(documents, clock, "luciano", GOOD)
    for _ in range(MAX_FAILURES):
        attempt(documents, clock, "wrong")
    assert attempt(documents, clock, GOOD, "luciano") is None


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_clock_that_jumps_locks_nobody_for_longer_than_the_window(
    documents: Documents, clock: StoppedClock, hours: int
) -> None:
    for _ in range(MAX_FAILURES):
        attempt(documents, clock, "wrong")
    clock.advance(hours=hours)
    if hours > 0:
        assert attempt(documents, clock, GOOD) is None
    else:
        with pytest.raises(TrefoilError) as caught:
            check_password(documents, clock, "podge", GOOD)
        assert int(caught.value.headers["Retry-After"]) <= 900


@pytest.mark.parametrize("password", ["", "wrong", "x" * 5000, "ü" * 600, GOOD + "\0"])
def test_odd_passwords_are_wrong_passwords(documents: Documents, clock: StoppedClock, password: str) -> None:
    assert attempt(documents, clock, password) is Code.UNAUTHENTICATED
