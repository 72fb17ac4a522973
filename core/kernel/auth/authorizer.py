"""The authorizer: one pure verdict on a request's `Authorization` headers, used by every provider.

A gateway's custom authorizer and the in-process check call the same function, so no provider can be more lenient than
another. Every refusal looks alike to the client; the reason goes to the debug log only.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from core.kernel.auth.keys import Key, Keyring
from core.kernel.errors import Code, TrefoilError
from core.kernel.identifiers import USER

if TYPE_CHECKING:
    from jwt.types import Options

SKEW_SECONDS = 30
MAX_TOKEN = 8192
# ASCII, because a case-insensitive a-z would also match the long s and the sign of Kelvin.
_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.IGNORECASE | re.ASCII)
_SIGNATURE_ONLY: Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
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
    if not all(map(_is_utf8, token.split(".")[:2])):
        return Refused("the header or the claims are not JSON in UTF-8")
    import jwt  # 75 ms with cryptography, paid only by functions that see tokens

    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, RecursionError, ValueError) as error:
        return Refused(f"unreadable header: {error}")
    key = _key(header, keyring)
    if isinstance(key, Refused):
        return key
    try:
        claims = jwt.decode(
            token,
            key.public,
            algorithms=["RS256"],
            # Time and claims are judged below, against the caller's clock and more strictly than the library does.
            options=_SIGNATURE_ONLY,
        )
    except (jwt.InvalidTokenError, RecursionError, ValueError) as error:
        return Refused(f"invalid token: {error}")
    return _judge_claims(claims, issuer=issuer, audience=audience, now=now.timestamp())


def unauthenticated() -> TrefoilError:
    """The one answer to every refusal."""
    return TrefoilError(
        Code.UNAUTHENTICATED, "a valid bearer token is required", headers={"WWW-Authenticate": "Bearer"}
    )


def _is_utf8(part: str) -> bool:
    """Whether a part of a token is text in UTF-8 and begins with no mark: JSON's readers guess other encodings too."""
    try:
        text = b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        return False
    return "\0" not in text and not text.startswith("\ufeff")


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
