"""The access list: default deny, one verdict for each grant, and who may change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.system import System
from tests.contract.test_http import assert_problem

ROUTES = {
    "points": ("GET", "/api/accounts/{a}/points", "read"),
    "readings": ("GET", "/api/accounts/{a}/readings?point=1012345678901", "read"),
    "upload": ("POST", "/api/accounts/{a}/uploads", "upload"),
    "ingestions": ("GET", "/api/accounts/{a}/ingestions", "read"),
    "one ingestion": ("GET", "/api/accounts/{a}/ingestions/x", "read"),
    "rejects": ("GET", "/api/accounts/{a}/ingestions/x/rejects", "read"),
    "trades": ("GET", "/api/accounts/{a}/trades", "read"),
    "trade": ("POST", "/api/accounts/{a}/trades", "trade"),
    "settings": ("GET", "/api/accounts/{a}/settings", "read"),
    "change settings": ("PUT", "/api/accounts/{a}/settings", "changeSettings"),
    "delete": ("DELETE", "/api/accounts/{a}", "delete"),
    "export": ("POST", "/api/accounts/{a}/exports", "export"),
    "one export": ("GET", "/api/accounts/{a}/exports/x", "export"),
}


@pytest.mark.parametrize("name", ROUTES)
def test_without_a_token_it_is_401(system: System, name: str) -> None:
    method, path, _ = ROUTES[name]
    assert_problem(system.send(method, path.format(a="Account17"), content=b"{}"), 401)


@pytest.mark.parametrize("name", ROUTES)
def test_without_the_grant_it_is_403_before_anything_else_is_looked_at(system: System, name: str) -> None:
    """Also for an account that does not exist: 404 would tell who may not ask."""
    method, path, action = ROUTES[name]
    for account in ("Account17", "NoSuchAccount"):
        problem = assert_problem(system.send(method, path.format(a=account), "nora", content=b"{"), 403)
        assert problem["detail"] == f"nora may not {action} {account}"


@pytest.mark.parametrize("name", ROUTES)
def test_a_grant_on_one_account_says_nothing_about_another(system: System, name: str) -> None:
    method, path, _ = ROUTES[name]
    assert system.send(method, path.format(a="Account18"), "podge", content=b"{}").status_code == 403


@pytest.mark.parametrize("name", ["points", "trades", "settings", "ingestions"])
def test_a_grant_on_every_account_reaches_each_and_404_says_which_is_none(system: System, name: str) -> None:
    method, path, _ = ROUTES[name]
    assert system.send(method, path.format(a="Account17"), "rita").status_code == 200
    assert_problem(system.send(method, path.format(a="NoSuchAccount"), "rita"), 404)


def test_admin_grants_nothing_but_admin(system: System) -> None:
    assert system.get("/api/accounts/Account17/points", "ada").status_code == 403


@pytest.mark.parametrize("account", ["Account17%2F..%2FAccount18", "..", "Account17%00", "*", "Account17%20", "%2a"])
def test_an_account_spelt_oddly_matches_no_grant(system: System, account: str) -> None:
    reply = system.send("GET", f"/api/accounts/{account}/points", "podge")
    # httpx resolves dot segments before it sends them; the server sees another path then.
    assert reply.status_code in (403, 404)


def test_accounts_lists_only_what_the_user_may_read(system: System) -> None:
    assert system.get("/api/accounts", "podge").json() == {"accounts": ["Account17"]}
    assert system.get("/api/accounts", "luciano").json() == {"accounts": ["Account18"]}
    assert system.get("/api/accounts", "nora").json() == {"accounts": []}
    assert {"Account17", "Account18"} <= set(system.get("/api/accounts", "rita").json()["accounts"])


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
