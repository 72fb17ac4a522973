"""Mails handed over to a real mail server, aiosmtpd, with and without TLS and a password."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from core.kernel.config import ConfigError
from core.kernel.errors import Code, TrefoilError
from core.kernel.mail.rules import Refused
from core.kernel.mail.smtp import Smtp
from tests.beds.processes import free_port

SENDER, ADA = "alerts@example.com", "ada@example.com"
TEXT = "Account17 took 52.3 kWh.\n.a line that begins with a dot\nÜber 50 kWh: 漢字 💡\n"
ANSWERS = {"down@example.com": "451 4.3.0 not now", "nobody@example.com": "550 5.1.1 no such mailbox"}


class Kept:
    """What aiosmtpd asks of each mail."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.secret = b"pass word/@"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802
        if address in ANSWERS:
            return ANSWERS[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 kept"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        known = isinstance(given, LoginPassword) and given == LoginPassword(b"trefoil", self.secret)
        return AuthResult(success=known, handled=False)


@pytest.fixture
def kept() -> Kept:
    return Kept()


Serve = Callable[..., int]


@pytest.fixture
def serve(kept: Kept) -> Iterator[Serve]:
    running: list[Controller] = []

    def begin(**options: Any) -> int:
        server = Controller(kept, hostname="127.0.0.1", port=free_port(), **options)
        server.start()
        running.append(server)
        return int(server.port)

    yield begin
    for server in running:
        server.stop()


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """A server's TLS, by a certificate that `trusted` is told of."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    both = tmp_path / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both.write_bytes(private + made.public_bytes(Encoding.PEM))
    (tmp_path / "authority.pem").write_bytes(made.public_bytes(Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(both)
    return context


@pytest.fixture
def trusted(tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


def test_a_mail_comes_as_it_was_written(serve: Serve, kept: Kept) -> None:
    Smtp(f"smtp://127.0.0.1:{serve()}", SENDER).send(ADA, "Account17 took 52.3 kWh – too much", TEXT)
    (envelope,) = kept.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, [ADA])
    mail = message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type]
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, ADA, "Account17 took 52.3 kWh – too much")
    assert mail.get_content().replace("\r\n", "\n") == TEXT
    assert (mail["Auto-Submitted"], mail.get_content_type()) == ("auto-generated", "text/plain")


def test_the_same_mail_has_the_same_id(serve: Serve, kept: Kept) -> None:
    smtp = Smtp(f"smtp://127.0.0.1:{serve()}", SENDER)
    for text in ("a", "a", "b"):
        smtp.send(ADA, "subject", text)
    ids = [message_from_bytes(one.content or b"")["Message-ID"] for one in kept.mails]  # type: ignore[arg-type]
    assert [ids.index(one) for one in ids] == [0, 0, 2]


def authenticated(kept: Kept) -> dict[str, Any]:
    return {"authenticator": kept.authenticate, "auth_required": True}


def test_by_starttls_with_a_password(serve: Serve, kept: Kept, tls: ssl.SSLContext, trusted: None) -> None:
    port = serve(tls_context=tls, require_starttls=True, **authenticated(kept))
    Smtp(f"smtp://trefoil:pass%20word%2F%40@127.0.0.1:{port}?starttls", SENDER).send(ADA, "a", "b")
    assert len(kept.mails) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # it does not see its own TLS
def test_by_tls_with_a_password_in_a_file_that_is_followed(
    serve: Serve, kept: Kept, tls: ssl.SSLContext, trusted: None, tmp_path: Path
) -> None:
    port = serve(ssl_context=tls, auth_require_tls=False, **authenticated(kept))
    secret = tmp_path / "password"
    secret.write_text("the former\n")
    smtp = Smtp(f"smtps://trefoil@127.0.0.1:{port}?password={secret.as_uri()}", SENDER)
    with pytest.raises(Refused, match=r"the mail server 127\.0\.0\.1 answered 535 "):
        smtp.send(ADA, "a", "b")
    secret.write_bytes(kept.secret + b"\n")
    smtp.send(ADA, "a", "b")
    assert len(kept.mails) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # it does not see its own TLS
def test_a_password_that_can_not_be_read_is_named(
    serve: Serve, kept: Kept, tls: ssl.SSLContext, trusted: None, tmp_path: Path
) -> None:
    port = serve(ssl_context=tls, auth_require_tls=False, **authenticated(kept))
    smtp = Smtp(f"smtps://trefoil@127.0.0.1:{port}?password=file://{tmp_path}/none", SENDER)
    with pytest.raises(ConfigError, match=f"TREFOIL_MAIL: the password in {tmp_path}/none can't be read"):
        smtp.send(ADA, "a", "b")


def test_a_server_whose_certificate_nobody_trusts_gets_nothing(serve: Serve, kept: Kept, tls: ssl.SSLContext) -> None:
    port = serve(tls_context=tls, **authenticated(kept))
    with pytest.raises(Refused, match="has a certificate that is not trusted: self"):
        Smtp(f"smtp://trefoil:x@127.0.0.1:{port}?starttls", SENDER).send(ADA, "a", "b")
    assert kept.mails == []


def test_a_server_without_starttls_gets_no_password(serve: Serve, kept: Kept) -> None:
    with pytest.raises(Refused, match="can't do what is asked of it: STARTTLS"):
        Smtp(f"smtp://trefoil:x@127.0.0.1:{serve()}?starttls", SENDER).send(ADA, "a", "b")
    assert kept.mails == []


def test_what_may_pass_is_unavailable_and_what_will_not_is_refused(serve: Serve, kept: Kept) -> None:
    smtp = Smtp(f"smtp://127.0.0.1:{serve()}", SENDER)
    with pytest.raises(TrefoilError, match=r"the mail server 127\.0\.0\.1 answered 451 .*not now") as caught:
        smtp.send("down@example.com", "a", "b")
    assert caught.value.code is Code.UNAVAILABLE
    with pytest.raises(Refused, match=r"the mail server 127\.0\.0\.1 answered 550 .*no such mailbox"):
        smtp.send("nobody@example.com", "a", "b")
    assert kept.mails == []


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(TrefoilError, match="did not take the mail") as caught:
        Smtp("smtp://127.0.0.1:9", SENDER).send(ADA, "a", "b")
    assert caught.value.code is Code.UNAVAILABLE
