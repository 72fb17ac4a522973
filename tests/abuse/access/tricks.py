"""Odd requests for another's account: by its spelling, the target, the method, what is said beside it, the token."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from core.kernel.identifiers import ACCOUNT
from tests.abuse.access.questions import Question
from tests.abuse.access.raw import Ask
from tests.abuse.access.spellings import spellings

T = TypeVar("T")
PATHS = (
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Original-URI",
    "X-Override-URL",
    "X-Forwarded-URI",
    "X-Forwarded-Path",
    "X-Forwarded-Prefix",
    "X-Accel-Redirect",
    "X-Envoy-Original-Path",
    "X-WAWS-Unencoded-URL",
    "Content-Location",
    "Destination",
    "Referer",
)
"""Headers by which one proxy tells another which path was asked for."""
CLAIMS = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Real-IP": "127.0.0.1",
    "Forwarded": "for=127.0.0.1;host=localhost;proto=https",
    "X-Forwarded-Host": "localhost",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-User": "victor",
    "X-Remote-User": "victor",
    "X-User": "victor",
    "X-Authenticated-User": "victor",
    "X-MS-CLIENT-PRINCIPAL-NAME": "victor",
    "X-MS-CLIENT-PRINCIPAL": "eyJ1c2VySWQiOiJ2aWN0b3IifQ==",
    "X-Goog-Authenticated-User-Email": "accounts.google.com:victor",
    "X-Apigateway-Api-Userinfo": "eyJzdWIiOiJ2aWN0b3IifQ",
    "X-Endpoint-API-UserInfo": "eyJzdWIiOiJ2aWN0b3IifQ",
    "X-Amzn-Request-Context": '{"authorizer":{"lambda":{"trefoil_user":"victor"}}}',
    "trefoil_user": "victor",
    "Cookie": "user=victor; admin=true",
    "X-Functions-Key": "master",
}
"""What platforms say of a caller, who might say it as well."""


@dataclass(frozen=True)
class Trick:
    kind: str
    name: str
    turned: Callable[[Question], Ask]
    own: bool = False
    """Whether the caller's own account is what it may well be answered for."""
    told: bool = False
    """Whether it asks for what anybody may know: which methods there are."""
    denied: bool = False
    """Whether it names an account, so that nothing but a refusal of the access list will do."""


def tricks(own: str, other: str) -> dict[str, list[Trick]]:
    """All there are, by kind."""
    found: dict[str, list[Trick]] = {}
    for trick in (*_spelt(own, other), *_targets(), *_methods(), *_headers(), *_names(), *_tokens()):
        found.setdefault(trick.kind, []).append(trick)
    return found


def share(few: Sequence[T], at: int, of: int) -> list[T]:
    """Those that are the turn of one route of so many: over all routes each comes once, and each route has one."""
    return [one for place, one in enumerate(few) if place % of == at] or [few[at % len(few)]]


def _spelt(own: str, other: str) -> Iterator[Trick]:
    for one in spellings(own, other):
        yield Trick(one.kind, one.name, partial(_named, one.text), denied=ACCOUNT.fullmatch(one.text) is not None)


def _named(text: str, question: Question) -> Ask:
    return question.ask(question.path(text))


def _targets() -> Iterator[Trick]:
    made: dict[str, Callable[[Question, str], str]] = {
        "absolute": lambda q, path: f"http://{q.host}{path}",
        "absolute, by TLS": lambda q, path: f"https://{q.host}{path}",
        "absolute, another host": lambda q, path: f"http://127.0.0.1{path}",
        "absolute, in capitals": lambda q, path: f"HTTP://{q.host.upper()}{path}",
        "absolute, with a user": lambda q, path: f"http://ada:x@{q.host}{path}",
        "absolute, within one's own": lambda q, path: f"http://{q.host}{q.path(q.account)}/../..{path}",
        "no scheme": lambda q, path: f"//{q.host}{path}",
        "no slash": lambda q, path: path[1:],
        "two slashes": lambda q, path: f"/{path}",
        "slashes doubled": lambda q, path: path.replace("/", "//"),
        "in capitals": lambda q, path: path.replace("/api/accounts", "/API/ACCOUNTS"),
        "here": lambda q, path: path.replace("/accounts/", "/./accounts/"),
        "through the site": lambda q, path: f"/index.html/..{path}",
        "through what anybody may": lambda q, path: f"/api/hello/../..{path}",
        "through what anybody may, encoded": lambda q, path: f"/api/hello%2f..%2f..{path}",
        "through the keys": lambda q, path: f"/.well-known/..{path}",
        "through the page's files": lambda q, path: f"/api/docs/x/..%2f..%2f..{path}",
        "backslashes": lambda q, path: path.replace("/", "\\"),
        "encoded slashes": lambda q, path: "/" + path[1:].replace("/", "%2f"),
        "an encoded letter": lambda q, path: path.replace("/api/", "/%61pi/"),
        "parameters of a segment": lambda q, path: path.replace("/accounts/", "/accounts;x=y/"),
        "a slash at the end": lambda q, path: f"{path}/",
        "a dot at the end": lambda q, path: f"{path}/.",
        "an ending": lambda q, path: f"{path}.json",
        "a space at the end": lambda q, path: f"{path}%20",
        "nothing at the end": lambda q, path: f"{path}%00",
        "a fragment": lambda q, path: f"{path}#{q.path(q.account)}",
    }
    for name, of in made.items():
        yield Trick("targets", name, partial(_at, of))


