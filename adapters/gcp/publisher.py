"""Publishing to Pub/Sub topics, by the REST API: the gRPC client costs half a second of import."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from core.kernel.config import ConfigError
from core.kernel.errors import unavailable

SCOPE = "https://www.googleapis.com/auth/pubsub"
TIMEOUT = 5.0
_TOPICS = re.compile(r"projects/[^/]+/topics/([A-Za-z][A-Za-z0-9._~+%-]{0,100})?")


class PubSubQueues:
    """Publishes to the topics whose names begin so: with `projects/PROJECT/topics/PREFIX-`.

    See `core.kernel.services.Queues` for the contract.

    https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish
    """

    def __init__(self, topics: str, environment: Mapping[str, str]) -> None:
        if not _TOPICS.fullmatch(topics):
            raise ConfigError(
                "TREFOIL_QUEUES",
                f"{topics!r} is not the beginning of a topic, such as projects/mine/topics/trefoil-",
            )
        emulator = environment.get("PUBSUB_EMULATOR_HOST")
        self._emulated = bool(emulator)
        self._url = f"{f'http://{emulator}' if emulator else 'https://pubsub.googleapis.com'}/v1/{topics}"

    def send(self, queue: str, message: bytes) -> None:
        from google.auth.exceptions import GoogleAuthError
        from requests import RequestException

        url = f"{self._url}{queue}:publish"
        body = {"messages": [{"data": base64.b64encode(message).decode()}]}
        try:
            with suppress(RequestException):
                self._session.post(url, json=body, timeout=TIMEOUT).raise_for_status()
                return
            # Once more: a connection kept from an earlier request may be gone, and a message sent twice does no harm.
            self._session.post(url, json=body, timeout=TIMEOUT).raise_for_status()
        except (GoogleAuthError, RequestException) as error:
            raise unavailable(f"the queue {queue} did not take the message") from error

    @cached_property
    def _session(self) -> Any:
        if self._emulated:
            from requests import Session

            return Session()
        import google.auth  # 100 ms, paid only by what sends
        from google.auth.transport.requests import AuthorizedSession

        return AuthorizedSession(google.auth.default(scopes=[SCOPE])[0])  # type: ignore[no-untyped-call]
