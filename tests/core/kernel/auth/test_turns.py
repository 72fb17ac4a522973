"""Logins that wait for their turn, and those for which there is no place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Event

import pytest

from core.kernel.auth import login, turns, users
from core.kernel.auth.turns import Turns
from core.kernel.documents import Documents
from core.kernel.errors import Code, TrefoilError
from tests import requests
from tests.conftest import StoppedClock
from tests.core.kernel.auth.test_login import GOOD
from tools import waiting
from tools.waiting import eventually


def test_a_login_waits_for_its_turn_and_is_sent_away_where_no_place_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", waiting.PATIENCE)
    logins, end, done = Turns(at_once=2, places=4), Event(), []

    def log_in(number: int) -> None:
        with logins.place() as turn, turn:
            end.wait()
            done.append(number)

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(log_in, number) for number in range(4)]
        eventually("four that log in", lambda: logins._places._value == 0)
        with pytest.raises(TrefoilError, match="too many people log in at once; try again in a second") as caught:
            log_in(4)
        assert (caught.value.code, caught.value.headers) == (Code.TOO_MANY_REQUESTS, {"Retry-After": "1"})
        assert done == []
        end.set()
        for one in asked:
            one.result()
    log_in(5)
    assert sorted(done) == [0, 1, 2, 3, 5]


def test_a_login_that_waits_too_long_is_sent_away_and_leaves_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    logins = Turns(at_once=1, places=2)
    with logins.place() as turn, turn:
        for _ in range(3):
            with pytest.raises(TrefoilError, match="too many people log in at once"), logins.place() as other, other:
                pytest.fail("two at once")
    for _ in range(3):
        with logins.place() as turn, turn:
            pass


def test_a_login_that_fails_gives_its_place_and_turn_back() -> None:
    logins = Turns(at_once=1, places=1)
    for _ in range(3):
        with pytest.raises(KeyError), logins.place() as turn, turn:
            raise KeyError


def test_who_waits_for_others_under_the_same_name_takes_no_turn(
    documents: Documents, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash in the midst of five attempts."""
    users.save(documents, clock, "podge", GOOD)
    logins = Turns(at_once=1, places=2)
    pending = {str(number): clock().timestamp() for number in range(login.MAX_FAILURES)}
    documents.create(f"logins/{sha256(b'ada').hexdigest()}.json", {"failures": [], "pending": pending})
    monkeypatch.setattr(login, "PATIENCE", waiting.PATIENCE)
    asked = requests.noted(monkeypatch)
    with ThreadPoolExecutor(1) as pool, logins.place() as turn:
        stuck = pool.submit(login.check_password, documents, clock, "ada", "wrong", turn)
        eventually("the first look", lambda: len(asked) > 2)
        with logins.place() as free:
            assert login.check_password(documents, clock, "podge", GOOD, free)
        clock.advance(seconds=login.LEASE.total_seconds())
        with pytest.raises(TrefoilError, match="too many failed logins"):
            stuck.result()
