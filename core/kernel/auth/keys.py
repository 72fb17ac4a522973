"""The signing keys: a PEM bundle of RSA private keys. The first one signs; all of them verify.

Rotation without an outage: put the new key second and wait until every instance has read it (`CACHE_LIFE`), move it
to the front, and remove the old one when its last token has expired. A `kid` is the key's RFC 7638 thumbprint.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from core.kernel import logs
from core.kernel.clock import Clock
from core.kernel.config import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

log = logs.logger("auth")

CACHE_LIFE = timedelta(minutes=5)
KEPT = timedelta(hours=1)
"""How long keys are good whose source fails: a key that was taken away must not live on because nobody could see it."""
MIN_BITS = 2048
_BLOCK = re.compile(r"-----BEGIN (?:RSA )?PRIVATE KEY-----.+?-----END (?:RSA )?PRIVATE KEY-----", re.DOTALL)


class Key(Struct, frozen=True, dict=True):
    """One RSA key pair and its `kid`."""

    kid: str
    private: RSAPrivateKey

    @cached_property
    def public(self) -> RSAPublicKey:
        """Made once: its first verification prepares it, which takes as long as another one."""
        return self.private.public_key()

    def pem(self) -> str:
        """The private key as PEM (PKCS #8): secret."""
        return _pem(self.private)

    def jwk(self) -> dict[str, str]:
        """The public half as a JSON Web Key (RFC 7517)."""
        return {**_thumbprint_members(self.private), "kid": self.kid, "use": "sig", "alg": "RS256"}


def parse(pem: str) -> tuple[Key, ...]:
    """The keys of a bundle, in order.

    Raises `ConfigError` naming TREFOIL_SIGNING_KEY, never quoting the key, when there is none, or one is not RSA of at
    least 2048 bits or not whole. That its primes are prime is taken from whoever made the key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # only where there are keys
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    # Environment files often hold a PEM on one line with literal \n.
    blocks = _BLOCK.findall(pem.replace("\\n", "\n"))
    if not blocks:
        raise ConfigError("TREFOIL_SIGNING_KEY", "holds no PEM private key; make one with: trefoil keys new")
    keys = []
    for block in blocks:
        try:
            # The library's own check tests p and q for being prime: 60 ms at each cold start, for what no accident to a
            # key can change without changing n = p q too. What an accident can change is looked at below.
            private = load_pem_private_key(block.encode(), password=None, unsafe_skip_rsa_key_validation=True)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ConfigError(
                "TREFOIL_SIGNING_KEY", "holds a private key that can't be read; is the PEM whole?"
            ) from None
        if not isinstance(private, RSAPrivateKey) or private.key_size < MIN_BITS:
            raise ConfigError("TREFOIL_SIGNING_KEY", f"must hold RSA keys of at least {MIN_BITS} bits")
        if not _whole(private):
            raise ConfigError("TREFOIL_SIGNING_KEY", "holds a key that was changed: its numbers don't fit together")
        thumbprint = sha256(json.dumps(_thumbprint_members(private), sort_keys=True, separators=(",", ":")).encode())
        keys.append(Key(_b64(thumbprint.digest()), private))
    return tuple(keys)


def generate() -> str:
    """A new 2048-bit RSA private key as PEM (PKCS #8), whose `kid` a command line does not take for an option."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    while True:
        text = _pem(generate_private_key(public_exponent=65537, key_size=MIN_BITS))
        if not parse(text)[0].kid.startswith("-"):
            return text


class Keyring:
    """The current keys, read again from their source after `CACHE_LIFE`. Safe to share between threads.

    While the source fails, what it gave last is kept for `KEPT`; then its failure is everybody's.
    """

    def __init__(self, source: Callable[[], str], clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._lock = Lock()
        self._keys: tuple[Key, ...] = ()
        self._read_at: datetime | None = None
        self._good_at: datetime | None = None

    def keys(self) -> tuple[Key, ...]:
        now = self._clock()
        with self._lock:
            fresh = self._read_at is not None and timedelta(0) <= now - self._read_at < CACHE_LIFE
            if not fresh or self._outlived(now):
                self._read(now)
            return self._keys

    def _outlived(self, now: datetime) -> bool:
        """Whether what the source gave last is too old to count."""
        return self._good_at is None or abs(now - self._good_at) >= KEPT

    def _read(self, now: datetime) -> None:
        try:
            self._keys, self._good_at = parse(self._source()), now
        except Exception as error:
            # A source that fails for a while must not take away keys that were good a moment ago.
            if self._outlived(now):
                self._keys = ()
                raise
            logs.error(log, "the signing keys could not be read again; the former ones stay", exception=error)
        self._read_at = now

    def signing_key(self) -> Key:
        return self.keys()[0]

    def find(self, kid: str) -> Key | None:
        return next((key for key in self.keys() if key.kid == kid), None)

    def jwks(self) -> dict[str, Any]:
        """The JSON Web Key Set that `/.well-known/jwks.json` serves."""
        return {"keys": [key.jwk() for key in self.keys()]}


def _whole(private: RSAPrivateKey) -> bool:
    """Whether the eight numbers of a key (RFC 8017, section 3.2) fit together; in microseconds."""
    numbers = private.private_numbers()
    n, e = numbers.public_numbers.n, numbers.public_numbers.e
    p, q, d = numbers.p, numbers.q, numbers.d
    if min(e, p, q) < 3 or p * q != n or not 0 < d < n:
        return False
    if any(d * e % (prime - 1) != 1 for prime in (p, q)):
        return False
    return (numbers.dmp1, numbers.dmq1) == (d % (p - 1), d % (q - 1)) and numbers.iqmp * q % p == 1


def _pem(private: RSAPrivateKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _thumbprint_members(private: RSAPrivateKey) -> dict[str, str]:
    numbers = private.public_key().public_numbers()
    return {"e": _b64(_bytes(numbers.e)), "kty": "RSA", "n": _b64(_bytes(numbers.n))}


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
