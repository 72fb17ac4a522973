"""Authorization headers and tokens: whatever is sent, nobody is let in but by what was signed here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from core.kernel.auth import keys
from core.kernel.auth.authorizer import MAX_TOKEN, SKEW_SECONDS, Principal, Refused, verdict
from core.kernel.auth.keys import Keyring
from core.kernel.clock import from_microseconds
from core.kernel.identifiers import USER
from tests.fuzz.target import Target, text_of
from tests.hostile_tokens import CASES, Forge, b64

ISSUER, AUDIENCE, SECONDS = "https://issuer.example", "trefoil", 1_790_000_000
NOW = from_microseconds(SECONDS * 1_000_000)
PLACES = ("head", "claims", "signature", "kid")
"""Parts of a good token, written `{head}` in an input: keys are made anew each time, inputs are kept."""


@cache
def forge() -> Forge:
    pem = keys.generate()
    return Forge(pem, keys.parse(pem)[0].jwk(), ISSUER, AUDIENCE, SECONDS)


@cache
def ring() -> Keyring:
    return Keyring(lambda: forge().pem, lambda: NOW)


@cache
def good() -> dict[str, str]:
    head, claims, signature = forge().token().split(".")
    return dict(zip(PLACES, (head, claims, signature, forge().kid), strict=True))


def _judged(*headers: str) -> Principal | Refused:
    return verdict(headers, ring(), issuer=ISSUER, audience=AUDIENCE, now=NOW)


def a_header(data: bytes) -> None:
    """Of all headers only one that holds the good token, byte for byte, lets somebody in."""
    text = text_of(data)
    for name, value in good().items():
        text = text.replace(f"{{{name}}}", value)
    found = _judged(*text.split("\n")) if "\n" in text else _judged(text)
    whole = ".".join(good()[name] for name in PLACES[:3])
    if isinstance(found, Principal):
        scheme, _, token = text.partition(" ")
        assert scheme.lower() == "bearer"
        assert token.lstrip(" ") == whole, "a token that was not signed here let somebody in"
        assert found == Principal("podge", SECONDS)
    else:
        assert found.reason
    assert isinstance(_judged(f"Bearer {whole}", f"Bearer {text}"), Refused)


def some_claims(data: bytes) -> None:
    """Of claims that are truly signed only those let somebody in that say all that they must."""
    header = {"alg": "RS256", "kid": forge().kid}
    found = _judged(f"Bearer {forge().resigned(header, b64(data))}")
    if isinstance(found, Refused):
        assert found.reason
        return
    claims = json.loads(data.decode())
    assert (claims["iss"], claims["aud"], claims["sub"]) == (ISSUER, AUDIENCE, found.user)
    assert USER.fullmatch(found.user)
    assert all(type(claims[name]) is int for name in ("iat", "nbf", "exp"))
    assert claims["exp"] + SKEW_SECONDS > SECONDS
    assert max(claims["nbf"], claims["iat"]) - SKEW_SECONDS <= SECONDS
    assert claims["jti"]
    assert len(data) < MAX_TOKEN


def a_head(data: bytes) -> None:
    """Of headers that are truly signed only those let somebody in that name RS256 and the key, and carry none."""
    found = _judged(f"Bearer {forge().resigned(data.replace(b'{kid}', forge().kid.encode()), good()['claims'])}")
    if isinstance(found, Refused):
        assert found.reason
        return
    head = json.loads(data.replace(b"{kid}", forge().kid.encode()).decode())
    assert (head["alg"], head["kid"]) == ("RS256", forge().kid)
    assert not {"jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "zip", "b64"} & head.keys()


def _headers() -> Sequence[bytes]:
    """The good one, and the hostile ones, with what changes with the key as `{kid}` and the like."""
    found = [b"Bearer {head}.{claims}.{signature}", b"bearer  {head}.{claims}.{signature}"]
    for case in CASES:
        text = "\n".join(value for _, value in case.headers(forge()))
        for name, value in good().items():
            text = text.replace(value, f"{{{name}}}")
        found.append(text.encode(errors="surrogateescape"))
    return found


def _claims() -> Sequence[bytes]:
    return [json.dumps(forge().claims()).encode()]


TARGETS = (
    Target("authorization", "only what was signed here lets somebody in", _headers, a_header),
    Target("token-claims", "only claims that say all that they must", _claims, some_claims),
    Target(
        "token-head", "only RS256 by a key of the ring", lambda: [b'{"alg":"RS256","typ":"JWT","kid":"{kid}"}'], a_head
    ),
)
