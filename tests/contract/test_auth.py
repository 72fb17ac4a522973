"""Login, tokens, and the table of hostile tokens and headers."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import jwt
import pytest

from core.kernel.auth import users
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from tests import asking
from tests.contract.system import AUDIENCE, PASSWORD, Harness, System
from tests.hostile_tokens import CASES, Forge


@pytest.fixture(scope="session")
def jwk(system: System) -> dict[str, str]:
    return dict(system.get("/.well-known/jwks.json").json()["keys"][0])


@pytest.fixture
def forge(harness: Harness, jwk: dict[str, str]) -> Forge:
    return Forge(harness.signing_key, jwk, issuer=harness.issuer, audience=AUDIENCE, now=int(time.time()))


def test_login_gives_a_bearer_token_for_an_hour(system: System) -> None:
    user, password = system.harness.credentials("podge")
    reply = system.send("POST", "/api/login", json={"user": user, "password": password})
    assert reply.status_code == 200
    token = reply.json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
    assert reply.headers["cache-control"] == "no-store"


def test_a_token_verifies_with_the_published_keys_and_claims(system: System, harness: Harness) -> None:
    """As any other service would do it: discovery, key set, RS256."""
    issuer = system.get("/.well-known/openid-configuration").json()
    assert issuer["issuer"] == harness.issuer
    assert issuer["jwks_uri"].startswith(f"{issuer['issuer']}/")
    keys = jwt.PyJWKSet.from_dict(system.get(urlsplit(issuer["jwks_uri"]).path).json())
    token = system.token("podge")
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=issuer["issuer"])
    assert claims["sub"] == "podge"
    assert claims["exp"] - claims["iat"] == 3600
    assert {"iss", "aud", "sub", "iat", "nbf", "exp", "jti"} == claims.keys()


def test_the_key_set_holds_only_public_members(system: System) -> None:
    for key in system.get("/.well-known/jwks.json").json()["keys"]:
        assert key.keys() == {"kty", "n", "e", "kid", "use", "alg"}


def test_an_unknown_user_and_a_wrong_password_look_alike(system: System) -> None:
    replies = [
        system.send("POST", "/api/login", json={"user": user, "password": "wrong wrong"}) for user in ("nobody", "nora")
    ]
    assert [reply.status_code for reply in replies] == [401, 401]
    assert replies[0].content == replies[1].content
    assert set(replies[0].headers) == set(replies[1].headers)


@pytest.mark.parametrize("user", ["../users/ada", "ada.json", "a/b", "ada\u0000", "*", "💡", "x" * 256])
def test_an_odd_user_name_is_just_an_unknown_user(system: System, user: str) -> None:
    assert system.send("POST", "/api/login", json={"user": user, "password": PASSWORD}).status_code == 401


def test_repeated_failures_lock_the_name_even_for_the_right_password(system: System) -> None:
    for _ in range(5):
        assert system.send("POST", "/api/login", json={"user": "lockme", "password": "wrong wrong"}).status_code == 401
    reply = system.send("POST", "/api/login", json={"user": "lockme", "password": PASSWORD})
    assert reply.status_code == 429
    assert 1 <= int(reply.headers["retry-after"]) <= 900


def test_many_logins_at_once_are_answered_or_told_to_wait(system: System) -> None:
    def log_in(number: int) -> int:
        body = {"user": f"crowd-{number}", "password": "wrong wrong"}
        return system.send("POST", "/api/login", json=body).status_code

    with ThreadPoolExecutor(24) as pool:
        found = list(pool.map(log_in, range(24)))
    assert set(found) <= {401, 429}
    assert 401 in found


def test_a_new_password_and_a_removal_end_the_tokens_until_then(system: System) -> None:
    documents, name = Documents(system.harness.store), f"leaver-{uuid4().hex[:8]}"

    def log_in(password: str) -> dict[str, str]:
        reply = system.send("POST", "/api/login", json={"user": name, "password": password})
        return {"Authorization": f"Bearer {reply.json()['access_token']}"}

    def asked(headers: dict[str, str]) -> int:
        return system.send("GET", "/api/me", headers=headers).status_code

    users.save(documents, system_clock, name, PASSWORD)
    old = log_in(PASSWORD)
    assert asked(old) == 200
    users.save(documents, system_clock, name, f"{PASSWORD}, but new")
    new = log_in(f"{PASSWORD}, but new")
    assert (asked(old), asked(new)) == (401, 200)
    users.remove(documents, name, system_clock)
    assert asked(new) == 401
    users.save(documents, system_clock, name, PASSWORD)
    assert (asked(old), asked(new), asked(log_in(PASSWORD))) == (401, 401, 200)
    users.remove(documents, name, system_clock)


def test_me_shows_the_user_and_grants(system: System) -> None:
    assert system.get("/api/me", "luciano").json() == {
        "user": "luciano",
        "grants": [{"action": "delete", "resource": "*"}, {"action": "read", "resource": "Account18"}],
    }


def test_a_forged_token_made_with_all_the_right_parts_would_be_accepted(system: System, forge: Forge) -> None:
    """The control of the table below: each hostile case differs from this in one thing."""
    reply = system.send("GET", "/api/me", headers={"Authorization": f"Bearer {forge.token()}"})
    assert (reply.status_code, reply.json()["user"]) == (200, "podge")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile(system: System, forge: Forge, differing: Callable[[str, Any], Any], case: Any) -> None:
    expected = system.send("GET", "/api/me")
    assert expected.status_code == 401
    headers = [
        *(system.harness.headers or {"Host": system.http.base_url.netloc.decode()}).items(),
        *case.headers(forge),
    ]
    with asking.client(system.http.base_url) as client:
        reply = client.request("GET", "/api/me", headers=headers)
    assert reply.status_code == differing(f"hostile: {case.name}", 401), case.name
    if reply.status_code == 401:
        assert reply.content == expected.content
        assert reply.headers["www-authenticate"] == "Bearer"


def test_a_token_in_the_query_or_body_is_no_token(system: System) -> None:
    token = system.token("podge")
    assert system.send("GET", f"/api/me?access_token={token}").status_code == 401
    assert system.send("GET", "/api/me", headers={"Cookie": f"access_token={token}"}).status_code == 401


@pytest.mark.parametrize("header", ["X-Amzn-Oidc-Data", "X-MS-CLIENT-PRINCIPAL", "X-Forwarded-User", "X-Goog-Iap-Jwt"])
def test_identity_headers_of_platforms_are_not_believed_from_clients(system: System, header: str) -> None:
    forged = base64.b64encode(json.dumps({"sub": "ada", "user": "ada"}).encode()).decode()
    assert system.send("GET", "/api/me", headers={header: forged}).status_code == 401
