"""Mails by SES, the emulator's: which addresses it takes, and what becomes of a mail that it does not take."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

import pytest

from adapters.aws.mail import Ses
from core.kernel.config import ConfigError
from core.kernel.errors import Code, TrefoilError
from core.kernel.mail.rules import Refused
from tests import asking
from tests.beds.processes import NOBODY
from tests.contract.system import Harness


@pytest.fixture
def verified(harness: Harness) -> str:
    """An address that the account may send from, and to, as in the sandbox."""
    address = f"{uuid4().hex}@example.com"
    harness.emulator.client("sesv2").create_email_identity(EmailIdentity=address)  # type: ignore[attr-defined]
    return address


def sent(harness: Harness, to: str) -> list[dict[str, Any]]:
    """What the emulator keeps of the mails to an address."""
    url = harness.emulator.url  # type: ignore[attr-defined]
    found = asking.request("GET", f"{url}/_ministack/ses/messages").json()["messages"]
    return [one for mails in found.values() for one in mails if to in one["To"]]


def test_a_mail_is_taken_as_it_was_written(harness: Harness, verified: str) -> None:
    Ses("ses", verified, os.environ).send(verified, "Account17 took 24 kWh – too much", "Über 10 kWh\n")
    (mail,) = sent(harness, verified)
    assert (mail["Source"], mail["To"]) == (verified, [verified])
    assert (mail["Subject"], mail["BodyText"]) == ("Account17 took 24 kWh – too much", "Über 10 kWh\n")


def test_an_address_that_is_not_verified_is_refused_by_name(harness: Harness, verified: str) -> None:
    with pytest.raises(Refused, match=r"ses answered 400: .*nobody@example\.com"):
        Ses("ses", "nobody@example.com", os.environ).send(verified, "a", "b")
    assert sent(harness, verified) == []


def test_who_may_not_send_is_told_so(harness: Harness, verified: str) -> None:
    stranger = {**os.environ, "AWS_ACCESS_KEY_ID": "AKIASTRANGER"}
    with pytest.raises(Refused, match="ses answered 403"):
        Ses("ses", verified, stranger).send(verified, "a", "b")


def test_a_service_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(TrefoilError, match="SES did not take the mail") as caught:
        Ses("ses", "a@example.com", {**os.environ, "AWS_ENDPOINT_URL": NOBODY}).send("b@example.com", "a", "b")
    assert caught.value.code is Code.UNAVAILABLE


def test_a_region_of_its_own_is_not_understood() -> None:
    with pytest.raises(ConfigError, match="TREFOIL_MAIL: is not just ses"):
        Ses("ses:eu-west-1", "a@example.com", {})
