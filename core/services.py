"""What the handlers need from outside, put together once by each adapter's bootstrap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.auth.keys import Keyring
from core.clock import Clock
from core.config import Config
from core.documents import Documents
from core.store import Store


@dataclass(frozen=True, slots=True)
class SignedUrl:
    """A request that its holder may make directly, until it expires."""

    url: str
    method: str
    headers: Mapping[str, str]
    expires_at: datetime


class UrlSigner(Protocol):
    """Port: lets a client move large content directly to and from the store.

    A signed upload writes exactly `size` bytes, only where nothing is, and only at that key; anything else is refused
    by the store or leaves no object. The signed headers must be sent as given. Both expire after a stated time, at
    most one hour. Signing checks nothing: it is the caller who knows that the user may.
    """

    def upload(self, key: str, size: int) -> SignedUrl: ...

    def download(self, key: str) -> SignedUrl: ...


@dataclass(frozen=True, slots=True)
class Services:
    """The composition that every handler receives."""

    provider: str
    config: Config
    clock: Clock
    store: Store
    documents: Documents
    keyring: Keyring
    signer: UrlSigner
