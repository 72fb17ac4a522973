"""Minting access tokens: RS256 JSON Web Tokens (RFC 7519, RFC 9068 claims) that live one hour."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from core.kernel.auth.keys import Keyring
from core.kernel.clock import Clock

LIFETIME = timedelta(hours=1)


def mint(keyring: Keyring, clock: Clock, *, issuer: str, audience: str, subject: str, tokens_from: int = 0) -> str:
    """A signed token with `iss aud sub iat nbf exp jti` and the signing key's `kid` in its header.

    It is not issued before `tokens_from`, seconds since 1970, which may be a few seconds ahead: less than `verdict`
    allows clocks to differ.
    """
    import jwt  # only where it is needed

    now = max(int(clock().timestamp()), tokens_from)
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "iat": now,
        "nbf": now,
        "exp": now + int(LIFETIME.total_seconds()),
        "jti": str(uuid4()),
    }
    key = keyring.signing_key()
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.kid})
