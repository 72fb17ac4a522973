"""The pages of somebody's accounts: in order, each once, and for no more requests than a page is worth."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.accounts import accounts, overview, settings
from core.energy.actions import ACTIONS
from core.kernel.auth.access import EVERY, Grant
from core.kernel.documents import Documents
from core.kernel.store import Store, listing_from, open_store
from tests.requests import noted

NAMES = st.text("A1-_", min_size=1, max_size=5).filter(lambda name: name[0] in "A1")


def filled(names: Iterable[str]) -> Store:
    store = open_store("memory:///")
    for name in names:
        accounts.ensure(Documents(store), name)
    return store


def walked(store: Store, granted: frozenset[Grant], limit: int) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    after: str | None = ""
    while after is not None:
        page = overview.page(store, granted, after=after, limit=limit)
        assert len(page.found) <= limit
        found += [(one["account"], one["status"]) for one in page.found]
        assert page.following is None or page.following > after
        after = page.following
    return found


@given(st.sets(NAMES, max_size=12), st.sets(NAMES, max_size=4), st.booleans(), st.integers(1, 4))
def test_the_pages_are_all_accounts_by_name_each_once(made: set[str], named: set[str], every: bool, limit: int) -> None:
    """Also where some names begin with others, whose documents a store lists in another order."""
    granted = {Grant("read", name) for name in named} | ({Grant("trade", EVERY)} if every else set())
    wanted = named | made if every else named
    expected = [(name, "ready" if name in made else "empty") for name in sorted(wanted)]
    assert walked(filled(made), frozenset(granted), limit) == expected


def test_a_page_costs_what_is_on_it_however_many_accounts_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled(f"A{number:03}" for number in range(300))
    asked = noted(monkeypatch)
    page = overview.page(store, frozenset({Grant("read", EVERY)}), after="A017", limit=10)
    assert [one["account"] for one in page.found] == [f"A{number:03}" for number in range(18, 28)]
    assert sorted(one.split("/")[0] for one in asked) == ["get accounts"] * 10 + ["get settings"] * 10 + [
        "list accounts"
    ]


def test_who_has_grants_by_name_lists_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled(["A", "B"])
    asked = noted(monkeypatch)
    overview.page(store, frozenset({Grant("read", "A")}), after="", limit=100)
    assert sorted(asked) == ["get accounts/A.json", "get settings/A.json"]


def test_an_account_that_goes_while_a_page_is_read_ends_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of the first page were deleted since they were listed."""
    store = filled(f"A{number}" for number in range(5))

    def listed(store: Store, prefix: str, *, after: str, limit: int) -> list[str]:
        found = listing_from(store, prefix, after=after, limit=limit)
        for name in ("A0", "A1"):
            accounts.remove(Documents(store), name)
        return found

    monkeypatch.setattr(overview, "listing_from", listed)
    assert [name for name, _ in walked(store, frozenset({Grant("read", EVERY)}), 2)] == ["A2", "A3", "A4"]


def test_actions_are_in_the_set_s_order_from_either_kind_of_grant() -> None:
    granted = frozenset({Grant("settle", "A"), Grant("read", EVERY), Grant("upload", "A"), Grant("admin", "B")})
    found = overview.page(filled(["A", "B"]), granted, after="", limit=100).found
    assert [(one["account"], one["actions"]) for one in found] == [("A", ["read", "upload", "settle"]), ("B", ["read"])]
    assert all(list(ACTIONS).index(one) < list(ACTIONS).index(other) for one, other in pairwise(found[0]["actions"]))


def test_what_is_told_of_an_account_whose_settings_are_older_than_a_field() -> None:
    store = filled(["A"])
    Documents(store).put(settings.path("A"), {"contract": []})
    (one,) = overview.told(Documents(store), ["A"])
    assert one == {"account": "A", "name": "", "currency": "GBP", "status": "ready"}
