"""What may be written to, and what may stand in a subject: nothing that could become another header."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.kernel.clock import system_clock
from core.kernel.mail.rules import check, is_address, without
from core.kernel.mail.smtp import written
from core.kernel.services import Services
from tests.conftest import KeptMail


@pytest.mark.parametrize("address", ["ada@example.com", "a@b", "o'neil+alerts@sub.example.co.uk", "x" * 64 + "@e.com"])
def test_what_is_an_address(address: str) -> None:
    assert is_address(address)


BAD = [
    "",
    "ada",
    "ada@",
    "@example.com",
    "ada@@example.com",
    "ada@exa mple.com",
    "ada @example.com",
    "ada@example.com ",
    "ada@example.com\n",
    "ada@example.com\r\nBcc: eve@example.com",
    "ada@example.com,eve@example.com",
    "Ada <ada@example.com>",
    "ada@-example.com",
    "ada@example..com",
    "ädä@example.com",
    "ada@example.com\x00",
    "x" * 65 + "@example.com",
    "ada@" + ".".join(["x" * 60] * 5),
]


@pytest.mark.parametrize("address", BAD)
def test_what_is_none(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(ValueError, match=r"is no e-mail address such as ada@example\.com"):
        check(address, "subject")


@pytest.mark.parametrize("subject", ["", "a\nBcc: eve@example.com", "a\rb", "a\x0bb", "a\u2028b", "x" * 201])
def test_a_subject_is_one_line(subject: str) -> None:
    with pytest.raises(ValueError, match="is no subject: give one line of at most 200 characters"):
        check("ada@example.com", subject)


def test_a_mail_that_could_have_other_headers_never_comes_to_the_server(services: Services) -> None:
    mail = KeptMail()
    with pytest.raises(ValueError, match="is no e-mail address"):
        replace(services, notifier=mail).mail("ada@example.com\r\nBcc: eve@example.com", "a", "b")
    assert mail.sent == []
    with pytest.raises(ValueError, match="no mail is configured here"):
        services.mail("ada@example.com", "a", "b")


@given(st.text(max_size=60), st.text(max_size=300))
def test_whatever_is_said_there_is_one_reader_and_one_subject(subject: str, text: str) -> None:
    try:
        check("ada@example.com", subject)
        content = written("alerts@example.com", "ada@example.com", subject, text, system_clock()).as_bytes()
    except (ValueError, UnicodeEncodeError):
        return
    mail = message_from_bytes(content, policy=default)
    headers = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
    assert [name for name in mail if name != "MIME-Version" and not name.startswith("Content-")] == headers
    assert mail["To"] == "ada@example.com"
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.isascii()


@pytest.mark.parametrize("said", ["550 <Ada@Example.com>: no such mailbox", "ada@example.com is unknown"])
def test_what_a_mail_service_said_is_told_without_the_address(said: str) -> None:
    told = without("ada@example.com", said)
    assert "ada" not in told.lower()
    assert "the address" in told
