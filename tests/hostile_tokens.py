"""The table of hostile tokens and Authorization headers: every provider must refuse each of them alike."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from hashlib import sha256
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Forge:
    """Makes tokens with the real key, so that each case is wrong in exactly one thing."""

    pem: str
    jwk: dict[str, str]
    issuer: str
    audience: str
    now: int

    @cached_property
    def stranger(self) -> Any:
        return generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def private(self) -> Any:
        """Read once: reading a key takes far longer than signing with it."""
        return load_pem_private_key(self.pem.encode(), None)

    @property
    def kid(self) -> str:
        return self.jwk["kid"]

    def claims(self, **changes: Any) -> dict[str, Any]:
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": "podge",
            "iat": self.now,
            "nbf": self.now,
            "exp": self.now + 3600,
            "jti": "1",
        }
        claims.update(changes)
        return {name: value for name, value in claims.items() if value is not ...}

    def token(self, header: dict[str, Any] | None = None, *, key: Any = None, alg: str = "RS256", **claims: Any) -> str:
        header = {"kid": self.kid, **(header or {})}
        header = {name: value for name, value in header.items() if value is not ...}
        return jwt.encode(self.claims(**claims), key or self.private, algorithm=alg, headers=header)

    def raw(self, header: Any, payload: Any, *, hmac_key: bytes | None = None, signature: str = "") -> str:
        """A token by hand: for what a library refuses to make."""
        parts = [part if isinstance(part, str) else b64(json.dumps(part).encode()) for part in (header, payload)]
        if hmac_key is not None:
            signature = b64(hmac.new(hmac_key, ".".join(parts).encode(), sha256).digest())
        return ".".join([*parts, signature])

    def resigned(self, header: Any, payload: str) -> str:
        """Any payload bytes, truly signed with the real key."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        signed = f"{b64(header if isinstance(header, bytes) else json.dumps(header).encode())}.{payload}"
        return f"{signed}.{b64(self.private.sign(signed.encode(), PKCS1v15(), SHA256()))}"

    def encoded(self, header: str, claims: str) -> str:
        """A good token but for how the text of its header and claims is encoded."""
        head = json.dumps({"alg": "RS256", "typ": "JWT", "kid": self.kid}).encode(header)
        return self.resigned(head, b64(json.dumps(self.claims()).encode(claims)))

    @property
    def public_pem(self) -> bytes:
        public: bytes = self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return public


@dataclass
class Case:
    name: str
    headers: Callable[[Forge], list[tuple[str, str]]] = field(repr=False)


def token(name: str, make: Callable[[Forge], str]) -> Case:
    return Case(name, lambda forge: [("Authorization", f"Bearer {make(forge)}")])


def header(name: str, make: Callable[[Forge], str]) -> Case:
    return Case(name, lambda forge: [("Authorization", make(forge))])


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def respelled(number: int, forge: Forge) -> str:
    """The last character of a signature of 256 bytes has four bits that mean nothing."""
    good = forge.token()
    return good[:-1] + ALPHABET[ALPHABET.index(good[-1]) ^ number]


