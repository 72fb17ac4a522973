"""Signed URLs of Cloud Storage (V4), by the function's service account.

obstore signs no headers, and a create-only upload of one size needs them, so this is google-cloud-storage's work.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.kernel.clock import Clock
from core.kernel.errors import unavailable
from core.kernel.http import Attachment
from core.kernel.services import SignedUrl
from core.kernel.store import Store

if TYPE_CHECKING:
    from google.cloud.storage import Bucket

LIFETIME = timedelta(minutes=15)
TYPE = "application/octet-stream"


class GcsSigner:
    """Signs for the bucket of the store. See `core.kernel.services.UrlSigner` for the contract.

    The generation match makes an upload create-only (412), the length range makes it of one size (400):
    https://cloud.google.com/storage/docs/xml-api/reference-headers
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._url = urlsplit(store.url)
        self._clock = clock

    def upload(self, key: str, size: int) -> SignedUrl:
        conditions = {"x-goog-if-generation-match": "0", "x-goog-content-length-range": f"{size},{size}"}
        return self._sign("PUT", key, {"Content-Type": TYPE, **conditions}, content_type=TYPE, headers=conditions)

    def download(self, key: str, name: str) -> SignedUrl:
        file = Attachment(name)
        return self._sign("GET", key, {}, response_disposition=file.disposition, response_type=file.media_type)

    def _sign(self, method: str, key: str, to_send: dict[str, str], **signed: Any) -> SignedUrl:
        from google.auth.exceptions import GoogleAuthError

        prefix = self._url.path.strip("/")
        try:
            blob = self._bucket.blob(f"{prefix}/{key}" if prefix else key)
            how = {**signed, **self._signing()}
            url = blob.generate_signed_url(version="v4", expiration=LIFETIME, method=method, **how)
        except GoogleAuthError as error:
            raise unavailable("the URL can't be signed") from error
        return SignedUrl(url, method, to_send, (self._clock() + LIFETIME).replace(microsecond=0))

    @cached_property
    def _credentials(self) -> Any:
        import google.auth

        return google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])[0]

    @cached_property
    def _bucket(self) -> Bucket:
        from google.cloud.storage import Client  # 370 ms, paid only by requests that sign

        return Client(project="-", credentials=self._credentials).bucket(self._url.netloc)

    def _signing(self) -> dict[str, Any]:
        """A service account without a key of its own (Cloud Run's) signs by the IAM API, with a fresh access token."""
        from google.auth.credentials import Signing

        if isinstance(self._credentials, Signing):
            return {"credentials": self._credentials}
        from google.auth.transport.requests import Request

        if not self._credentials.valid:
            self._credentials.refresh(Request())
        account = self._credentials.service_account_email
        return {"service_account_email": account, "access_token": self._credentials.token}
