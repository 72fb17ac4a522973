"""Signed calls of Google Cloud's REST APIs: their gRPC clients cost half a second of import."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

TIMEOUT = 5.0


class Caller:
    """Posts JSON as the function's own service account, or to an emulator as nobody."""

    def __init__(self, scope: str, *, emulated: bool) -> None:
        self._scope = scope
        self._emulated = emulated

    def post(self, url: str, body: Mapping[str, Any]) -> None:
        """Raises `OSError` saying what went wrong, after a second try.

        A connection kept from an earlier request may be gone; whatever is posted here does no harm when it comes twice.
        """
        from google.auth.exceptions import GoogleAuthError
        from requests import RequestException

        try:
            with suppress(RequestException):
                self._session.post(url, json=body, timeout=TIMEOUT).raise_for_status()
                return
            self._session.post(url, json=body, timeout=TIMEOUT).raise_for_status()
        except (GoogleAuthError, RequestException) as error:
            raise OSError(str(error)) from error

    @cached_property
    def _session(self) -> Any:
        if self._emulated:
            from requests import Session

            return Session()
        import google.auth  # 100 ms, paid only by what sends
        from google.auth.transport.requests import AuthorizedSession

        return AuthorizedSession(google.auth.default(scopes=[self._scope])[0])  # type: ignore[no-untyped-call]
