"""Who may do one thing may do no other; whose rights end, or who is gone, may do nothing from then on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from core.energy.actions import ACTIONS
from core.kernel.api.context import Route
from core.kernel.auth import access, users
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.errors import TrefoilError
from core.kernel.functions import ADMIN
from tests.abuse.access.questions import OF_AN_ACCOUNT, ROUTES
from tests.abuse.access.raw import send
from tests.abuse.access.world import OTHER, OWN, World
from tests.contract.system import PASSWORD, System

pytestmark = pytest.mark.usefixtures("untouched")
_numbers = count(1)
GUARDED = [route for route in ROUTES if route.needs.action]


@contextmanager
def person(system: System, name: str, *grants: tuple[str, str]) -> Iterator[str]:
    """A user of that name with these grants, who is removed at the end."""
    documents = Documents(system.harness.store)
    users.save(documents, system_clock, name, PASSWORD)
    for action, resource in grants:
        access.grant(documents, name, action, resource)
    yield name
    users.remove(documents, name)


def status(world: World, route: Route, user: str, account: str) -> int:
    """What it comes to when a user asks this route, with a body that is none: the verdict, or what comes after it."""
    question = world.question(route, user)
    named = {"user": "victor", "action": "read", "resource": OTHER, "product": "no-such-product", "site": "nowhere"}
    path = question.path(account, **named)
    return send(world.system.harness.base_url, question.ask(path, body="no body of this")).status


def hobby() -> str:
    """An account that nobody made, and that no other case names: where one may delete it, a job takes its grants."""
    return f"Hobby-{next(_numbers)}"


@pytest.mark.parametrize("action", [*ACTIONS, ADMIN])
def test_who_may_do_one_thing_may_do_that_alone(world: World, action: str) -> None:
    account = hobby()
    with person(world.system, f"only-{action}", (action, account)) as user:
        found = {str(route): status(world, route, user, account) for route in GUARDED}
    allowed = {str(route) for route in OF_AN_ACCOUNT if route.needs.action == action}
    assert {name for name, said in found.items() if said != 403} == allowed


def test_who_may_do_all_with_every_account_may_not_say_who_may(world: World) -> None:
    with person(world.system, "everything", *((action, "*") for action in ACTIONS)) as user:
        for route in GUARDED:
            if not route.needs.resource:
                assert status(world, route, user, OTHER) == 403, route


def test_who_may_say_who_may_reads_no_account(world: World) -> None:
    with person(world.system, "administrator", (ADMIN, "*"), (ADMIN, OTHER)) as user:
        for route in OF_AN_ACCOUNT:
            assert status(world, route, user, OTHER) == 403, route


@pytest.mark.parametrize(
    "name", ["admin", "root", "victorious", "Victor", "victor@", "v.ictor", OWN, "0", "null", "self"]
)
def test_a_name_that_sounds_like_another_s_brings_nothing(world: World, name: str) -> None:
    with person(world.system, name) as user:
        assert world.system.get("/api/me", user).json() == {"user": name, "grants": []}
        assert world.system.get("/api/accounts", user).json()["accounts"] == []
        for route in GUARDED:
            assert status(world, route, user, OTHER) == 403, route


@pytest.mark.parametrize(
    "name", ["*", "", ".", "../victor", "victor/", "victor\n", " victor", "vıctor", "v\u0456ctor", "ａda"]
)
def test_nobody_is_called_so(world: World, name: str) -> None:
    with pytest.raises(TrefoilError, match="user"):
        users.save(Documents(world.system.harness.store), system_clock, name, PASSWORD)
    reply = world.system.send("POST", "/api/login", json={"user": name, "password": PASSWORD})
    assert reply.status_code in (401, 422), reply.text


@pytest.mark.parametrize(
    "resource", ["", "**", "*.json", f"{OTHER}%20", f"{OTHER},{OWN}", f"..%2f{OTHER}", "Kestrel%2a", "%EF%BC%8A", "%00"]
)
def test_nothing_is_granted_on_what_is_no_account(world: World, resource: str) -> None:
    for method in ("PUT", "DELETE"):
        reply = world.system.send(method, f"/api/users/mallory/grants/read/{resource}", "ada")
        assert reply.status_code in (404, 422), reply.text
    assert {one["resource"] for one in world.system.get("/api/me", "mallory").json()["grants"]}.isdisjoint({"*", OTHER})


def test_a_right_that_is_taken_back_is_gone_with_the_next_request(world: World) -> None:
    """On every route, though the token is good for an hour."""
    documents, account = Documents(world.system.harness.store), hobby()
    routes = [route for route in OF_AN_ACCOUNT if route.method != "DELETE"]  # which takes rights back by itself
    with person(world.system, "former", *((action, account) for action in ACTIONS)) as user:
        for route in routes:
            assert status(world, route, user, account) != 403, route
        for action in ACTIONS:
            access.revoke(documents, user, action, account)
        for route in OF_AN_ACCOUNT:
            assert status(world, route, user, account) == 403, route


def test_the_token_of_a_user_who_is_gone_is_none(world: World) -> None:
    """Also when the name is given again, with all its rights."""
    grants = [(action, hobby()) for action in ACTIONS]
    with person(world.system, "gone", *grants) as user:
        world.system.token(user)
    for route in (one for one in ROUTES if one.needs.token):
        assert status(world, route, "gone", grants[0][1]) == 401, route
    with person(world.system, "gone", *grants):
        assert status(world, OF_AN_ACCOUNT[1], "gone", grants[0][1]) == 401
