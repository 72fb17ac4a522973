"""Which accounts somebody has, and what an account answers that was granted to somebody and that nobody made yet."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from core.energy.accounts import accounts
from core.energy.actions import ACTIONS
from core.kernel.documents import Documents
from tests.contract.system import System
from tests.contract.test_formats import OCTOPUS
from tests.contract.test_http import assert_problem
from tests.contract.test_uploads import CONTENT, put
from tools.waiting import eventually

POINT = "1012345678903"
READ = ("points", f"readings?point={POINT}", "ingestions", "trades", "settings", "sources", "settlements")


@pytest.fixture
def granted(system: System) -> Iterator[Callable[..., None]]:
    """Grants actions on an account to the suite's user `greta`, until the case ends."""
    given = []

    def grant(account: str, *actions: str) -> None:
        for action in actions:
            given.append(f"/api/users/greta/grants/{action}/{account}")
            assert system.send("PUT", given[-1], "ada").status_code == 204

    yield grant
    for path in given:
        assert system.send("DELETE", path, "ada").status_code == 204


def ask_upload(system: System, account: str, user: str = "greta", name: str = "first.csv") -> dict[str, Any]:
    body = {"name": name, "bytes": len(CONTENT)}
    reply = system.send("POST", f"/api/accounts/{account}/uploads", user, json=body)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def write(system: System, account: str, what: str) -> httpx.Response:
    """One of the requests that write something of an account."""
    path = f"/api/accounts/{account}/{what}"
    if what in ("settings", "sources"):
        read = system.get(path, "greta")
        return system.send("PUT", path, "greta", json=read.json(), headers={"If-Match": read.headers["etag"]})
    bodies = {
        "trades": {"product": "green-fixed", "kwh": "1"},
        "exports": {},
        "settlements": {"month": "2025-10"},
        "uploads": {"name": "a.csv", "bytes": 1},
    }
    return system.send("POST", path, "greta", json=bodies[what], headers={"Idempotency-Key": str(uuid4())})


def test_the_accounts_are_those_that_the_user_has_a_grant_on(system: System) -> None:
    (mine,) = system.accounts("podge").values()
    assert mine.keys() == {"account", "name", "currency", "status", "actions"}
    assert (mine["account"], mine["status"], mine["currency"]) == ("Account17", "ready", "GBP")
    assert mine["actions"] == ["read", "upload", "trade", "changeSettings"]
    assert system.accounts("nora") == {}


def test_a_grant_on_every_account_shows_each_that_was_made_with_what_may_be_done_there(system: System) -> None:
    found = system.accounts("luciano")
    assert (found["Account17"]["actions"], found["Account18"]["actions"]) == (["delete"], ["read", "delete"])
    assert set(system.accounts("rita")) == set(found)


def test_who_may_only_change_the_access_list_has_no_account(system: System, granted: Callable[..., None]) -> None:
    assert system.accounts("ada") == {}
    granted("Account17", "admin")
    assert system.accounts("greta") == {}


def test_an_account_s_name_and_currency_are_those_of_its_settings(
    system: System, account: str, granted: Callable[..., None]
) -> None:
    granted(account, "read", "changeSettings")
    path = f"/api/accounts/{account}/settings"
    tag = system.get(path, "greta").headers["etag"]
    body = {"display_name": "Gretas Bäckerei", "currency": "EUR"}
    assert system.send("PUT", path, "greta", json=body, headers={"If-Match": tag}).status_code == 200
    found = system.accounts("greta")[account]
    assert (found["name"], found["currency"]) == ("Gretas Bäckerei", "EUR")


def test_a_granted_account_is_listed_as_empty_until_somebody_makes_it(
    system: System, account: str, granted: Callable[..., None]
) -> None:
    granted(account, "upload", "read")
    expected = {"account": account, "name": "", "currency": "GBP", "status": "empty", "actions": ["read", "upload"]}
    assert system.get("/api/accounts", "greta").json() == {"accounts": [expected], "next": None}
    assert account not in system.accounts("rita")
    ask_upload(system, account)
    assert system.accounts("greta") == {account: {**expected, "status": "ready"}}
    assert account in system.accounts("rita")


@pytest.mark.parametrize("what", READ)
def test_a_granted_account_that_nobody_made_answers_as_an_empty_one(
    system: System, account: str, granted: Callable[..., None], what: str
) -> None:
    other = f"{account}-made"
    for name in (account, other):
        granted(name, "read", "settle")
    ask_upload(system, other, "rita")
    reply, empty = (system.send("GET", f"/api/accounts/{name}/{what}", "greta") for name in (account, other))
    assert (reply.status_code, reply.content) == (200, empty.content)
    assert reply.headers.get("etag") == empty.headers.get("etag")
    assert system.accounts("greta")[account]["status"] == "empty"


@pytest.mark.parametrize("what", ["points", "trades", "settings", "exports/x"])
def test_who_has_a_grant_on_every_account_is_told_404_of_one_that_nobody_made(
    system: System, account: str, granted: Callable[..., None], what: str
) -> None:
    """A name that is mistyped is no empty account."""
    granted(account, "read")
    assert_problem(system.get(f"/api/accounts/{account}/{what}", "rita"), 404)


