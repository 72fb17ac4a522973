from __future__ import annotations

import json
from typing import Any

import jwt
import pytest

from core.kernel.api.app import App
from core.kernel.auth import access, passwords, tokens, users
from core.kernel.auth.access import Grant
from core.kernel.auth.authorizer import Principal
from core.kernel.documents import Documents
from core.kernel.errors import TrefoilError
from core.kernel.http import Request, json_bytes
from core.kernel.services import Services
from tests.conftest import StoppedClock

GOOD, NEW = "correct horse", "battery staple"


def ask(services: Services, token: str, path: str = "/api/me") -> int:
    return App(services).handle(Request("GET", path, headers=(("authorization", f"Bearer {token}"),))).status


def log_in(services: Services, password: str = GOOD) -> str:
    body = json_bytes({"user": "podge", "password": password})
    reply = App(services).handle(Request("POST", "/api/login", body=body))
    assert reply.status == 200
    return str(json.loads(reply.body)["access_token"])


@pytest.fixture(autouse=True)
def podge(documents: Documents, clock: StoppedClock) -> None:
    users.save(documents, clock, "podge", GOOD)
    access.grant(documents, "podge", "admin", "*")


def test_a_changed_password_ends_the_tokens_of_the_old_one(services: Services, clock: StoppedClock) -> None:
    """Also within the second in which it was changed; and whoever logs in in that second has a token that counts."""
    old = log_in(services)
    assert ask(services, old) == 200
    users.save(services.documents, clock, "podge", NEW)
    assert ask(services, old) == 401
    new = log_in(services, NEW)
    assert ask(services, new) == 200
    clock.advance(minutes=10)
    assert (ask(services, old), ask(services, new)) == (401, 200)


def test_passwords_that_change_within_a_second_end_each_other_s_tokens(services: Services, clock: StoppedClock) -> None:
    tokens_so_far = []
    for number in range(4):
        users.save(services.documents, clock, "podge", f"{NEW} {number}")
        assert [ask(services, one) for one in tokens_so_far] == [401] * number
        tokens_so_far.append(log_in(services, f"{NEW} {number}"))
        assert ask(services, tokens_so_far[-1]) == 200
    users.remove(services.documents, "podge", clock)
    assert [ask(services, one) for one in tokens_so_far] == [401] * 4


def test_the_same_password_again_ends_nothing(services: Services, clock: StoppedClock) -> None:
    token = log_in(services)
    users.save(services.documents, clock, "podge", GOOD)
    assert ask(services, token) == 200


def test_a_login_during_which_the_password_changes_gives_a_token_that_is_ended(
    services: Services, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = passwords.verify

    def meanwhile(password: str, encoded: str | None) -> bool:
        right = verify(password, encoded)
        monkeypatch.undo()
        clock.advance(seconds=2)
        users.save(services.documents, clock, "podge", NEW)
        clock.advance(seconds=2)
        return right

    monkeypatch.setattr(passwords, "verify", meanwhile)
    assert ask(services, log_in(services)) == 401
    assert ask(services, log_in(services, NEW)) == 200


@pytest.mark.parametrize("change", ["password", "removal"])
@pytest.mark.parametrize("seconds", [0.5, 4, 30])
def test_a_login_just_before_the_change_is_written_gives_a_token_that_is_ended(
    services: Services, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch, change: str, seconds: float
) -> None:
    """However long writing takes after the tokens were ended."""
    late: list[str] = []
    end_tokens = access.end_tokens

    def slowly(*given: Any, **options: Any) -> int:
        ended = end_tokens(*given, **options)
        if not late:
            clock.advance(seconds=seconds)
            late.append(log_in(services))
        return ended

    monkeypatch.setattr(access, "end_tokens", slowly)
    if change == "password":
        users.save(services.documents, clock, "podge", NEW)
    else:
        users.remove(services.documents, "podge", clock)
        users.save(services.documents, clock, "podge", NEW)
    clock.advance(seconds=60)
    assert ask(services, late[0]) == 401
    assert ask(services, log_in(services, NEW)) == 200


def test_a_removed_user_has_no_token_any_more_and_whoever_gets_the_name_inherits_none(
    services: Services, clock: StoppedClock
) -> None:
    old = log_in(services)
    users.remove(services.documents, "podge", clock)
    assert ask(services, old) == 401
    users.save(services.documents, clock, "podge", NEW)
    assert access.grants(services.documents, "podge") == frozenset()
    assert ask(services, old) == 401
    assert ask(services, log_in(services, NEW)) == 200
    clock.advance(minutes=59)
    assert ask(services, old) == 401


def test_what_is_granted_later_leaves_ended_tokens_ended(services: Services, clock: StoppedClock) -> None:
    old = log_in(services)
    users.save(services.documents, clock, "podge", NEW)
    access.grant(services.documents, "podge", "read", "A")
    access.revoke(services.documents, "podge", "admin", "*")
    access.forget(services.documents, "B")
    assert access.grants(services.documents, "podge") == {Grant("read", "A")}
    assert ask(services, old) == 401


@pytest.mark.parametrize("path", ["/api/me", "/api/accounts", "/api/users/podge/grants", "/api/forecasts/London"])
def test_an_ended_token_is_401_on_every_route_that_needs_one(
    services: Services, clock: StoppedClock, path: str
) -> None:
    old = log_in(services)
    users.remove(services.documents, "podge", clock)
    assert ask(services, old, path) == 401


def test_a_token_without_its_time_counts_until_any_was_ended(services: Services, clock: StoppedClock) -> None:
    """As a gateway's verdict of an earlier version has it."""

    def asked() -> Any:
        return App(services).handle(Request("GET", "/api/me", caller=Principal("podge"))).status

    assert asked() == 200
    users.save(services.documents, clock, "podge", NEW)
    assert asked() == 401


def test_a_token_is_never_issued_before_the_user_s_count(services: Services, clock: StoppedClock) -> None:
    now = int(clock().timestamp())
    for tokens_from, issued in ((0, now), (now + 1, now + 1), (now - 5, now)):
        made = tokens.mint(services.keyring, clock, issuer="i", audience="a", subject="podge", tokens_from=tokens_from)
        claims = jwt.decode(made, options={"verify_signature": False})
        assert (claims["iat"], claims["nbf"], claims["exp"]) == (issued, issued, issued + 3600)


def test_users_are_saved_listed_and_removed(documents: Documents, clock: StoppedClock) -> None:
    assert users.names(documents) == ["podge"]
    users.remove(documents, "podge", clock)
    users.remove(documents, "podge", clock)
    assert not users.exists(documents, "podge")
    assert users.names(documents) == []
    for user, password in (("../x", GOOD), ("podge", "short"), ("podge", "x" * 1025)):
        with pytest.raises(TrefoilError):
            users.save(documents, clock, user, password)
