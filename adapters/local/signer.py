"""Signed local URLs: what a cloud's pre-signed URLs are, for a store in a folder."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta
from urllib.parse import parse_qsl, quote, unquote, urlencode

from core.clock import Clock
from core.services import SignedUrl

LIFETIME = timedelta(minutes=15)
PREFIX = "/_local/objects/"


@dataclass(frozen=True, slots=True)
class Permit:
    """What a signed URL allows: one method on one key, and for uploads the exact size."""

    method: str
    key: str
    size: int | None


class LocalSigner:
    """Signs with HMAC-SHA256 over method, key, size and expiry. See `core.services.UrlSigner` for the contract."""

    def __init__(self, base_url: str, secret: Callable[[], bytes], clock: Clock) -> None:
        self._base_url = base_url
        self._secret = secret
        self._clock = clock

    def upload(self, key: str, size: int) -> SignedUrl:
        return self._sign("PUT", key, size, {"Content-Type": "application/octet-stream", "If-None-Match": "*"})

    def download(self, key: str) -> SignedUrl:
        return self._sign("GET", key, None, {})

    def check(self, method: str, path: str, query: str) -> Permit | None:
        """The permit in a request's raw path and query, or None when it is forged, altered or expired."""
        if not path.startswith(PREFIX):
            return None
        given = dict(parse_qsl(query))
        key = unquote(path[len(PREFIX) :])
        size, expires = given.get("size", ""), given.get("expires", "")
        expected = self._signature(method, key, size, expires)
        if not hmac.compare_digest(expected, given.get("signature", "")):
            return None
        if self._clock().timestamp() >= int(expires):
            return None
        return Permit(method, key, int(size) if size else None)

    def _sign(self, method: str, key: str, size: int | None, headers: dict[str, str]) -> SignedUrl:
        expires_at = (self._clock() + LIFETIME).replace(microsecond=0)
        values = {"size": "" if size is None else str(size), "expires": str(int(expires_at.timestamp()))}
        query = urlencode({**values, "signature": self._signature(method, key, values["size"], values["expires"])})
        return SignedUrl(f"{self._base_url}{PREFIX}{quote(key)}?{query}", method, headers, expires_at.astimezone(UTC))

    def _signature(self, method: str, key: str, size: str, expires: str) -> str:
        # Fields are joined by a character that none of them can hold.
        message = "\n".join((method, key, size, expires)).encode("utf-8", "surrogatepass")
        return hmac.new(self._secret(), message, "sha256").hexdigest()
