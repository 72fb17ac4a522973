from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta
from hashlib import sha256
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import given, strategies

from core.kernel import logs
from core.kernel.auth import login, passwords, users
from core.kernel.auth.login import MAX_FAILURES, check_password
from core.kernel.auth.passwords import verify
from core.kernel.auth.turns import Turn
from core.kernel.clock import system_clock
from core.kernel.documents import Document, Documents
from core.kernel.errors import Code, TrefoilError, too_many_requests
from core.kernel.store import Store, open_store
from tests import requests
from tests.conftest import StoppedClock
from tools import waiting

PATH = f"logins/{sha256(b'podge').hexdigest()}.json"
GOOD = "correct horse"


@pytest.fixture(autouse=True)
def podge(documents: Documents, clock: StoppedClock) -> None:
    users.save(documents, clock, "podge", GOOD)


def attempt(
    documents: Documents, clock: StoppedClock, password: str, user: str = "podge", *, turn: Turn = nullcontext
) -> Code | None:
    try:
        check_password(documents, clock, user, password, turn)
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


def together(many: int) -> Turn:
    """A turn that comes when so many want one: whoever has looked at the store waits for the others."""
    barrier = Barrier(many, timeout=waiting.PATIENCE)

    @contextmanager
    def turn() -> Iterator[None]:
        with suppress(BrokenBarrierError):  # who comes later, to renew a hash, waits for nobody
            barrier.wait()
        barrier.abort()
        yield

    return turn


def at_once(documents: Documents, clock: StoppedClock, guesses: list[str]) -> Counter[Code | None]:
    """How so many guesses are answered of which each has read the store before any is written."""
    turn = together(len(guesses))
    with ThreadPoolExecutor(len(guesses)) as pool:
        return Counter(pool.map(lambda guess: attempt(documents, clock, guess, turn=turn), guesses))


@given(
    earlier=strategies.integers(0, MAX_FAILURES - 1),
    guesses=strategies.lists(strategies.sampled_from([GOOD, "wrong", "worse"]), min_size=1, max_size=14),
)
def test_of_guesses_at_once_no_more_are_answered_than_one_after_the_other(earlier: int, guesses: list[str]) -> None:
    clock, documents = StoppedClock(), Documents(open_store("memory:///"))
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    documents.create("users/podge.json", {"user": "podge", "password": quick})
    for _ in range(earlier):
        attempt(documents, clock, "wrong")
        clock.advance(seconds=1)
    found = at_once(documents, clock, guesses)
    held = documents.get(PATH)
    assert held is not None
    failures = len(held.value["failures"])
    assert found.total() == len(guesses)
    assert failures == found[Code.UNAUTHENTICATED] + (0 if found[None] else earlier)
    assert failures <= MAX_FAILURES
    if found[Code.TOO_MANY_REQUESTS]:
        assert failures == MAX_FAILURES
    assert found[None] + found[Code.TOO_MANY_REQUESTS] >= guesses.count(GOOD)


@pytest.mark.parametrize("many", [10, 50, 200])
def test_of_many_guesses_at_once_five_are_told_that_they_were_wrong(
    documents: Documents, clock: StoppedClock, many: int
) -> None:
    """One of them is right, and told so where fewer than five have failed by then."""
    guesses = [*(f"guess {n}" for n in range(many - 1)), GOOD]
    found = at_once(documents, clock, guesses)
    assert found[Code.UNAUTHENTICATED] == MAX_FAILURES
    assert found[Code.TOO_MANY_REQUESTS] == many - MAX_FAILURES - found[None]
    assert attempt(documents, clock, GOOD) is Code.TOO_MANY_REQUESTS


def test_a_right_password_is_refused_when_five_have_failed_while_it_was_looked_at(
    documents: Documents, clock: StoppedClock
) -> None:
    """Else of any number of guesses at once the right one would be told."""

    @contextmanager
    def meanwhile() -> Iterator[None]:
        for _ in range(MAX_FAILURES):
            assert attempt(documents, clock, "wrong") is Code.UNAUTHENTICATED
        yield

    assert attempt(documents, clock, GOOD, turn=meanwhile) is Code.TOO_MANY_REQUESTS


