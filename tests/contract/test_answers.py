"""The same request gets the same status, contract headers and body bytes everywhere: those in `answers.json`.

The file was written by the local provider (`pytest tests/contract/test_answers.py --write-answers`) and reviewed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from core import VERSION
from core.kernel.api import docs
from tests import asking
from tests.contract.system import ORIGIN, System

ANSWERS = Path(__file__).with_name("answers.json")
CONTRACT_HEADERS = frozenset(
    {
        "accept-encoding",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-allow-origin",
        "access-control-expose-headers",
        "access-control-max-age",
        "allow",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-security-policy",
        "content-type",
        "link",
        "location",
        "referrer-policy",
        "retry-after",
        "set-cookie",
        "vary",
        "www-authenticate",
        "x-content-type-options",
        "x-frame-options",
        "x-request-id",
    }
)
LONG = 2000
"""A longer body is in the file as its digest."""


class Case(NamedTuple):
    method: str
    path: str
    user: str | None = None
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = ()
    body: bytes = b""


LOGIN, TRADES = "/api/login", "/api/accounts/Account17/trades"
PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT"}
JSON = {"Content-Type": "application/json"}

CASES = {
    "hello": Case("GET", "/api/hello"),
    "hello with a name": Case("GET", "/api/hello?name=Tim"),
    "hello to the world's scripts": Case("GET", "/api/hello?name=J%C3%BCrgen+%E6%BC%A2%E5%AD%97+%F0%9F%92%A1"),
    "a plus in a query is a space, an encoded one is a plus": Case("GET", "/api/hello?name=a+b%2Bc"),
    "encoded separators in a query": Case("GET", "/api/hello?name=a%26b%3Dc%23d%3F%2F"),
    "an encoded percent sign in a query": Case("GET", "/api/hello?name=100%2525"),
    "a semicolon in a query is no separator": Case("GET", "/api/hello?name=a;b"),
    "quotes and angle brackets in a query": Case("GET", "/api/hello?name=%3Cb%3E%22%27%5C"),
    "an encoded name of a query parameter": Case("GET", "/api/hello?%6Eame=Tim"),
    "an empty query": Case("GET", "/api/hello?"),
    "a query parameter twice": Case("GET", "/api/hello?name=a&name=b"),
    "a query parameter twice with one value": Case("GET", "/api/hello?name=a&name=a"),
    "an empty query parameter": Case("GET", "/api/hello?name="),
    "a query parameter without a value": Case("GET", "/api/hello?name"),
    "an unknown query parameter": Case("GET", "/api/hello?nam=Tim"),
    "a query that is not UTF-8": Case("GET", "/api/hello?name=%FF"),
    "a null in a query": Case("GET", "/api/hello?name=a%00b"),
    "a path with an encoded letter": Case("GET", "/api/%68ello"),
    "an unknown path": Case("GET", "/api/nothing"),
    "a trailing slash": Case("GET", "/api/hello/"),
    "a path in capitals": Case("GET", "/api/HELLO"),
    "an empty segment": Case("GET", "/api//hello"),
    "an encoded space in a path": Case("GET", "/api/products/a%20b"),
    "a plus in a path": Case("GET", "/api/products/a+b"),
    "another alphabet in a path": Case("GET", "/api/products/%E6%BC%A2%E5%AD%97"),
    "punctuation in a path": Case("GET", "/api/products/a-b_c~d.e!f$g&h'i(j)k*l,m;n=o:p@q"),
    "the method of another route": Case("POST", "/api/hello"),
    "an unusual method": Case("PROPFIND", "/api/hello"),
    "a method that no route has": Case("PATCH", "/api/accounts/Account17/settings"),
    "HEAD": Case("HEAD", "/api/hello"),
    "HEAD of nothing": Case("HEAD", "/api/nothing"),
    "OPTIONS": Case("OPTIONS", TRADES),
    "OPTIONS, a preflight": Case("OPTIONS", TRADES, headers=PREFLIGHT),
    "OPTIONS, a preflight from elsewhere": Case(
        "OPTIONS", TRADES, headers={**PREFLIGHT, "Origin": "https://x.example"}
    ),
    "a request from an allowed origin": Case("GET", "/api/hello", headers={"Origin": ORIGIN}),
    "an error for an allowed origin": Case("GET", "/api/me", headers={"Origin": ORIGIN}),
    "a body with GET": Case("GET", "/api/hello", body=b"ignored"),
    "cookies": Case("GET", "/api/hello", headers=[("Cookie", "a=b; c=d")]),
    "headers in any case": Case("GET", "/api/me", "luciano", {"ORIGIN": ORIGIN}),
    "no body": Case("POST", LOGIN, headers=JSON),
    "a body that is not JSON": Case("POST", LOGIN, headers=JSON, body=b"{user}"),
    "a body that is binary": Case("POST", LOGIN, headers=JSON, body=bytes(range(256))),
    "a body that is no object": Case("POST", LOGIN, headers=JSON, body=b"[]"),
    "a body with an unknown field": Case("POST", LOGIN, headers=JSON, body=b'{"user":"a","password":"b","c":1}'),
    "a body of another type": Case("POST", LOGIN, headers={"Content-Type": "text/plain"}, body=b'{"user":"a"}'),
    "a body in UTF-8": Case("POST", LOGIN, headers=JSON, body='{"user":"ü漢","password":"💡 wrong"}'.encode()),
    "a compressed body": Case("POST", LOGIN, headers={**JSON, "Content-Encoding": "gzip"}, body=b"\x1f\x8b\x08"),
    "a wrong password": Case("POST", LOGIN, headers=JSON, body=b'{"user":"nobody-knows","password":"wrong wrong"}'),
    "no token": Case("GET", "/api/me"),
    "a token that is none": Case("GET", "/api/me", headers={"Authorization": "Bearer x.y.z"}),
    "me": Case("GET", "/api/me", "luciano"),
    "without the grant": Case("GET", "/api/accounts/Account17/points", "luciano"),
    "without the grant, on an account that is none": Case("GET", "/api/accounts/None/points", "luciano"),
    "an account that is none": Case("GET", "/api/accounts/None/points", "rita"),
    "the accounts of somebody without a grant": Case("GET", "/api/accounts", "nora"),
    "more accounts than a page has": Case("GET", "/api/accounts?limit=101", "nora"),
    "products": Case("GET", "/api/products"),
    "one product": Case("GET", "/api/products/green-fixed"),
    "a product with a rate that is none": Case(
        "PUT",
        "/api/products/dear",
        "ada",
        JSON,
        b'{"name":"Dear","description":"","currency":"GBP","unit_rate":"1000000.5","standing_charge":"0"}',
    ),
    "a product that is none, removed": Case("DELETE", "/api/products/none", "ada"),
    "a trade without a key": Case("POST", TRADES, "podge", body=b'{"product":"green-fixed","kwh":"1"}'),
    "a trade with two keys": Case(
        "POST",
        TRADES,
        "podge",
        [("Idempotency-Key", "a"), ("Idempotency-Key", "b")],
        b'{"product":"green-fixed","kwh":"1"}',
    ),
    "settings over a stale tag": Case(
        "PUT", "/api/accounts/Account17/settings", "podge", {"If-Match": '"stale"'}, b'{"currency":"GBP"}'
    ),
    "settings without a tag": Case("PUT", "/api/accounts/Account17/settings", "podge", body=b"{}"),
    "costs of an account without readings": Case("GET", "/api/accounts/Account18/costs?point=*", "rita"),
    "the overview of an account without readings": Case(
        "GET", "/api/accounts/Account18/overview?today=2026-01-31", "rita"
    ),
    "openapi": Case("GET", "/api/openapi.json"),
    "the API's page": Case("GET", "/api/docs"),
    "the head of the API's page": Case("HEAD", "/api/docs"),
    "a file of the API's page": Case("GET", f"/api/docs/{docs.version()}/swagger-ui-bundle.js"),
    "a file of the API's page, as it is": Case(
        "GET", f"/api/docs/{docs.version()}/swagger-ui.css", headers={"Accept-Encoding": "identity"}
    ),
    "a file that the API's page has not": Case("GET", f"/api/docs/{docs.version()}/component.json"),
    "a file of another version of the API's page": Case("GET", "/api/docs/0/start.js"),
    "a well-known path that is unknown": Case("GET", "/.well-known/nothing"),
}


def seen(reply: httpx.Response) -> dict[str, Any]:
    # Of a header that came twice the values joined by a comma, as some gateways join them (RFC 9110, 5.3).
    headers = {name: reply.headers[name] for name in sorted(CONTRACT_HEADERS & reply.headers.keys())}
    body = reply.content.decode()
    if len(body) > LONG:
        body = f"sha256 {sha256(reply.content).hexdigest()}"
    return {"status": reply.status_code, "headers": headers, "body": body}


def ask(system: System, case: Case) -> dict[str, Any]:
    given = list(case.headers.items()) if isinstance(case.headers, Mapping) else list(case.headers)
    headers = [*system.harness.headers.items(), ("X-Request-Id", "the-same-everywhere"), *given]
    if case.user:
        headers.append(("Authorization", f"Bearer {system.token(case.user)}"))
    # A client of its own: the shared one would send a Cookie header and repeated headers as it thinks best.
    with asking.client(system.http.base_url) as client:
        return seen(client.request(case.method, case.path, headers=headers, content=case.body))


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_same_to_the_byte(
    system: System, pytestconfig: pytest.Config, differing: Callable[[str, Any], Any], name: str
) -> None:
    answer = ask(system, CASES[name])
    written = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
    if pytestconfig.getoption("--write-answers"):
        assert system.harness.provider == "local", "only the local provider writes the answers"
        ANSWERS.write_text(json.dumps({**written, name: answer}, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
        return
    expected = written[name]
    if "content-type" not in expected["headers"] and (type_ := differing("the type of an empty answer", None)):
        expected["headers"]["content-type"] = type_
    assert answer == expected


def test_a_problem_names_the_path_as_it_was_sent(system: System, differing: Callable[[str, Any], Any]) -> None:
    path = "/api/a%2Fb/%C3%BC+%20"
    assert system.get(path).json()["instance"] == differing("the path that a problem names", path)


def test_a_repeated_request_id_is_no_request_id(system: System) -> None:
    headers = [*system.harness.headers.items(), ("X-Request-Id", "a"), ("X-Request-Id", "b")]
    with asking.client(system.http.base_url) as client:
        assert len(client.get("/api/hello", headers=headers).headers["x-request-id"]) == 36


def test_the_version_is_that_of_the_code(system: System) -> None:
    assert system.get("/api/health").json()["version"] == VERSION
