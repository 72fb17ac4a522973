"""Pre-signed S3 requests (Signature Version 4 in the query)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from core.kernel.clock import Clock
from core.kernel.config import ConfigError
from core.kernel.http import Attachment
from core.kernel.services import SignedUrl
from core.kernel.store import Store

if TYPE_CHECKING:
    from botocore.credentials import Credentials

LIFETIME = timedelta(minutes=15)


class S3Signer:
    """Signs for the bucket of the store. See `core.kernel.services.UrlSigner` for the contract.

    Size, type and `If-None-Match: *` are signed headers, so S3 refuses a body of another size (403) and a taken key
    (412): https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """

    def __init__(self, store: Store, environment: Mapping[str, str], clock: Clock) -> None:
        self._store = store
        self._environment = environment
        self._clock = clock

    def upload(self, key: str, size: int) -> SignedUrl:
        headers = {"Content-Type": "application/octet-stream", "If-None-Match": "*"}
        signed = self._sign("PUT", key, {**headers, "Content-Length": str(size)})
        # Every client sends Content-Length by itself; one that is given here too would be sent twice by some.
        return SignedUrl(signed.url, signed.method, headers, signed.expires_at)

    def download(self, key: str, name: str) -> SignedUrl:
        file = Attachment(name)
        answered = {"response-content-disposition": file.disposition, "response-content-type": file.media_type}
        return self._sign("GET", key, {}, **answered)

    def _sign(self, method: str, key: str, headers: dict[str, str], **answered: str) -> SignedUrl:
        from botocore.auth import S3SigV4QueryAuth  # 100 ms, paid only by requests that sign
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, self._url(key), headers=headers, params=answered)
        seconds = int(LIFETIME.total_seconds())
        where = region(self._environment)
        S3SigV4QueryAuth(credentials(self._environment), "s3", where, expires=seconds).add_auth(request)
        return SignedUrl(request.url, method, headers, (self._clock() + LIFETIME).replace(microsecond=0))

    def _url(self, key: str) -> str:
        store = urlsplit(self._store.url)
        path = quote("/".join(part for part in (store.path.strip("/"), key) if part))
        endpoint = self._environment.get("AWS_ENDPOINT_URL_S3") or self._environment.get("AWS_ENDPOINT_URL")
        if endpoint:
            return f"{endpoint.rstrip('/')}/{store.netloc}/{path}"
        return f"https://{store.netloc}.s3.{region(self._environment)}.amazonaws.com/{path}"


def region(environment: Mapping[str, str]) -> str:
    """The region that Lambda names. Raises `ConfigError`."""
    found = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not found:
        raise ConfigError("AWS_REGION", "is not set; Lambda sets it, elsewhere name the bucket's region")
    return found


def credentials(environment: Mapping[str, str]) -> Credentials:
    """The credentials of the function's role, which Lambda keeps in the environment. Raises `ConfigError`."""
    from botocore.credentials import Credentials

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        if not environment.get(name):
            raise ConfigError(name, "is not set; Lambda sets it from the function's role")
    return Credentials(
        environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], environment.get("AWS_SESSION_TOKEN")
    )
