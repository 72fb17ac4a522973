"""HTTP: routing, problems, limits, headers, CORS."""

from __future__ import annotations

import re

import httpx
import pytest

from core import VERSION
from tests.contract.system import ORIGIN, System


def assert_problem(reply: httpx.Response, status: int) -> dict[str, object]:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert {"type", "title", "status", "detail", "instance"} <= problem.keys()
    assert problem["status"] == status
    return dict(problem)


def test_health_names_the_provider(system: System) -> None:
    assert system.get("/api/health").json() == {
        "status": "ok",
        "provider": system.harness.provider,
        "version": VERSION,
    }


@pytest.mark.parametrize(
    ("query", "name"),
    [("", "world"), ("?name=Tim", "Tim"), ("?name=a+b%2Bc", "a b+c"), ("?name=J%C3%BCrgen", "Jürgen")],
)
def test_hello_greets_by_name(system: System, query: str, name: str) -> None:
    reply = system.send("GET", f"/api/hello{query}")
    assert reply.content == f'{{"message":"Hello {name}"}}'.encode()


@pytest.mark.parametrize("query", ["?name=", "?name=" + "x" * 101, "?nam=Tim", "?name=a&name=b"])
def test_a_query_that_fails_validation_is_422_naming_the_field(system: System, query: str) -> None:
    problem = assert_problem(system.send("GET", f"/api/hello{query}"), 422)
    assert problem["errors"][0]["field"] in ("name", "nam")  # type: ignore[index]


def test_a_query_that_is_not_utf8_is_400(system: System) -> None:
    assert_problem(system.send("GET", "/api/hello?name=%ff"), 400)


@pytest.mark.parametrize(
    "path",
    [
        "/api/nothing",
        "/api/",
        "/api/hello/",
        "/api//hello",
        "/api/hello%2F",
        "/api/%2e%2e/hello",
        "/api/HELLO",
        "/api/products/",
        "/api/products/no-such",
        "/api/products/..%2f..%2fusers%2fada",
        "/api/products/%00",
        "/api/products/%ff",
        "/.well-known/other",
    ],
)
def test_an_unknown_path_is_404(system: System, path: str) -> None:
    assert_problem(system.send("GET", path), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_a_known_path_with_another_method_is_405_with_allow(system: System, method: str) -> None:
    reply = system.send(method, "/api/hello")
    assert_problem(reply, 405)
    assert reply.headers["allow"] == "GET, HEAD, OPTIONS"


def test_head_answers_like_get_without_a_body(system: System) -> None:
    reply = system.send("HEAD", "/api/hello")
    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["content-type"] == "application/json"


def test_options_without_origin_lists_the_methods(system: System) -> None:
    reply = system.send("OPTIONS", "/api/accounts/Account17/trades")
    assert (reply.status_code, reply.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"not json", b'{"user":"a","password":"b"} tail', b"\xff\xfe"],
    ids=["empty", "open", "text", "tail", "not utf-8"],
)
def test_malformed_json_is_400(system: System, body: bytes) -> None:
    assert_problem(system.send("POST", "/api/login", content=body), 400)


@pytest.mark.parametrize(
    "body",
    [b"[" * 500_000, b'{"a":' * 200_000, b'{"user":' * 100_000, b'"' + b"a" * 1_000_000],
    ids=["lists", "objects", "objects of ours", "a string"],
)
def test_a_huge_or_deeply_nested_body_is_refused(system: System, body: bytes) -> None:
    assert system.send("POST", "/api/login", content=body).status_code in (400, 422)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"user": "podge"}, "password"),
        ({"user": 1, "password": "x"}, "user"),
        ({"user": "podge", "password": None}, "password"),
        ({"user": "podge", "password": "x", "admin": True}, "admin"),
        ({"user": "", "password": "x"}, "user"),
        ([], "body"),
        ("text", "body"),
        (17, "body"),
    ],
)
def test_a_body_that_fails_validation_is_422_naming_the_field(system: System, body: object, field: str) -> None:
    problem = assert_problem(system.send("POST", "/api/login", json=body), 422)
    assert problem["errors"][0]["field"] == field  # type: ignore[index]


def test_a_body_of_1_mib_is_read_and_one_byte_more_is_413(system: System) -> None:
    limit = 1024 * 1024
    assert_problem(system.send("POST", "/api/login", content=b" " * limit), 400)
    assert_problem(system.send("POST", "/api/login", content=b" " * (limit + 1)), 413)


def test_a_request_id_is_echoed(system: System) -> None:
    reply = system.send("GET", "/api/hello", headers={"X-Request-Id": "abc-123"})
    assert reply.headers["x-request-id"] == "abc-123"


@pytest.mark.parametrize("given", [None, "", "x" * 129, "with space", 'quote"'])
def test_a_request_id_is_made_when_none_usable_was_sent(system: System, given: str | None) -> None:
    reply = system.send("GET", "/api/hello", headers={} if given is None else {"X-Request-Id": given})
    assert len(reply.headers["x-request-id"]) == 36


def test_errors_carry_the_request_id_too(system: System) -> None:
    assert system.send("GET", "/api/nothing", headers={"X-Request-Id": "abc"}).headers["x-request-id"] == "abc"


