"""The authorizer: one pure verdict on a request's `Authorization` headers, used by every provider.

A gateway's custom authorizer and the in-process check call the same function, so no provider can be more lenient than
another. Every refusal looks alike to the client; the reason goes to the debug log only.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from core.kernel.auth.keys import Key, Keyring
from core.kernel.errors import Code, TrefoilError
from core.kernel.identifiers import USER

SKEW_SECONDS = 30
MAX_TOKEN = 8192
# ASCII, because a case-insensitive letter would also match the long s and the sign of Kelvin; and the scheme alone
# regardless of case, because that takes four times as long.
_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.ASCII)
# A key that travels with the token proves nothing, and an extension that must be understood is not understood here.
_FORBIDDEN_HEADERS = ("jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "zip", "b64")


class Principal(Struct, frozen=True):
    """An authenticated user, and when their token was issued: seconds since 1970, 0 where that is not known."""

    user: str
    issued: int = 0


class Refused(Struct, frozen=True):
    """No valid token. `reason` is for the log, never for the client."""

    reason: str


def verdict(
    authorization: Sequence[str], keyring: Keyring, *, issuer: str, audience: str, now: datetime
) -> Principal | Refused:
    """Judge the values of all `Authorization` headers of one request (RFC 6750, RFC 8725).

    Only RS256 by a key of the ring counts; `exp` and `nbf` are allowed 30 seconds of clock skew.
    """
    if len(authorization) != 1:
        return Refused(f"{len(authorization)} Authorization headers")
    match = _BEARER.fullmatch(authorization[0])
    if match is None or len(match[1]) > MAX_TOKEN:
        return Refused("Authorization is not 'Bearer' and one compact token")
    token = match[1]
    head = token.partition(".")[0]
    try:
        header = _object(b64decode(head + "=" * (-len(head) % 4), altchars=b"-_", validate=True))
    except (RecursionError, ValueError) as error:
        return Refused(f"unreadable header: {error}")
    key = _key(header, keyring)
    if isinstance(key, Refused):
        return key
    import jwt  # 75 ms with cryptography, paid only by functions that see tokens

    try:
        # PyJWT judges form and signature. What the claims say is judged below, against the caller's clock and more
        # strictly than it would.
        claims = _object(jwt.api_jws.decode(token, key.public, algorithms=["RS256"]))
    except (jwt.InvalidTokenError, RecursionError, ValueError) as error:
        return Refused(f"invalid token: {error}")
    return _judge_claims(claims, issuer=issuer, audience=audience, now=now.timestamp())


def unauthenticated() -> TrefoilError:
    """The one answer to every refusal."""
    return TrefoilError(
        Code.UNAUTHENTICATED, "a valid bearer token is required", headers={"WWW-Authenticate": "Bearer"}
    )


def _object(data: bytes) -> dict[str, Any]:
    """A part of a token: a JSON object in UTF-8 without a mark; JSON's readers guess other encodings too.

    Raises `ValueError`, or `RecursionError` for one that is nested too deep.
    """
    text = data.decode()
    if "\0" in text or text.startswith("\ufeff"):
        raise ValueError("no JSON in UTF-8")
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("no JSON object")  # noqa: TRY004  a value of a token, not of our code
    return value


def _key(header: dict[str, Any], keyring: Keyring) -> Key | Refused:
    if header.get("alg") != "RS256":
        return Refused(f"alg {header.get('alg')!r}")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        return Refused(f"typ {header.get('typ')!r}")
    forbidden = [name for name in _FORBIDDEN_HEADERS if name in header]
    if forbidden:
        return Refused(f"header {forbidden[0]}")
    kid = header.get("kid")
    key = keyring.find(kid) if isinstance(kid, str) else None
    return key or Refused(f"kid {kid!r} is not a current key")


def _judge_claims(claims: dict[str, Any], *, issuer: str, audience: str, now: float) -> Principal | Refused:
    if claims.get("iss") != issuer:
        return Refused("wrong iss")
    if claims.get("aud") != audience:
        return Refused("wrong aud")
    for name in ("iat", "nbf", "exp"):
        value = claims.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            return Refused(f"{name} is not a whole number")
    if now >= claims["exp"] + SKEW_SECONDS:
        return Refused("expired")
    if now < claims["nbf"] - SKEW_SECONDS or now < claims["iat"] - SKEW_SECONDS:
        return Refused("not yet valid")
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        return Refused("no jti")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not USER.fullmatch(subject):
        return Refused("sub is no user")
    return Principal(subject, claims["iat"])
