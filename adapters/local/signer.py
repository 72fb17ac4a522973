"""Signed local URLs: what a cloud's pre-signed URLs are, for a store in a folder."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta
from urllib.parse import parse_qsl, quote, unquote, urlencode

from core.kernel.clock import Clock
from core.kernel.services import SignedUrl

LIFETIME = timedelta(minutes=15)
PREFIX = "/_local/objects/"
UPLOAD_HEADERS = {"Content-Type": "application/octet-stream", "If-None-Match": "*"}


@dataclass(frozen=True, slots=True)
class Permit:
    """What a signed URL allows: one method on one key, of an upload the exact size; and how a download is called."""

    method: str
    key: str
    size: int | None
    name: str = ""


class LocalSigner:
    """Signs with HMAC-SHA256 over what a URL has. The contract: `core.kernel.services.UrlSigner`."""

    def __init__(self, base_url: str, secrets: Callable[[], list[bytes]], clock: Clock) -> None:
        self._base_url = base_url
        self._secrets = secrets
        self._clock = clock

    def upload(self, key: str, size: int) -> SignedUrl:
        return self._signed("PUT", key, UPLOAD_HEADERS, size=str(size))

    def download(self, key: str, name: str) -> SignedUrl:
        return self._signed("GET", key, {}, name=name)

    def check(self, method: str, path: str, query: str) -> Permit | None:
        """The permit in a request's raw path and query, or None when it is forged, altered or expired."""
        if not path.startswith(PREFIX):
            return None
        given = dict(parse_qsl(query))
        key = unquote(path[len(PREFIX) :])
        size, expires, name = (given.get(one, "") for one in ("size", "expires", "name"))
        signature = given.get("signature", "").encode("utf-8", "surrogatepass")
        expected = [_sign(secret, method, key, size, expires, name).encode() for secret in self._secrets()]
        if not any(hmac.compare_digest(one, signature) for one in expected):
            return None
        if self._clock().timestamp() >= int(expires):
            return None
        return Permit(method, key, int(size) if size else None, name)

    def _signed(self, method: str, key: str, headers: dict[str, str], *, size: str = "", name: str = "") -> SignedUrl:
        expires_at = (self._clock() + LIFETIME).replace(microsecond=0)
        values = {"size": size, "expires": str(int(expires_at.timestamp())), "name": name}
        query = urlencode({**values, "signature": _sign(self._secrets()[0], method, key, *values.values())})
        return SignedUrl(f"{self._base_url}{PREFIX}{quote(key)}?{query}", method, headers, expires_at.astimezone(UTC))


def _sign(secret: bytes, method: str, key: str, size: str, expires: str, name: str) -> str:
    # Joined by a character that none of the fields but the last can hold.
    message = "\n".join((method, key, size, expires, name)).encode("utf-8", "surrogatepass")
    return hmac.new(secret, message, "sha256").hexdigest()