def test_a_problem_names_the_path_as_its_instance(system: System) -> None:
    assert system.get("/api/nothing").json()["instance"] == "/api/nothing"


def test_preflight_from_an_allowed_origin_is_granted(system: System) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "if-match"}
    reply = system.send("OPTIONS", "/api/accounts/Account17/settings", headers=headers)
    assert reply.status_code == 204
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "PUT" in reply.headers["access-control-allow-methods"]
    assert "If-Match" in reply.headers["access-control-allow-headers"]


def test_a_request_from_an_allowed_origin_may_be_read(system: System) -> None:
    reply = system.send("GET", "/api/hello", headers={"Origin": ORIGIN})
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "X-Request-Id" in reply.headers["access-control-expose-headers"]


def test_an_error_may_be_read_from_an_allowed_origin(system: System) -> None:
    reply = system.send("GET", "/api/me", headers={"Origin": ORIGIN})
    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (401, ORIGIN)


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_another_origin_gets_no_permission(system: System, method: str) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    reply = system.send(method, "/api/hello", headers=headers)
    assert "access-control-allow-origin" not in reply.headers
    assert reply.headers["vary"] == "Origin"


def test_openapi_lists_every_route_and_its_problems(system: System) -> None:
    page = system.get("/api/openapi.json").json()
    assert page["openapi"] == "3.1.0"
    login = page["paths"]["/api/login"]["post"]
    assert {"200", "400", "401", "413", "422", "429", "503"} <= login["responses"].keys()
    assert page["paths"]["/api/accounts/{account}/settings"]["put"]["security"] == [{"bearer": []}]


def test_the_api_s_page_takes_all_that_it_needs_from_the_api_itself(system: System) -> None:
    page = system.get("/api/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert all(one.startswith(("/api/", "data:")) for one in named), named
    files = [one for one in named if one.startswith("/api/docs/")]
    assert len(files) == 4
    for path in files:
        reply = system.get(path)
        assert reply.status_code == 200, path
        assert reply.headers["content-type"].partition(";")[0] in ("text/javascript", "text/css")
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_the_licences_of_what_the_api_s_page_is_made_of_lie_where_it_says(system: System) -> None:
    path = re.findall(r'src="([^"]+bundle.js)"', system.get("/api/docs").text)[0]
    named = re.match(r"/\*! For license information please see (\S+) \*/\n", system.get(path).text)
    assert named
    licences = system.get(f"{path.rpartition('/')[0]}/{named[1]}")
    assert (licences.status_code, licences.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert licences.text.count("MIT") > 3


def test_the_policy_of_the_api_s_page_admits_no_script_from_elsewhere_or_in_the_page(system: System) -> None:
    page = system.get("/api/docs")
    policy = dict(part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\s(?:on\w+|style)=", page.text) == []


def test_the_files_of_the_api_s_page_are_packed_for_those_who_take_it(system: System) -> None:
    path = re.findall(r'src="([^"]+bundle.js)"', system.get("/api/docs").text)[0]
    packed = system.send("GET", path, headers={"Accept-Encoding": "gzip"})
    plain = system.send("GET", path, headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "Accept-Encoding" in plain.headers["vary"]


@pytest.mark.parametrize("name", ["nothing.js", "component.json", "..%2fdocs.py", "%2e%2e"])
def test_the_api_s_page_has_no_other_files(system: System, name: str) -> None:
    path = re.findall(r'src="([^"]+)/start.js"', system.get("/api/docs").text)[0]
    assert_problem(system.get(f"{path}/{name}"), 404)


@pytest.mark.parametrize("codings", [("identity", "gzip"), ("gzip", "gzip"), ("identity", "br, identity")])
def test_of_repeated_content_encodings_each_counts(system: System, codings: tuple[str, ...]) -> None:
    headers = [("Content-Encoding", coding) for coding in codings]
    problem = assert_problem(system.http.post("/api/login", content=b"{}", headers=headers), 415)
    assert problem["detail"] == "a Content-Encoding is not read here; send the body as it is"


def test_of_repeated_content_encodings_that_change_nothing_none_counts(system: System) -> None:
    headers = [("Content-Encoding", "identity"), ("Content-Encoding", "identity")]
    assert_problem(system.http.post("/api/login", content=b'{"user":"nobody","password":"x"}', headers=headers), 401)


def test_a_repeated_origin_is_no_origin(system: System) -> None:
    for second in (ORIGIN, "https://evil.example"):
        reply = system.http.get("/api/hello", headers=[("Origin", ORIGIN), ("Origin", second)])
        assert reply.status_code == 200
        assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ("/api/%6Eothing", "/api/nothing"),
        ("/api/a|b", "/api/a%7Cb"),
        ("/api/a%7cb", "/api/a%7Cb"),
        ("/api/100%", "/api/100%25"),
        ("/api/a:b@c,d;e=f&g", "/api/a:b@c,d;e=f&g"),
        ("/api/%E6%BC%A2", "/api/%E6%BC%A2"),
    ],
)
def test_a_problem_names_the_path_in_one_spelling(system: System, sent: str, named: str) -> None:
    url = httpx.URL(system.harness.base_url).copy_with(raw_path=sent.encode())
    assert assert_problem(system.http.get(url), 404)["instance"] == named
