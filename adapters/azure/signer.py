"""Shared access signatures of Blob Storage.

obstore's signature would let its holder overwrite; one for creation only is azure-storage-blob's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from core.kernel.clock import Clock
from core.kernel.config import ConfigError
from core.kernel.errors import unavailable
from core.kernel.http import Attachment
from core.kernel.services import SignedUrl
from core.kernel.store import Store

LIFETIME = timedelta(minutes=15)
TIMEOUT = 5
SKEW = timedelta(minutes=15)
"""As Microsoft advises, for clocks that differ."""
KEY_LIFETIME = timedelta(hours=6)
"""Of a user delegation key; it is asked for anew when half of it is over."""


class BlobSigner:
    """Signs for the container of the store. See `core.kernel.services.UrlSigner` for the contract.

    Azure refuses a taken key (a signature for creation only), but has no condition on the size: that much of the
    contract it can't keep. https://learn.microsoft.com/rest/api/storageservices/create-service-sas
    """

    def __init__(self, store: Store, environment: Mapping[str, str], clock: Clock) -> None:
        self._url = urlsplit(store.url)
        self._environment = environment
        self._clock = clock
        self._delegated: tuple[datetime, Any] | None = None

    def upload(self, key: str, size: int) -> SignedUrl:  # noqa: ARG002  see the class
        headers = {"Content-Type": "application/octet-stream", "x-ms-blob-type": "BlockBlob", "If-None-Match": "*"}
        return self._sign("PUT", key, headers, "c")

    def download(self, key: str, name: str) -> SignedUrl:
        file = Attachment(name)
        return self._sign("GET", key, {}, "r", content_disposition=file.disposition, content_type=file.media_type)

    def _sign(self, method: str, key: str, headers: dict[str, str], permission: str, **answered: Any) -> SignedUrl:
        from azure.storage.blob import BlobSasPermissions, generate_blob_sas  # 360 ms, paid only by what signs

        name = "/".join(part for part in (self._url.path.strip("/"), key) if part)
        expires_at = (self._clock() + LIFETIME).replace(microsecond=0)
        signature = generate_blob_sas(
            self._account,
            self._url.netloc,
            name,
            permission=BlobSasPermissions.from_string(permission),
            expiry=expires_at,
            **answered,
            **self._key(),
        )
        url = f"{self._endpoint}/{self._url.netloc}/{quote(name)}?{signature}"
        return SignedUrl(url, method, headers, expires_at)

    @property
    def _account(self) -> str:
        found = self._environment.get("AZURE_STORAGE_ACCOUNT_NAME")
        if not found:
            raise ConfigError("AZURE_STORAGE_ACCOUNT_NAME", "is not set; name the account that holds the container")
        return found

    @property
    def _endpoint(self) -> str:
        given = self._environment.get("AZURE_STORAGE_ENDPOINT")
        return (given or f"https://{self._account}.blob.core.windows.net").rstrip("/")

    def _key(self) -> dict[str, Any]:
        """The account's key where there is one (the emulator), else a key delegated to the app's own identity."""
        if shared := self._environment.get("AZURE_STORAGE_ACCOUNT_KEY"):
            return {"account_key": shared}
        now = self._clock()
        if self._delegated is None or now > self._delegated[0] + KEY_LIFETIME / 2:
            self._delegated = (now, self._delegation_key(now))
        return {"user_delegation_key": self._delegated[1]}

    def _delegation_key(self, now: datetime) -> Any:
        from azure.core.exceptions import AzureError
        from azure.identity import DefaultAzureCredential
        from azure.storage.blob import BlobServiceClient, LinearRetry

        client = BlobServiceClient(
            self._endpoint,
            DefaultAzureCredential(),
            # Its own defaults would wait for minutes; a request has 29 seconds.
            retry_policy=LinearRetry(backoff=1, retry_total=1),
            connection_timeout=TIMEOUT,
            read_timeout=TIMEOUT,
        )
        try:
            return client.get_user_delegation_key(now - SKEW, now + KEY_LIFETIME)
        except AzureError as error:
            raise unavailable("the URL can't be signed") from error