def test_a_new_customer_looks_at_a_file_says_what_it_can_t_and_sends_it(
    system: System, account: str, granted: Callable[..., None]
) -> None:
    granted(account, "read", "upload", "changeSettings")
    path = f"/api/accounts/{account}"
    content = OCTOPUS.encode()
    look = {"name": "meter.csv", "start": base64.b64encode(content).decode(), "whole": True}
    lacking = system.send("POST", f"{path}/preview", "greta", json=look).json()["lacking"]
    assert [one["field"] for one in lacking] == ["point"]
    tag = system.get(f"{path}/sources", "greta").headers["etag"]
    said = {"sources": [{"files": "meter*", "point": POINT}]}
    assert system.send("PUT", f"{path}/sources", "greta", json=said, headers={"If-Match": tag}).status_code == 200
    assert system.send("POST", f"{path}/preview", "greta", json=look).json()["refused"] is None
    body = {"name": "meter.csv", "bytes": len(content)}
    signed = system.send("POST", f"{path}/uploads", "greta", json=body).json()
    assert put(signed, content).is_success
    assert system.report(account, signed["key"])["landed"] == 2
    (point,) = system.get(f"{path}/points", "greta").json()["points"]
    assert (point["point"], point["rows"]) == (POINT, 2)


@pytest.mark.parametrize("what", ["settings", "sources", "trades", "exports", "settlements", "uploads"])
def test_the_first_request_that_writes_something_makes_the_account(
    system: System, account: str, granted: Callable[..., None], what: str
) -> None:
    granted(account, *ACTIONS)
    assert write(system, account, what).status_code in (200, 201, 202)
    assert system.accounts("greta")[account]["status"] == "ready"


@pytest.mark.parametrize(
    ("method", "what", "body", "status"),
    [
        ("PUT", "settings", {}, 428),
        ("PUT", "sources", {"sources": []}, 428),
        ("POST", "trades", {"product": "no-such", "kwh": "1"}, 422),
        ("POST", "exports", {"from": "yesterday"}, 422),
        ("POST", "settlements", {"month": "2025-13"}, 422),
        ("POST", "uploads", {"name": "a/b.csv", "bytes": 1}, 422),
    ],
    ids=["settings", "sources", "trades", "exports", "settlements", "uploads"],
)
def test_a_request_that_is_refused_makes_no_account(
    system: System, account: str, granted: Callable[..., None], method: str, what: str, body: Any, status: int
) -> None:
    granted(account, *ACTIONS)
    path, key = f"/api/accounts/{account}/{what}", {"Idempotency-Key": str(uuid4())}
    assert_problem(system.send(method, path, "greta", json=body, headers=key), status)
    assert system.accounts("greta")[account]["status"] == "empty"


def test_an_account_that_is_being_deleted_is_listed_so_and_refused(
    system: System, account: str, granted: Callable[..., None]
) -> None:
    granted(account, "read", "upload")
    ask_upload(system, account)
    documents = Documents(system.harness.store)
    assert accounts.condemn(documents, account, accounts.identity(documents, account) or "")
    assert system.accounts("greta")[account]["status"] == "deleting"
    for what in ("points", "settings", "trades"):
        assert_problem(system.get(f"/api/accounts/{account}/{what}", "greta"), 404)
    body = {"name": "late.csv", "bytes": 1}
    assert_problem(system.send("POST", f"/api/accounts/{account}/uploads", "greta", json=body), 503)
    accounts.remove(documents, account)


@pytest.mark.parametrize("made", [True, False], ids=["that was made", "that nobody made"])
def test_an_account_that_was_deleted_is_listed_no_more_and_its_grants_are_gone(
    system: System, account: str, granted: Callable[..., None], made: bool
) -> None:
    granted(account, "read", "upload", "delete")
    if made:
        ask_upload(system, account)
    reply = system.send("DELETE", f"/api/accounts/{account}", "greta")
    assert (reply.status_code, reply.json()) == (202, {"account": account, "status": "deleting"})
    eventually("the end of the deletion", lambda: account not in system.accounts("greta"))
    assert_problem(system.get(f"/api/accounts/{account}/points", "greta"), 403)


def test_accounts_are_listed_by_name_page_by_page(system: System, account: str, granted: Callable[..., None]) -> None:
    """Those of a user, and all of them; a name that goes on with a hyphen comes behind the one that ends there."""
    own = [account, f"{account}-", f"{account}-1", f"{account}-1-a", f"{account}_b", f"{account}x"]
    for name in own[1:-1]:
        ask_upload(system, name, "rita")
    ask_upload(system, account, "rita")
    for name in own:
        granted(name, "read")
    for limit in (1, 2, 100):
        assert list(system.accounts("greta", limit=limit)) == own
    every = list(system.accounts("rita"))
    assert every == sorted(every)
    assert set(own[:-1]) <= set(every)
    assert list(system.accounts("rita", limit=7)) == every


def test_a_page_of_accounts_has_a_hundred_at_most_and_a_cursor_is_its_user_s(
    system: System, account: str, granted: Callable[..., None]
) -> None:
    granted(account, "read")
    granted("Account17", "read")
    assert_problem(system.get("/api/accounts", "greta", limit=101), 422)
    assert_problem(system.get("/api/accounts", "greta", limit=0), 422)
    cursor = system.get("/api/accounts", "greta", limit=1).json()["next"]
    assert_problem(system.get("/api/accounts", "rita", cursor=cursor), 422)
    assert_problem(system.get("/api/accounts/Account17/trades", "greta", cursor=cursor), 422)
    assert_problem(system.get("/api/accounts", "greta", cursor="x"), 422)


def test_the_command_shows_makes_and_deletes_accounts(system: System, account: str) -> None:
    assert system.operate("accounts", "add", account) == f"{account} is there\n"
    assert system.operate("accounts", "add", account) == f"{account} was there already\n"
    assert f"{account:24} ready\n" in system.operate("accounts", "list")
    assert system.ingest(account, "first.csv", CONTENT)["accepted"] == 1
    assert f"{account} is deleted, with " in system.operate("accounts", "remove", account)
    assert account not in system.operate("accounts", "list").split()
    assert system.get(f"/api/accounts/{account}/points", "rita").status_code == 404
    assert f"there is no account {account!r}" in system.operate("accounts", "remove", account, fails=True)
