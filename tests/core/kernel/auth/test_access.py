from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.auth import access
from core.kernel.auth.access import EVERY, Grant, allows, can
from core.kernel.documents import Documents
from core.kernel.store import open_store

USERS = st.sampled_from(["podge", "luciano", "ada"])
ACTION_NAMES = ("read", "upload", "trade", "admin")
ACTIONS = st.sampled_from(ACTION_NAMES)
ACCOUNTS = st.sampled_from(["Account1", "Account17", "Account170", "account17", "A"])
RESOURCES = st.one_of(ACCOUNTS, st.just(EVERY))
TRIPLES = st.tuples(USERS, ACTIONS, RESOURCES)


def fresh(held: list[tuple[str, str, str]]) -> Documents:
    documents = Documents(open_store("memory:///"))
    for user, action, resource in held:
        access.grant(documents, user, action, resource)
    return documents


@given(USERS, ACTIONS, RESOURCES)
def test_nothing_is_allowed_by_default(user: str, action: str, resource: str) -> None:
    assert not can(fresh([]), user, action, resource)


@given(st.lists(TRIPLES, max_size=6), USERS, ACTIONS, ACCOUNTS)
def test_exactly_what_was_granted_is_allowed(
    held: list[tuple[str, str, str]], user: str, action: str, account: str
) -> None:
    expected = (user, action, account) in held or (user, action, EVERY) in held
    assert can(fresh(held), user, action, account) is expected


@given(st.lists(TRIPLES, max_size=6), TRIPLES, st.booleans())
def test_a_change_touches_only_what_it_names(
    held: list[tuple[str, str, str]], change: tuple[str, str, str], adding: bool
) -> None:
    documents = fresh(held)
    everyone = ("podge", "luciano", "ada")
    before = {user: access.grants(documents, user) for user in everyone}
    (access.grant if adding else access.revoke)(documents, *change)
    after = {user: access.grants(documents, user) for user in everyone}
    user, named = change[0], {Grant(change[1], change[2])}
    expected = before[user] | named if adding else before[user] - named
    assert after == {**before, user: expected}


@given(st.text(max_size=20), ACTIONS, st.text(max_size=20))
def test_odd_names_match_nothing(user: str, action: str, resource: str) -> None:
    documents = fresh([("podge", action, "Account17")])
    if (user, resource) != ("podge", "Account17"):
        assert not can(documents, user, action, resource)


@pytest.mark.parametrize(
    ("user", "resource"), [("../x", "A"), ("", "A"), ("podge", "a/b"), ("podge", "**"), ("podge", "")]
)
def test_what_can_be_no_grant_is_refused(user: str, resource: str) -> None:
    for change in (access.grant, access.revoke):
        with pytest.raises(ValueError, match="is not a user or"):
            change(fresh([]), user, "read", resource)


def test_no_action_implies_another() -> None:
    for held in ACTION_NAMES:
        for wanted in ACTION_NAMES:
            assert allows(frozenset({Grant(held, EVERY)}), wanted, "A") is (held is wanted)
