from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.kernel.auth import users
from core.kernel.auth.login import MAX_FAILURES, check_password
from core.kernel.documents import Documents
from core.kernel.errors import Code, TrefoilError
from core.kernel.store import Store
from tests.conftest import StoppedClock

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


def test_of_many_guesses_at_once_no_more_than_five_get_an_answer(documents: Documents, clock: StoppedClock) -> None:
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda n: attempt(documents, clock, f"guess {n}"), range(24)))
    assert found.count(Code.UNAUTHENTICATED) <= MAX_FAILURES
    assert found.count(Code.UNAUTHENTICATED) + found.count(Code.TOO_MANY_REQUESTS) == 24
    assert attempt(documents, clock, GOOD) is Code.TOO_MANY_REQUESTS


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


def test_users_are_saved_listed_and_removed(documents: Documents, clock: StoppedClock) -> None:
    users.save(documents, clock, "podge", "another password")
    assert attempt(documents, clock, "another password") is None
    assert users.names(documents) == ["podge"]
    users.remove(documents, "podge")
    assert not users.exists(documents, "podge")
    for user, password in (("../x", GOOD), ("podge", "short")):
        with pytest.raises(TrefoilError):
            users.save(documents, clock, user, password)