CASES = [
    # The header itself.
    Case("no Authorization header", lambda _: []),
    header("an empty header", lambda _: ""),
    header("the scheme alone", lambda _: "Bearer"),
    header("another scheme", lambda f: f"Basic {f.token()}"),
    header("no scheme", lambda f: f.token()),
    header("a scheme run into the token", lambda f: f"Bearer{f.token()}"),
    header("two tokens", lambda f: f"Bearer {f.token()} {f.token()}"),
    header("two tokens with a comma", lambda f: f"Bearer {f.token()},Bearer {f.token()}"),
    header("a token in quotes", lambda f: f'Bearer "{f.token()}"'),
    Case("two Authorization headers", lambda f: [("Authorization", f"Bearer {f.token()}")] * 2),
    Case(
        "a good header after a bad one",
        lambda f: [("Authorization", "Bearer x.y.z"), ("Authorization", f"Bearer {f.token()}")],
    ),
    header("characters outside base64url", lambda f: f"Bearer {f.token()}!"),
    token("two parts", lambda f: f.token().rpartition(".")[0]),
    token("four parts", lambda f: f.token() + ".x"),
    token("no signature", lambda f: f.token().rpartition(".")[0] + "."),
    token("not a token", lambda _: "x.y.z"),
    token("a token of 9 KB", lambda f: f.token(pad="x" * 9000)),
    # Algorithm.
    token("alg none", lambda f: f.raw({"alg": "none", "kid": f.kid}, f.claims())),
    token("alg None", lambda f: f.raw({"alg": "None", "kid": f.kid}, f.claims())),
    token("alg none with a signature", lambda f: f.raw({"alg": "none", "kid": f.kid}, f.claims(), signature="AAAA")),
    token("alg missing", lambda f: f.raw({"typ": "JWT", "kid": f.kid}, f.claims(), signature="AAAA")),
    token(
        "HS256 keyed with the public key in PEM",
        lambda f: f.raw({"alg": "HS256", "kid": f.kid}, f.claims(), hmac_key=f.public_pem),
    ),
    token(
        "HS256 keyed with the modulus",
        lambda f: f.raw({"alg": "HS256", "kid": f.kid}, f.claims(), hmac_key=f.jwk["n"].encode()),
    ),
    token("HS256 keyed with nothing", lambda f: f.raw({"alg": "HS256", "kid": f.kid}, f.claims(), hmac_key=b"")),
    token("RS512 with the right key", lambda f: f.token(alg="RS512")),
    token("PS256 with the right key", lambda f: f.token(alg="PS256")),
    # Key.
    token("signed by a stranger", lambda f: f.token(key=f.stranger)),
    token("signed by a stranger, with the key in jwk", lambda f: f.token({"jwk": f.jwk}, key=f.stranger)),
    token("jwk with the right key", lambda f: f.token({"jwk": f.jwk})),
    token("jku", lambda f: f.token({"jku": "https://evil.example/jwks.json"})),
    token("x5u", lambda f: f.token({"x5u": "https://evil.example/cert.pem"})),
    token("x5c", lambda f: f.token({"x5c": ["AAAA"]})),
    token("crit", lambda f: f.token({"crit": ["exp"]})),
    token("no kid", lambda f: f.token({"kid": ...})),
    token("unknown kid", lambda f: f.token({"kid": "other"})),
    token("kid that is a path", lambda f: f.token({"kid": "../../signing-keys.pem"})),
    token("kid that is a number", lambda f: f.raw({"alg": "RS256", "kid": 1}, f.claims(), signature="AAAA")),
    token("kid that is a list", lambda f: f.raw({"alg": "RS256", "kid": [f.kid]}, f.claims(), signature="AAAA")),
    token("typ of another kind of token", lambda f: f.token({"typ": "dpop+jwt"})),
    # Signature and structure.
    token(
        "a changed payload",
        lambda f: f.raw({"alg": "RS256", "kid": f.kid}, f.claims(sub="ada"), signature=f.token().rpartition(".")[2]),
    ),
    token("a cut signature", lambda f: f.token()[:-4]),
    token(
        "the signature of another token",
        lambda f: f.token().rpartition(".")[0] + "." + f.token(sub="ada").rpartition(".")[2],
    ),
    token("a payload that is a list", lambda f: f.resigned({"alg": "RS256", "kid": f.kid}, b64(b"[]"))),
    token("a payload that is not JSON", lambda f: f.resigned({"alg": "RS256", "kid": f.kid}, b64(b"{"))),
    token("a payload nested too deep", lambda f: f.resigned({"alg": "RS256", "kid": f.kid}, b64(b"[" * 3000))),
    token("a header nested too deep", lambda f: f.resigned(b"[" * 3000, b64(json.dumps(f.claims()).encode()))),
    token(
        "a header with a member nested too deep",
        lambda f: f.resigned(
            b'{"alg":"RS256","kid":"%s","x":%s' % (f.kid.encode(), b"[" * 3000),
            b64(json.dumps(f.claims()).encode()),
        ),
    ),
    token("a header in UTF-16", lambda f: f.encoded("utf-16-le", "utf-8")),
    token("a header in UTF-32", lambda f: f.encoded("utf-32-be", "utf-8")),
    token("a header with a byte order mark", lambda f: f.encoded("utf-8-sig", "utf-8")),
    token("claims in UTF-16", lambda f: f.encoded("utf-8", "utf-16")),
    token("claims in UTF-32", lambda f: f.encoded("utf-8", "utf-32-le")),
    token("claims with a byte order mark", lambda f: f.encoded("utf-8", "utf-8-sig")),
    token("claims that are not UTF-8", lambda f: f.resigned({"alg": "RS256", "kid": f.kid}, b64(b'{"sub":"\xff"}'))),
    token(
        "a number of 5,000 digits",
        lambda f: f.resigned({"alg": "RS256", "kid": f.kid}, b64(b'{"exp":%s}' % (b"9" * 5000))),
    ),
    *(token(f"another spelling of the signature, {n} of 15", partial(respelled, n)) for n in range(1, 16)),
    # Claims.
    token("wrong iss", lambda f: f.token(iss="https://evil.example")),
    token("no iss", lambda f: f.token(iss=...)),
    token("wrong aud", lambda f: f.token(aud="other")),
    token("aud as a list with ours in it", lambda f: f.token(aud=["other", f.audience])),
    token("no aud", lambda f: f.token(aud=...)),
    token("expired by 31 seconds", lambda f: f.token(exp=f.now - 31)),
    token("expired long ago", lambda f: f.token(exp=0)),
    token("no exp", lambda f: f.token(exp=...)),
    token("exp as text", lambda f: f.token(exp=str(f.now + 3600))),
    token(
        "exp as true",
        lambda f: f.resigned({"alg": "RS256", "kid": f.kid}, b64(json.dumps(f.claims(exp=True)).encode())),
    ),
    token(
        "exp as infinity",
        lambda f: f.resigned({"alg": "RS256", "kid": f.kid}, b64(json.dumps(f.claims(exp=float("inf"))).encode())),
    ),
    token("not valid for another minute", lambda f: f.token(nbf=f.now + 3600)),
    token("no nbf", lambda f: f.token(nbf=...)),
    token("issued in the future", lambda f: f.token(iat=f.now + 3600)),
    token("no iat", lambda f: f.token(iat=...)),
    token("no sub", lambda f: f.token(sub=...)),
    token("empty sub", lambda f: f.token(sub="")),
    token(
        "sub as a number",
        lambda f: f.resigned({"alg": "RS256", "kid": f.kid}, b64(json.dumps(f.claims(sub=1)).encode())),
    ),
    token("no jti", lambda f: f.token(jti=...)),
]