def test_right_passwords_at_once_all_pass(documents: Documents, clock: StoppedClock) -> None:
    assert at_once(documents, clock, [GOOD] * 24) == {None: 24}
    found = documents.get(PATH)
    assert found is not None
    assert found.value == {"failures": []}


def test_a_login_forgives_what_failed_before_it_and_nothing_since(documents: Documents, clock: StoppedClock) -> None:
    attempt(documents, clock, "wrong")
    clock.advance(seconds=1)

    @contextmanager
    def meanwhile() -> Iterator[None]:
        for _ in range(MAX_FAILURES - 2):
            assert attempt(documents, clock, "wrong") is Code.UNAUTHENTICATED
        yield

    assert attempt(documents, clock, GOOD, turn=meanwhile) is None
    found = documents.get(PATH)
    assert found is not None
    assert len(found.value["failures"]) == MAX_FAILURES - 2


def test_an_attempt_that_dies_before_it_is_answered_counts_for_nothing(
    documents: Documents, clock: StoppedClock
) -> None:
    @contextmanager
    def killed() -> Iterator[None]:
        yield
        raise KeyboardInterrupt

    for _ in range(MAX_FAILURES):
        with pytest.raises(KeyboardInterrupt):
            attempt(documents, clock, "wrong", turn=killed)
    assert documents.get(PATH) is None


def test_a_lock_ends_a_window_after_the_clock_was_set_back(documents: Documents, clock: StoppedClock) -> None:
    for _ in range(MAX_FAILURES):
        attempt(documents, clock, "wrong")
    clock.advance(days=-3)
    assert attempt(documents, clock, GOOD) is Code.TOO_MANY_REQUESTS
    clock.advance(minutes=14)
    assert attempt(documents, clock, GOOD) is Code.TOO_MANY_REQUESTS
    clock.advance(minutes=2)
    assert attempt(documents, clock, GOOD) is None


@pytest.mark.parametrize(("user", "password"), [("podge", GOOD), ("podge", "wrong"), ("nobody", GOOD)])
def test_a_login_asks_three_things_of_the_store_of_which_the_first_two_wait_for_nothing(
    monkeypatch: pytest.MonkeyPatch, clock: StoppedClock, user: str, password: str
) -> None:
    documents = Documents(open_store("memory:///"))
    users.save(documents, clock, "podge", GOOD)
    path = f"logins/{sha256(user.encode()).hexdigest()}.json"
    asked, given = requests.noted(monkeypatch), []
    get_many = documents.get_many
    monkeypatch.setattr(documents, "get_many", lambda paths: (given.append(list(paths)), get_many(paths))[1])
    for _ in range(2):
        attempt(documents, clock, password, user)
        assert asked == [f"get {path}", f"get users/{user}.json", f"put {path}"]
        assert given == [[path, f"users/{user}.json"]]
        asked.clear()
        given.clear()


def test_a_lost_race_asks_for_the_failures_again_and_hashes_no_more(
    monkeypatch: pytest.MonkeyPatch, clock: StoppedClock
) -> None:
    documents, turns = Documents(open_store("memory:///")), 0
    users.save(documents, clock, "podge", GOOD)

    @contextmanager
    def meanwhile() -> Iterator[None]:
        nonlocal turns
        turns += 1
        attempt(documents, clock, "wrong")
        asked.clear()
        yield

    asked = requests.noted(monkeypatch)
    assert attempt(documents, clock, GOOD, turn=meanwhile) is None
    assert asked == [f"put {PATH}", f"get {PATH}", f"put {PATH}"]
    assert turns == 1


