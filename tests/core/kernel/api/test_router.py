"""What routes may say, and which one answers."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
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


def answering(router: Router, path: str) -> set[tuple[Route, tuple[tuple[str, str], ...]]]:
    """The routes at a path, each with its parameters."""
    if (found := router.find(path)) is None:
        return set()
    here, segments = found
    every = {(one.route, tuple(one.params(segments).items())) for one in here.operations.values()}
    methods = {one.method for one, _ in every}
    assert here.allowed == ", ".join(sorted({*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])}))
    return every


def test_a_fixed_segment_beats_a_parameter_and_methods_are_apart() -> None:
    routes = (route("/api/s/{account}", READ), route("/api/s/own"), route("/api/s/{account}", method="PUT"))
    router = Router(of(*routes))
    assert answering(router, "/api/s/own") == {(routes[1], ())}
    assert answering(router, "/api/s/A") == {(routes[0], (("account", "A"),)), (routes[2], (("account", "A"),))}


def test_routes_of_one_path_may_name_its_parts_differently() -> None:
    routes = (
        route("/api/s/{account}/x"),
        route("/api/s/pub/{file}", method="PUT"),
        route("/api/{a}/pub/x", method="POST"),
    )
    assert answering(Router(of(*routes)), "/api/s/pub/x") == {
        (routes[0], (("account", "pub"),)),
        (routes[1], (("file", "x"),)),
        (routes[2], (("a", "s"),)),
    }


SEGMENTS = ("a", "b", "a%2Fb", "%61", "", "{", "%7Ba%7D", "%FF", "c")
PATTERNS = st.lists(st.sampled_from(["a", "b", "a/b", "{x}", "{y}"]), min_size=1, max_size=3, unique=True)


@given(st.lists(st.tuples(PATTERNS, st.sampled_from(["GET", "PUT"])), max_size=6), st.data())
def test_what_answers_is_what_trying_every_route_finds(
    declared: list[tuple[list[str], str]], data: st.DataObject
) -> None:
    routes = [route("/".join(["/api", *segments]), method=method) for segments, method in declared]
    try:
        router = Router(of(*routes))
    except Misdeclared:
        return
    path = "/".join(["/api", *data.draw(st.lists(st.sampled_from(SEGMENTS), max_size=4))])
    assert answering(router, path) == tried(router.every, path)


def tried(routes: tuple[Route, ...], path: str) -> set[tuple[Route, tuple[tuple[str, str], ...]]]:
    """The definition: of the routes that match, segment by segment, those with the fewest parameters."""
    try:
        segments = [unquote(segment, errors="strict") for segment in path.split("/")[1:]]
    except UnicodeDecodeError:
        return set()
    found = []
    for one in routes:
        pairs = list(zip(one.segments, segments, strict=False))
        params = tuple((wanted[1:-1], given) for wanted, given in pairs if wanted[0] == "{")
        fits = all(given if wanted[0] == "{" else wanted == given for wanted, given in pairs)
        if fits and len(one.segments) == len(segments):
            found.append((one, params))
    fewest = min((len(params) for _, params in found), default=0)
    return {(one, params) for one, params in found if len(params) == fewest}


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


def test_a_query_name_is_given_once_unless_it_is_a_list(services: Services) -> None:
    several = Annotated[list[Annotated[str, msgspec.Meta(pattern="^[a-z]+$")]], msgspec.Meta(max_length=2)]
    form = msgspec.defstruct("Asked", [("names", several), ("place", str, "")], rename={"names": "name"})
    taken: list[Any] = []

    def take(call: Call) -> Response:
        taken.append(call.query)
        return Response(204)

    asked = Route("GET", "/api/s", take, "Test", {204: Answer("Done")}, ANYONE, query=form)
    app = App(replace(services, functions=of(asked)))

    def ask(text: str) -> tuple[int, str]:
        answer = app.handle(Request("GET", "/api/s", text))
        return answer.status, json.loads(answer.body)["errors"][0]["field"] if answer.body else ""

    assert [ask("name=a"), ask("name=b&place=x&name=a")] == [(204, ""), (204, "")]
    assert [(one.names, one.place) for one in taken] == [(["a"], ""), (["b", "a"], "x")]
    assert ask("name=a&place=x&place=x") == (422, "place")
    assert ask("name=a&name=B") == (422, "name")
    assert ask("name=a&name=b&name=c") == (422, "name")
    assert ask("place=x") == (422, "name")
