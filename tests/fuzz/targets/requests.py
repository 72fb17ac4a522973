"""Requests: a target for each route with a body and each with a query, made of the routes; paths and headers.

They run in this process on a store in memory, by somebody who may do everything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache, partial
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes

import msgspec

from adapters.local.signer import LocalSigner
from core.energy.accounts import accounts
from core.energy.actions import ACTIONS
from core.kernel import logs
from core.kernel.api.app import App
from core.kernel.api.context import Route
from core.kernel.api.router import Router
from core.kernel.auth import access
from core.kernel.auth.authorizer import Principal
from core.kernel.auth.keys import Keyring
from core.kernel.clock import system_clock
from core.kernel.config import Config
from core.kernel.documents import Documents
from core.kernel.functions import KERNELS_OWN, FunctionSet, load, resolve
from core.kernel.http import MAX_RESPONSE_BODY, Request, Response
from core.kernel.services import Services
from core.kernel.store import listing, open_store
from tests.fuzz.target import Target
from tests.fuzz.targets import tokens

ACCOUNT, ADMIN = "Account17", "ada"
FILLED = {"account": ACCOUNT, "product": "green-fixed", "user": "podge", "action": "read", "resource": ACCOUNT}
"""What stands for a path's parameters."""
BODIES: dict[str, Any] = {
    "Credentials": {"user": "podge", "password": "wrong"},
    "ProductGiven": {
        "name": "Night",
        "description": "Cheap nights",
        "currency": "GBP",
        "unit_rate": "0.31",
        "standing_charge": "0.6",
        "export_rate": "0.15",
        "bands": [{"name": "night", "begin": "23:30", "end": "05:30", "rate": "0.07", "days": ["mon"]}],
    },
    "UploadRequest": {"name": "january.csv", "bytes": 123, "source": {"zone": "Europe/London", "version": 2}},
    "PreviewRequest": {
        "name": "january.csv",
        "start": "cG9pbnQsc3RhcnQsdmVyc2lvbixrd2gKMTAxMjM0NTY3ODkwMywyMDI2LTAxLTAxVDAwOjAwWiwxLDAuNQo=",
        "whole": True,
        "source": {"stamp": "end", "unit": "Wh"},
    },
    "TradeRequest": {"product": "green-fixed", "side": "buy", "kwh": "10.5"},
    "Settings": {},
    "Sources": {"sources": [{"files": "*.csv", "point": "Home", "kind": "free", "zone": "Europe/London"}]},
    "ExportRequest": {"format": "csv", "from": "2026-01-01", "to": "2026-02-01"},
    "SettlementRequest": {"month": "2026-01"},
}
"""Of each type of body one to begin with, by its name."""
QUERIES = (
    b"",
    b"name=Tim",
    b"limit=10&cursor=W10",
    b"point=1012345678903&channel=import&from=2026-01-01&to=2026-02-01&version=latest&resolution=day&format=csv",
    b"point=Home&point=Barn&from=2026-01-31T00:30:00%2B01:00&resolution=month&format=arrow&version=3",
)


class Kept:
    """Queues and workflows that take everything, and do nothing."""

    def send(self, queue: str, message: bytes, parent: str = "") -> None:
        pass

    def start(self, workflow: str, run: str, document: Any) -> None:
        pass


@cache
def functions() -> FunctionSet:
    return load("core.energy")


@cache
def routes() -> tuple[Route, ...]:
    return Router(functions()).every


@cache
def places() -> tuple[str, ...]:
    """Where documents may be written: the kernel's own, each account's, and what belongs to no account."""
    return (*KERNELS_OWN, *(place.partition("{account}")[0] for place in functions().owned), "accounts/", "products/")


class System:
    """The API on a store of its own, in memory, with an account and somebody who may do everything."""

    def __init__(self) -> None:
        store = open_store("memory:///")
        documents, pem = Documents(store), tokens.forge().pem
        config = Config(store.url, tokens.ISSUER, tokens.AUDIENCE, pem, ("https://app.example.com",))
        own = resolve(functions().settings)({}) if functions().settings else None
        signer = LocalSigner("http://localhost:8000", lambda: [b"secret"], system_clock)
        keyring = Keyring(lambda: pem, system_clock)
        given = (functions(), config, own, system_clock, store, documents, keyring, signer, Kept(), Kept())
        for action in (*ACTIONS, "admin"):
            access.grant(documents, ADMIN, action, access.EVERY)
        accounts.ensure(documents, ACCOUNT)
        self.store = store
        self.services = Services("test", *given)
        self.app = App(self.services)

    def ask(self, request: Request) -> Response:
        """The answer, which must be one that a client can read: never 5xx, and a problem where it is refused."""
        found = self.app.handle(request)
        assert 200 <= found.status < 500, (
            f"{request.method} {request.path} answered {found.status}: {found.body[:300]!r}"
        )
        headers = dict(found.headers)
        assert all(value.isascii() and value.isprintable() for value in headers.values()), headers
        assert len(found.body) <= MAX_RESPONSE_BODY
        if found.status >= 400 and request.method != "HEAD":
            assert headers["Content-Type"] == "application/problem+json"
            problem = json.loads(found.body)
            assert problem["status"] == found.status
            assert problem["title"]
            assert problem["detail"]
        elif headers.get("Content-Type") == "application/json" and found.body:
            json.loads(found.body)
        for meta in listing(self.store, ""):
            assert meta["path"].startswith(places()), f"{meta['path']} is written where nothing is"
        return found


