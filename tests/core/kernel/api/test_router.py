"""What routes may say, and which one answers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from core.kernel.api.app import App
from core.kernel.api.context import ANYONE, TOKEN, Answer, Call, Needs, Route
from core.kernel.api.router import Router
from core.kernel.auth import access
from core.kernel.auth.authorizer import Principal
from core.kernel.functions import Function, FunctionSet
from core.kernel.http import Request, Response
from core.kernel.services import Services
from core.kernel.triggers import Http, Misdeclared
from tests.describing import is_described


def handle(_: Call) -> Response:
    return Response(204)


def route(path: str, needs: Needs | None = ANYONE, method: str = "GET") -> Route:
    given: dict[str, Any] = {} if needs is None else {"needs": needs}
    return Route(method, path, handle, "Test", {204: Answer("Done")}, **given)


def of(*routes: Route) -> FunctionSet:
    return FunctionSet("Test", (Function("web", Http()),), routes, actions=("read",))


READ = Needs(token=True, action="read", resource="account")


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: route("/api/x", None), "GET /api/x does not say what its caller needs"),
        (lambda: route("/x"), "GET /x is not served"),
        (lambda: route("/api/x", READ), "GET /api/x needs a grant on account, which its path does not name"),
        (lambda: route("/api/x", method="get"), "get /api/x has no method of GET, POST, PUT, DELETE"),
        (lambda: route("/api/x", method="PATCH"), "PATCH /api/x has no method of"),
        (lambda: route("/api/{name}.csv"), "has a segment that is no parameter"),
        (lambda: route("/api/{a}/{a}"), "has a segment that is no parameter"),
        (lambda: Needs(token=False, action="read"), "the grant read needs a token"),
        (lambda: Needs(token=True, resource="account"), "nothing is needed on account"),
    ],
)
def test_a_route_that_makes_no_sense_is_refused_by_its_name(declare: Any, said: str) -> None:
    with pytest.raises(Misdeclared) as caught:
        declare()
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "routes",
    [
        ("/api/a", "/api/a"),
        ("/api/{a}", "/api/{b}"),
        ("/api/s/{account}/x", "/api/s/pub/{file}"),
        ("/api/login",),
        ("/api/users/me/{what}",),
    ],
)
def test_two_routes_never_answer_one_request(routes: tuple[str, ...]) -> None:
    method = "POST" if routes == ("/api/login",) else "GET"
    with pytest.raises(Misdeclared, match="answer the same requests"):
        Router(of(*(route(path, method=method) for path in routes)))


def test_a_fixed_segment_beats_a_parameter_and_methods_are_apart() -> None:
    routes = (route("/api/s/{account}", READ), route("/api/s/own"), route("/api/s/{account}", method="PUT"))
    ((found, _), *others) = Router(of(*routes)).match("/api/s/own")
    assert (found, others) == (routes[1], [])
    assert {one.method for one, _ in Router(of(*routes)).match("/api/s/A")} == {"GET", "PUT"}


def test_an_action_that_nobody_can_be_granted_is_refused() -> None:
    with pytest.raises(Misdeclared, match="needs fly, which is no action of the function set"):
        Router(of(route("/api/s", Needs(token=True, action="fly"))))


@pytest.mark.parametrize(
    ("needs", "anonymous", "nobody", "granted"),
    [(ANYONE, 204, 204, 204), (TOKEN, 401, 204, 204), (READ, 401, 403, 204)],
)
def test_what_a_route_needs_is_asked_for(
    services: Services, needs: Needs, anonymous: int, nobody: int, granted: int
) -> None:
    access.grant(services.documents, "podge", "read", "A")
    app = App(replace(services, functions=of(route("/api/s/{account}", needs))))

    def status(user: str | None) -> int:
        return app.handle(Request("GET", "/api/s/A", caller=Principal(user) if user else None)).status

    assert (status(None), status("nora"), status("podge")) == (anonymous, nobody, granted)


def test_what_routes_take_is_described_before_threads_share_it() -> None:
    """A process died in which two threads were the first to use a type."""
    form = msgspec.defstruct("Form", [("names", dict[str, list[int]] | None, None)])
    other = msgspec.defstruct("Other", [("names", dict[str, list[int]] | None, None)])
    assert not is_described(msgspec.defstruct("Unknown", [("names", dict[str, list[int]] | None, None)]))
    Router(of(Route("POST", "/api/s", handle, "Test", {204: Answer("Done")}, ANYONE, query=form, body=other)))
    assert is_described(form)
    assert is_described(other)
