"""Mails by Azure Communication Services: a stand-in that holds each request to the published REST schema.

https://github.com/Azure/azure-rest-api-specs, specification/communication/data-plane/Email/stable/2023-03-31
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from adapters.azure.mail import SCOPE, CommunicationServices
from core.kernel.config import ConfigError
from core.kernel.errors import Code, TrefoilError
from core.kernel.mail.rules import Refused
from tests.beds.processes import NOBODY
from tools.serving import reply, serve

SENDER, ADA = "alerts@example.com", "ada@example.com"
OPERATION = "8540c0de-899f-5cce-acb5-3ec493af3800"


class Address(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    address: str
    display_name: str | None = None


class Recipients(msgspec.Struct, forbid_unknown_fields=True):
    to: list[Address]
    cc: list[Address] = []
    bcc: list[Address] = []


class Content(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    subject: str
    plain_text: str | None = None
    html: str | None = None


class EmailMessage(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    sender_address: str
    content: Content
    recipients: Recipients
    headers: dict[str, str] = {}
    attachments: list[Any] = []
    reply_to: list[Address] = []
    user_engagement_tracking_disabled: bool | None = None


class Mailing:
    """The service, and beside it where the platform gives out tokens (App Service's, for a managed identity)."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer: tuple[int, dict[str, Any]] = (202, {"id": OPERATION, "status": "Running"})
        self.states: list[dict[str, Any]] = [{"id": OPERATION, "status": "Succeeded"}]
        self.looks = 0
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stand_in.get(self)

            def do_POST(self) -> None:
                stand_in.post(self)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        serve(self._server, "mailing")

    def get(self, handler: BaseHTTPRequestHandler) -> None:
        where = urlsplit(handler.path)
        if where.path == "/token":
            assert parse_qs(where.query)["resource"] == [SCOPE.removesuffix("/.default")]
            expires = str(int(time.time()) + 3600)
            token = {"access_token": "made-here", "expires_on": expires, "resource": "r", "token_type": "Bearer"}
            return reply(handler, 200, json.dumps(token).encode())
        assert where.path == f"/emails/operations/{OPERATION}"
        self._check(handler)
        state = self.states[min(self.looks, len(self.states) - 1)]
        self.looks += 1
        return reply(handler, 200, json.dumps(state).encode())

    def post(self, handler: BaseHTTPRequestHandler) -> None:
        assert urlsplit(handler.path).path == "/emails:send"
        self._check(handler)
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        status, answer = self.answer
        if status == 202:
            self.mails.append(msgspec.json.decode(body, type=EmailMessage))
        reply(handler, status, json.dumps(answer).encode())

    def _check(self, handler: BaseHTTPRequestHandler) -> None:
        assert urlsplit(handler.path).query == "api-version=2023-03-31"
        assert handler.headers["Authorization"] == "Bearer made-here"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def mailing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailing]:
    with closing(Mailing()) as service:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{service.url}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "the platform's")
        monkeypatch.setattr("adapters.azure.mail.LONGEST_WAIT", 0.01)
        yield service


def test_a_mail_is_taken_as_the_schema_has_it(mailing: Mailing) -> None:
    CommunicationServices(mailing.url, SENDER).send(ADA, "Account17 took 24 kWh – too much", "Über 10 kWh\n")
    (mail,) = mailing.mails
    assert (mail.sender_address, [one.address for one in mail.recipients.to]) == (SENDER, [ADA])
    assert (mail.content.subject, mail.content.plain_text) == ("Account17 took 24 kWh – too much", "Über 10 kWh\n")


def test_a_mail_that_was_taken_and_not_sent_is_refused(mailing: Mailing) -> None:
    error = {"code": "EmailDropped", "message": "the recipient is suppressed"}
    running = {"id": OPERATION, "status": "Running"}
    mailing.states = [running, running, {"id": OPERATION, "status": "Failed", "error": error}]
    with pytest.raises(Refused, match="taken and then not sent: EmailDropped: the recipient is suppressed"):
        CommunicationServices(mailing.url, SENDER).send(ADA, "a", "b")
    assert (len(mailing.mails), mailing.looks) == (1, 3)


def test_a_mail_that_is_long_on_its_way_is_sent(mailing: Mailing) -> None:
    mailing.states = [{"id": OPERATION, "status": "Running"}]
    CommunicationServices(mailing.url, SENDER).send(ADA, "a", "b")
    assert len(mailing.mails) == 1


@pytest.mark.parametrize(("status", "passes"), [(400, False), (401, False), (404, False), (429, True), (503, True)])
def test_what_may_pass_is_unavailable_and_what_will_not_is_refused(mailing: Mailing, status: int, passes: bool) -> None:
    mailing.answer = (status, {"error": {"code": "DomainNotLinked", "message": "the domain is not linked"}})
    with pytest.raises(TrefoilError if passes else Refused) as caught:
        CommunicationServices(mailing.url, SENDER).send(ADA, "a", "b")
    said = caught.value.__cause__ if passes else caught.value
    assert re.search(f"answered {status}: .*the domain is not linked", str(said))


def test_a_service_that_is_not_there_is_unavailable(mailing: Mailing) -> None:
    with pytest.raises(TrefoilError, match="did not take the mail") as caught:
        CommunicationServices(NOBODY, SENDER).send(ADA, "a", "b")
    assert caught.value.code is Code.UNAVAILABLE


@pytest.mark.parametrize("value", ["https://example.com", "http://mine.communication.azure.com", "https://a.b/c"])
def test_what_is_no_resource_is_named_at_the_start(value: str) -> None:
    with pytest.raises(ConfigError, match=f"TREFOIL_MAIL: '{value}' is no resource such as"):
        CommunicationServices(value, SENDER)