def _quiet() -> None:
    """What is refused is logged, a line each: of millions nobody reads one."""
    logs.configure(
        Config("memory:///", tokens.ISSUER, tokens.AUDIENCE, "", log_level="DEBUG"),
        sink=lambda _, line: json.loads(line),
    )


def _request(method: str, path: str, **rest: Any) -> Request:
    return Request(method, path, caller=Principal(ADMIN, int(system_clock().timestamp())), **rest)


def _path(route: Route) -> str:
    return re.sub(r"\{([a-z_]+)\}", lambda found: FILLED.get(found[1], "20260101T000000-0123456789abcdef"), route.path)


def body(route: Route, data: bytes) -> None:
    """Any bytes as the body of a route: an answer or a refusal."""
    _quiet()
    headers = (("if-match", "*"), ("idempotency-key", "1"), ("content-type", "application/json"))
    system = System()
    for _ in range(2):  # the second time something may be there already
        system.ask(_request(route.method, _path(route), headers=headers, body=data))


def query(route: Route, data: bytes) -> None:
    """Any text as the query of a route."""
    _quiet()
    text = quote(data, safe="!$&'()*+,;=:@/?%-._~")
    System().ask(_request("GET", _path(route), query=text))


def path(data: bytes) -> None:
    """Any text as a path: what a handler is given as a parameter is exactly the decoded segment; nothing else is there."""
    _quiet()
    text = "/" + quote(data, safe="!$&'()*+,;=:@/%-._~")
    router = _router()
    found = router.find(text)
    try:
        decoded = [unquote_to_bytes(segment).decode() for segment in text.split("/")[1:]]
    except UnicodeDecodeError:
        decoded = None
    if found is not None:
        assert decoded is not None, "what is no UTF-8 is no path of a route"
        here, segments = found
        for operation in here.operations.values():
            for segment, of in zip(operation.route.segments, decoded, strict=True):
                assert segment == of or (segment.startswith("{") and of)
            for name, value in operation.params(segments).items():
                assert value == decoded[operation.route.segments.index(f"{{{name}}}")]
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        reply = System().ask(_request(method, text))
        if reply.status >= 400 and method != "HEAD":
            told = json.loads(reply.body)["instance"]
            assert unquote(told, errors="replace") == unquote(text, errors="replace")


@cache
def _router() -> Router:
    return Router(functions())


def headers(data: bytes) -> None:
    """Any lines as headers, on routes that read some."""
    _quiet()
    lines = [line.partition(":") for line in data.decode("latin-1").split("\n")]
    sent = tuple((name.strip().lower(), value.strip()) for name, _, value in lines)
    system = System()
    account = f"/api/accounts/{ACCOUNT}"
    for method, where, given in (
        ("PUT", f"{account}/settings", BODIES["Settings"]),
        ("POST", f"{account}/trades", BODIES["TradeRequest"]),
        ("GET", f"{account}/readings", None),
        ("OPTIONS", "/api/hello", None),
        ("GET", "/api/docs", None),
    ):
        reply = system.ask(
            _request(method, where, headers=sent, body=b"" if given is None else json.dumps(given).encode())
        )
        echoed = dict(reply.headers)["X-Request-Id"]
        assert re.fullmatch(r"[A-Za-z0-9._:=@/+-]{1,128}", echoed)
        allowed = dict(reply.headers).get("Access-Control-Allow-Origin")
        assert allowed in (None, "https://app.example.com")
    nobody = system.app.handle(Request("GET", "/api/me", headers=sent))
    assert nobody.status == 401, "headers alone let somebody in"


def _bodies(route: Route) -> Sequence[bytes]:
    assert route.body is not None
    return [msgspec.json.encode(BODIES[route.body.__name__])]


def _named(route: Route) -> str:
    """`put-accounts-settings` of `PUT /api/accounts/{account}/settings`."""
    parts = [segment for segment in route.segments[1:] if not segment.startswith("{")]
    return "-".join([route.method.lower(), *parts])


ANSWERED = "an answer, or a problem: never 5xx, and nothing is written outside of its folders"
HEADERS = (
    b"If-Match: *\nIdempotency-Key: 1\nX-Request-Id: a\nOrigin: https://app.example.com",
    b'If-Match: "00000000000000000000000000000000", W/"1"\nRange: bytes=0-10\nAccept-Encoding: gzip;q=0\nContent-Encoding: br',
    b"Authorization: Bearer a.b.c\nX-Request-Id: \xe9\nAccess-Control-Request-Method: PUT\nOrigin: null",
)
PATHS = (
    *(_path(route).lstrip("/").encode() for route in routes()),
    *(b"api/accounts/Account17%2Freadings", b"api/accounts/%C3%A9/points", b"api/accounts/%ff/points"),
    *(b"api//hello", b".well-known/..", b"api/accounts/%2e%2e/readings", b"api/accounts/Account17/exports/a%00b"),
)
TARGETS = (
    *(
        Target(_named(route), ANSWERED, partial(_bodies, route), partial(body, route))
        for route in routes()
        if route.body is not None
    ),
    *(
        Target(f"{_named(route)}-query", ANSWERED, lambda: QUERIES, partial(query, route))
        for route in routes()
        if route.query is not None
    ),
    Target("paths", "a parameter is exactly the decoded segment", lambda: PATHS, path),
    Target("headers", "an answer, or a problem; nobody is let in", lambda: HEADERS, headers),
)