def test_who_loses_every_race_is_told_to_come_again(
    documents: Documents, store: Store, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody logs in after each look at the failures, and before what came of the attempt is written."""
    get = documents.get

    def overtaken(path: str) -> Document | None:
        found = get(path)
        assert attempt(Documents(store), clock, GOOD) is None
        return found

    monkeypatch.setattr(documents, "get", overtaken)
    monkeypatch.setattr(login, "UPDATE_ATTEMPTS", 3)
    with pytest.raises(TrefoilError, match="too many logins for this user at once") as caught:
        check_password(documents, clock, "podge", "wrong")
    assert (caught.value.code, caught.value.headers) == (Code.TOO_MANY_REQUESTS, {"Retry-After": "1"})


def test_an_unknown_user_costs_no_more_than_a_known_one_from_the_first_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they are checked against is made as users' hashes are, and made already."""
    assert not passwords.outdated(passwords.DECOY)
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


@pytest.fixture
def former(documents: Documents) -> str:
    """Podge's hash as the library's defaults make it, which it was made with once."""
    encoded = PasswordHasher().hash(GOOD)
    documents.update("users/podge.json", lambda value: {**value, "password": encoded, "tokens_from": 7})
    return encoded


def written(documents: Documents) -> dict[str, Any]:
    found = documents.get("users/podge.json")
    assert found is not None
    return dict(found.value)


def test_a_hash_of_former_parameters_is_taken_and_renewed_by_the_right_password(
    documents: Documents, clock: StoppedClock, former: str
) -> None:
    before = written(documents)
    assert attempt(documents, clock, "wrong") is Code.UNAUTHENTICATED
    assert written(documents) == before
    assert attempt(documents, clock, GOOD) is None
    renewed = written(documents)
    assert renewed == {**before, "password": renewed["password"]}, "no token ends"
    assert not passwords.outdated(renewed["password"])
    assert attempt(documents, clock, GOOD) is None
    assert written(documents) == renewed


@pytest.mark.usefixtures("former")
def test_a_right_password_that_is_told_to_wait_renews_nothing(documents: Documents, clock: StoppedClock) -> None:
    """Else it would be seen by how long it took."""
    before, turns = written(documents), 0

    @contextmanager
    def meanwhile() -> Iterator[None]:
        nonlocal turns
        turns += 1
        for _ in range(MAX_FAILURES):
            attempt(documents, clock, "wrong")
        yield

    assert attempt(documents, clock, GOOD, turn=meanwhile) is Code.TOO_MANY_REQUESTS
    assert (written(documents), turns) == (before, 1)


@pytest.mark.usefixtures("former")
@pytest.mark.parametrize("change", ["another password", "removal"])
def test_a_renewal_undoes_nobody_s_change(documents: Documents, clock: StoppedClock, change: str) -> None:
    turns = 0

    @contextmanager
    def meanwhile() -> Iterator[None]:
        """Comes between the look at the document and the write of the new hash."""
        nonlocal turns
        turns += 1
        if turns == 2 and change == "removal":
            users.remove(documents, "podge", clock)
        elif turns == 2:
            users.save(documents, clock, "podge", "battery staple")
        yield

    assert attempt(documents, clock, GOOD, turn=meanwhile) is None
    assert turns == 2
    assert attempt(documents, clock, GOOD) is Code.UNAUTHENTICATED
    if change == "removal":
        assert not users.exists(documents, "podge")
    else:
        assert attempt(documents, clock, "battery staple") is None


@pytest.mark.usefixtures("former")
@pytest.mark.parametrize("failure", [too_many_requests("too many", 1), OSError("the disk is full"), MemoryError()])
def test_a_renewal_that_fails_is_logged_and_the_login_good(
    documents: Documents, clock: StoppedClock, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(logs, "_output", logs._Output(lambda _, line: lines.append(line), logging.ERROR))
    before, turns = written(documents), 0

    @contextmanager
    def failing() -> Iterator[None]:
        nonlocal turns
        turns += 1
        if turns == 2:
            raise failure
        yield

    assert attempt(documents, clock, GOOD, turn=failing) is None
    assert written(documents) == before
    (line,) = map(json.loads, lines)
    assert (line["level"], line["message"]) == ("ERROR", "the password's hash was not renewed")
