import os

import jwt

ISSUER, AUDIENCE = os.environ["ISSUER"], os.environ["AUDIENCE"]
KEYS = {key.key_id: key for key in jwt.PyJWKSet.from_json(os.environ["JWKS"]).keys}


def user_of(authorization):
    """Whose token it is. Raises `jwt.InvalidTokenError`."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise jwt.InvalidTokenError("no bearer token")
    key = KEYS.get(jwt.get_unverified_header(token).get("kid"))
    if key is None:
        raise jwt.InvalidTokenError("unknown kid")
    required = {"require": ["exp", "iss", "aud", "sub"]}
    claims = jwt.decode(token, key, algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE, options=required)
    return claims["sub"]
