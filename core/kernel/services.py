"""What the handlers need from outside, put together once by each adapter's bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.kernel.auth.authorizer import Principal, Refused, verdict
from core.kernel.auth.keys import Keyring
from core.kernel.clock import Clock, system_clock
from core.kernel.config import Config, ConfigError
from core.kernel.documents import Documents
from core.kernel.errors import TrefoilError
from core.kernel.store import Store, open_store


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


class JobQueue(Protocol):
    """Port: the queue `jobs`.

    A message is JSON of at most 48 KiB (`core.energy.messages`). It is delivered to the function `jobs` at least once,
    in no order, one a call; after a failure again with growing or fixed delay, five times in all, and then it becomes a
    dead letter. `send` returns when the queue has the message for good; it raises `TrefoilError(UNAVAILABLE)` when
    that is not known, and then the message may have been sent all the same.
    """

    def send(self, message: bytes) -> None: ...


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
    queue: JobQueue

    def judge(self, authorization: Sequence[str]) -> Principal | Refused:
        """The verdict on the values of a request's `Authorization` headers: see `core.kernel.auth.authorizer`."""
        config = self.config
        return verdict(authorization, self.keyring, issuer=config.issuer, audience=config.audience, now=self.clock())


def compose(
    provider: str,
    config: Config,
    *,
    signing_key: Callable[[], str],
    signer: Callable[[Store, Keyring], UrlSigner],
    queue: Callable[[Store], JobQueue],
    clock: Clock = system_clock,
) -> Services:
    """The services of one deployment, from a provider's own parts: where the signing key is, who signs URLs, the queue.

    Raises `ConfigError` when TREFOIL_STORE names a store that can't be opened.
    """
    try:
        store = open_store(config.store)
    except TrefoilError as error:
        raise ConfigError("TREFOIL_STORE", f"{config.store} can't be opened: {error.__cause__}") from None
    keyring = Keyring(signing_key, clock)
    return Services(provider, config, clock, store, Documents(store), keyring, signer(store, keyring), queue(store))