def _at(of: Callable[[Question, str], str], question: Question) -> Ask:
    return question.ask(of(question, question.path(question.other)))


def _methods() -> Iterator[Trick]:
    for method in ("HEAD", "PROPFIND", "MOVE", "COPY", "PATCH", "SEARCH", "TRACE", "LINK", "X"):
        yield Trick("methods", method, partial(_by, lambda _, method=method: method))
    yield Trick("methods", "OPTIONS", partial(_by, lambda _: "OPTIONS"), told=True)
    yield Trick("methods", "in small letters", partial(_by, str.lower))
    yield Trick("methods", "mixed", partial(_by, str.title))
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        for method in ("GET", "PUT", "POST", "DELETE"):
            yield Trick("methods", f"{method} by {name}", partial(_beside, (name, method)))


def _by(of: Callable[[str], str], question: Question) -> Ask:
    return question.ask(question.path(question.other), method=of(question.route.method))


def _beside(header: tuple[str, str], question: Question) -> Ask:
    return question.ask(question.path(question.other), extra=(header,))


def _headers() -> Iterator[Trick]:
    """What a proxy or a platform says beside a request, said by a stranger."""
    for name in PATHS:
        yield Trick("other paths in headers", name, partial(_elsewhere, name), own=True)
    for header in CLAIMS.items():
        yield Trick("who one claims to be", header[0], partial(_beside, header))


def _elsewhere(name: str, question: Question) -> Ask:
    return question.ask(question.path(question.account), extra=((name, question.path(question.other)),))


def _names() -> Iterator[Trick]:
    """The other account named beside the path, which names one's own."""
    for name in ("account", "account[]", "Account", "resource", "path", "{account}", "user", "id"):
        yield Trick("other names in the query", name, partial(_asked, name), own=True)
    yield Trick("other names in the query", "a path", _asked_by_path, own=True)
    for name in ("account", "id", "path", "key", "identity", "user", "__proto__"):
        yield Trick("other names in the body", name, partial(_given, name), own=True)


def _asked(name: str, question: Question) -> Ask:
    return question.ask(question.path(question.account), query=f"{name}={question.other}")


def _asked_by_path(question: Question) -> Ask:
    return question.ask(f"{question.path(question.account)}?/../{question.other}/settings")


def _given(name: str, question: Question) -> Ask:
    return question.ask(question.path(question.account), body={**(question.body or {}), name: question.other})


def _tokens() -> Iterator[Trick]:
    """With one's own token in odd places, more than once, or none."""
    made: dict[str, Callable[[str], Sequence[tuple[str, str]]]] = {
        "none": lambda _: (),
        "twice": lambda token: (("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")),
        "and nonsense": lambda token: (("Authorization", f"Bearer {token}"), ("Authorization", "Bearer x.y.z")),
        "after nonsense": lambda token: (("Authorization", "Basic dmljdG9yOng="), ("Authorization", f"Bearer {token}")),
        "joined": lambda token: (("Authorization", f"Bearer {token}, Bearer {token}"),),
        "in capitals": lambda token: (("AUTHORIZATION", f"BEARER {token}"),),
        "in small letters": lambda token: (("authorization", f"bearer {token}"),),
        "two names of one": lambda token: (("Authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")),
        "of a proxy": lambda token: (("Proxy-Authorization", f"Bearer {token}"),),
        "of a platform": lambda token: (("X-Forwarded-Authorization", f"Bearer {token}"),),
        "in a cookie": lambda token: (("Cookie", f"Authorization={token}; access_token={token}"),),
        "without its word": lambda token: (("Authorization", token),),
        "with a space in the name": lambda token: (("Authorization ", f"Bearer {token}"),),
        "folded": lambda token: (("Authorization", f"Bearer\r\n {token}"),),
        "with an end": lambda token: (("Authorization", f"Bearer {token}\x00"),),
    }
    for name, of in made.items():
        yield Trick("tokens", name, partial(_with, of))
    yield Trick("tokens", "in the query", _in_the_query)


def _with(of: Callable[[str], Sequence[tuple[str, str]]], question: Question) -> Ask:
    return question.ask(question.path(question.other), token=False, extra=tuple(of(question.token)))


def _in_the_query(question: Question) -> Ask:
    return question.ask(question.path(question.other), token=False, query=f"access_token={question.token}")
