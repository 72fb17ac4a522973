"""Logins that wait for their turn, and those for which there is no place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from core.kernel.auth import turns
from core.kernel.auth.turns import Turns
from core.kernel.errors import Code, TrefoilError
from tools import waiting
from tools.waiting import eventually


def test_a_login_waits_for_its_turn_and_is_sent_away_where_no_place_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", waiting.PATIENCE)
    logins, end, done = Turns(at_once=2, places=4), Event(), []

    def log_in(number: int) -> None:
        with logins.place() as turn, turn():
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
    with logins.place() as turn, turn():
        for _ in range(3):
            with pytest.raises(TrefoilError, match="too many people log in at once"), logins.place() as other, other():
                pytest.fail("two at once")
    for _ in range(3):
        with logins.place() as turn, turn():
            pass


def test_a_login_that_fails_gives_its_place_and_turn_back() -> None:
    logins = Turns(at_once=1, places=1)
    for _ in range(3):
        with pytest.raises(KeyError), logins.place() as turn, turn():
            raise KeyError


def test_a_place_gives_a_turn_each_time_that_it_is_asked() -> None:
    """To look at a password, and to hash it anew."""
    logins = Turns(at_once=1, places=1)
    with logins.place() as turn:
        for _ in range(2):
            with turn():
                assert logins._turns._value == 0
            assert logins._turns._value == 1
