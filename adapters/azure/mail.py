"""Mails by Azure Communication Services, as the app's own identity.

Its REST API, by one request and a few looks; the SDK would bring a poller and its models for that.
https://learn.microsoft.com/rest/api/communication/email/email/send
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from core.kernel.config import ConfigError
from core.kernel.errors import unavailable
from core.kernel.mail.rules import VARIABLE, Refused, without

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

VERSION = "2023-03-31"
SCOPE = "https://communication.azure.com//.default"
"""As the service's own SDKs have it: the audience ends with a slash."""
TIMEOUT = 10.0
LOOKS = 10
"""How often it is asked what became of a mail that it took; then it is on its way."""
LONGEST_WAIT = 5.0
_RESOURCE = re.compile(r"https://[A-Za-z0-9-]+(\.[a-z]+)?\.communication\.azure\.com/?|http://127\.0\.0\.1:[0-9]+")


class CommunicationServices:
    """Sends by the resource `https://NAME.communication.azure.com`. See `core.kernel.services.Notifier`.

    The sender is an address of a domain that is connected with the resource, and the identity may send by it. A mail
    is taken at once and sent afterwards: what fails then is refused too.
    """

    def __init__(self, resource: str, sender: str) -> None:
        if not _RESOURCE.fullmatch(resource):
            raise ConfigError(VARIABLE, f"{resource!r} is no resource such as https://mine.communication.azure.com")
        self._resource = resource.rstrip("/")
        self._sender = sender

    def send(self, to: str, subject: str, text: str) -> None:
        mail = {
            "senderAddress": self._sender,
            "recipients": {"to": [{"address": to}]},
            "content": {"subject": subject, "plainText": text},
        }
        url = f"{self._resource}/emails:send?api-version={VERSION}"
        state, headers = self._ask("POST", url, to, mail)
        operation = f"{self._resource}/emails/operations/{state.get('id', '')}?api-version={VERSION}"
        for _ in range(LOOKS):
            if state.get("status") == "Succeeded":
                return
            if state.get("status") in ("Failed", "Canceled"):
                raise Refused(f"the mail was taken and then not sent: {without(to, _said(state))}")
            time.sleep(min(LONGEST_WAIT, _seconds(headers)))
            try:
                state, headers = self._ask("GET", operation, to)
            except Exception:  # noqa: BLE001  it has the mail: to ask in vain is no reason to send another
                return

    def _ask(self, method: str, url: str, to: str, body: Any = None) -> tuple[dict[str, Any], Mapping[str, str]]:
        """The answer's JSON and headers. Raises `TrefoilError(UNAVAILABLE)` or `Refused`."""
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.request import Request, urlopen

        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(url, data, headers, method=method), timeout=TIMEOUT) as reply:  # noqa: S310
                found = json.load(reply)
                return (found if isinstance(found, dict) else {}), dict(reply.headers)
        except HTTPError as error:
            self._failed(error.code, without(to, error.read(500).decode(errors="replace")))
        except (OSError, HTTPException, ValueError) as error:
            raise unavailable("Azure Communication Services did not take the mail") from error

    def _failed(self, status: int, said: str) -> NoReturn:
        answer = f"Azure Communication Services answered {status}: {said}"
        if 400 <= status < 500 and status not in (408, 429):
            raise Refused(answer) from None
        raise unavailable("Azure Communication Services did not take the mail") from OSError(answer)

    def _token(self) -> str:
        from azure.core.exceptions import AzureError

        try:
            return self._credential.get_token(SCOPE).token
        except AzureError as error:
            raise unavailable("there is no token for Azure Communication Services") from error

    @cached_property
    def _credential(self) -> TokenCredential:
        from azure.identity import DefaultAzureCredential  # 300 ms, only for what sends mails

        return DefaultAzureCredential()


def _said(state: Mapping[str, Any]) -> str:
    error = state.get("error") or {}
    return f"{error.get('code', state.get('status'))}: {error.get('message', 'no reason was given')}"


def _seconds(headers: Mapping[str, str]) -> float:
    """What the service asks to wait, else a second."""
    found = {name.lower(): value for name, value in headers.items()}.get("retry-after", "")
    return float(found) if found.isdigit() else 1.0
