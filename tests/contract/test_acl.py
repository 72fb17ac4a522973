"""The access list: default deny, one verdict for each grant, and who may change it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from core.energy.functions import FUNCTIONS
from core.kernel.api.router import Router
from tests.contract.system import System
from tests.contract.test_http import assert_problem

ROUTES = {str(route): route for route in Router(FUNCTIONS).every}
GUARDED = [name for name, route in ROUTES.items() if route.needs.token]
GRANTED = [name for name, route in ROUTES.items() if route.needs.action]
OF_AN_ACCOUNT = [name for name, route in ROUTES.items() if route.needs.resource]


def ask(system: System, name: str, user: str | None, account: str = "Account17") -> httpx.Response:
    """Ask a route with a body that is none, so that what it answers is a verdict, or that of the next check."""
    named = {"account": account, "user": "nora", "action": "read", "resource": account}
    path = re.sub(r"\{(\w+)\}", lambda found: named.get(found[1], "x"), ROUTES[name].path)
    return system.send(ROUTES[name].method, path, user, content=b"{")


@pytest.fixture
def granted(system: System) -> Iterator[Callable[[str, str], None]]:
    """Grants an action on something to the suite's user `greta`, until the case ends."""
    given = []

    def grant(action: str, resource: str) -> None:
        given.append(f"/api/users/greta/grants/{action}/{resource}")
        assert system.send("PUT", given[-1], "ada").status_code == 204

    yield grant
    for path in given:
        assert system.send("DELETE", path, "ada").status_code == 204


@pytest.mark.parametrize("name", GUARDED)
def test_without_a_token_it_is_401(system: System, name: str) -> None:
    assert_problem(ask(system, name, None), 401)


@pytest.mark.parametrize("name", [name for name in GUARDED if name not in GRANTED])
def test_what_needs_no_grant_is_every_users(system: System, name: str) -> None:
    assert ask(system, name, "nora").status_code in (200, 404)


@pytest.mark.parametrize("name", GRANTED)
def test_without_the_grant_it_is_403_before_anything_else_is_looked_at(system: System, name: str) -> None:
    """Also for an account that does not exist: 404 would tell who may not ask."""
    needs = ROUTES[name].needs
    for account in ("Account17", "NoSuchAccount"):
        problem = assert_problem(ask(system, name, "nora", account), 403)
        assert problem["detail"] == f"nora may not {needs.action} {account if needs.resource else '*'}"


@pytest.mark.parametrize("name", GRANTED)
def test_with_the_grant_it_is_answered(
    system: System, granted: Callable[[str, str], None], account: str, name: str
) -> None:
    """By what comes after the verdict: nobody made the account, and the body is none."""
    needs = ROUTES[name].needs
    # An account of its own, since one case deletes it; what the access list's cases grant, the next of them revokes.
    on = account if needs.resource else "NoSuchAccount"
    granted(str(needs.action), on if needs.resource else "*")
    assert ask(system, name, "greta", on).status_code in (200, 202, 204, 400, 404, 422)


@pytest.mark.parametrize("name", OF_AN_ACCOUNT)
def test_a_grant_on_one_account_says_nothing_about_another(
    system: System, granted: Callable[[str, str], None], name: str
) -> None:
    granted(str(ROUTES[name].needs.action), "NoSuchAccount")
    assert ask(system, name, "greta", "Account18").status_code == 403


@pytest.mark.parametrize("name", OF_AN_ACCOUNT)
def test_a_grant_of_another_action_is_none(system: System, granted: Callable[[str, str], None], name: str) -> None:
    other = "trade" if ROUTES[name].needs.action == "read" else "read"
    granted(other, "Account17")
    assert ask(system, name, "greta").status_code == 403


@pytest.mark.parametrize("name", ["points", "trades", "settings", "ingestions"])
def test_a_grant_on_every_account_reaches_each_that_was_made_and_404_says_which_was_not(
    system: System, name: str
) -> None:
    assert system.get(f"/api/accounts/Account17/{name}", "rita").status_code == 200
    assert_problem(system.get(f"/api/accounts/NoSuchAccount/{name}", "rita"), 404)


def test_admin_grants_nothing_but_admin(system: System) -> None:
    assert system.get("/api/accounts/Account17/points", "ada").status_code == 403


@pytest.mark.parametrize("account", ["Account17%2F..%2FAccount18", "..", "Account17%00", "*", "Account17%20", "%2a"])
def test_an_account_spelt_oddly_matches_no_grant(system: System, account: str) -> None:
    reply = system.send("GET", f"/api/accounts/{account}/points", "podge")
    # httpx resolves dot segments before it sends them; the server sees another path then.
    assert reply.status_code in (403, 404)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_an_admin_may_see_or_change_grants(system: System, method: str) -> None:
    path = "/api/users/nora/grants" + ("" if method == "GET" else "/read/Account17")
    assert_problem(system.send(method, path), 401)
    assert_problem(system.send(method, path, "rita"), 403)


def test_a_grant_takes_effect_and_its_removal_too(system: System) -> None:
    grant = "/api/users/nora/grants/read/Account18"
    for _ in range(2):
        assert system.send("PUT", grant, "ada").status_code == 204
    assert system.get("/api/accounts/Account18/points", "nora").status_code == 200
    assert system.get("/api/users/nora/grants", "ada").json() == {
        "user": "nora",
        "grants": [{"action": "read", "resource": "Account18"}],
    }
    for _ in range(2):
        assert system.send("DELETE", grant, "ada").status_code == 204
    assert system.get("/api/accounts/Account18/points", "nora").status_code == 403


def test_removing_a_grant_on_every_account_keeps_those_on_single_ones(system: System) -> None:
    for resource in ("*", "Account17"):
        system.send("PUT", f"/api/users/nora/grants/read/{resource}", "ada")
    system.send("DELETE", "/api/users/nora/grants/read/*", "ada")
    assert system.get("/api/accounts/Account17/points", "nora").status_code == 200
    assert system.get("/api/accounts/Account18/points", "nora").status_code == 403
    system.send("DELETE", "/api/users/nora/grants/read/Account17", "ada")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/users/nobody/grants/read/Account17", 404),
        ("/api/users/nora/grants/fly/Account17", 422),
        ("/api/users/nora/grants/read/**", 422),
        ("/api/users/..%2Fnora/grants/read/Account17", 404),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(system: System, path: str, status: int) -> None:
    assert_problem(system.send("PUT", path, "ada"), status)


def test_an_encoded_slash_never_makes_another_account(system: System, differing: Callable[[str, Any], Any]) -> None:
    reply = system.send("PUT", "/api/users/nora/grants/read/Acc%2Fount", "ada")
    assert_problem(reply, differing("an account with an encoded slash", 422))
