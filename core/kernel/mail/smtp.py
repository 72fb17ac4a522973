"""Mails by SMTP, with nothing but the standard library.

    smtp://USER:PASSWORD@HOST:587?starttls        submission, the connection made safe before anything is said
    smtps://USER:PASSWORD@HOST:465                safe from the first byte
    smtp://HOST:25                                a relay that asks for no password

USER and PASSWORD are percent-encoded. `password=file:///path` in the query names a file that holds the password, as a
mounted secret does; it is read for each mail, so it follows a rotation, and need be there only where mails are sent. A
password is never sent in the clear.
RFC 5321, 3207 (STARTTLS), 4954 (AUTH), 8314 (ports).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from msgspec import Struct

from core.kernel.clock import Clock, system_clock
from core.kernel.config import ConfigError, url_of
from core.kernel.errors import unavailable
from core.kernel.mail.rules import VARIABLE, Refused, without

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage
    from smtplib import SMTP

TIMEOUT = 20.0
"""Seconds that the server may be silent."""
PORTS = {"smtp": 587, "smtps": 465}
_FORM = "smtp://USER:PASSWORD@HOST:587?starttls, with password=file:///path in the query for a password in a file"


class Server(Struct, frozen=True):
    """Where mails are handed over, and as whom; `password` is text, or a `file:///path` that holds it."""

    host: str
    port: int
    tls: bool
    starttls: bool
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Server(host={self.host!r}, port={self.port!r})"


def server_of(value: str) -> Server:
    """What the variable says. Raises `ConfigError`, which never tells the value: it may hold a password."""
    try:
        url = url_of(VARIABLE, value)
        port = url.port
    except (ConfigError, ValueError):
        _bad("is no URL")
    if url.scheme not in PORTS or not url.hostname or url.path not in ("", "/") or url.fragment:
        _bad("names no mail server")
    given = dict(parse_qsl(url.query, keep_blank_values=True))
    if given.keys() - {"starttls", "password"}:  # of which nothing is told: a password may hold a question mark
        _bad("has something in its query besides starttls and password, which means nothing")
    starttls = "starttls" in given
    if given.get("starttls") or (starttls and url.scheme == "smtps"):
        _bad("has starttls where it does not belong: it stands alone, and smtps:// needs none")
    user, password = unquote(url.username or ""), _password(url, given)
    if bool(user) != bool(password):
        _bad("has a user without a password, or a password without a user")
    if not (user + password).isascii():
        _bad("has a user or password beyond ASCII, which SMTP's logins do not take")
    if password and not starttls and url.scheme != "smtps":
        _bad("would send the password in the clear; add ?starttls, or use smtps://")
    return Server(url.hostname or "", port or PORTS[url.scheme], url.scheme == "smtps", starttls, user, password)


def _password(url: SplitResult, given: dict[str, str]) -> str:
    if "password" not in given:
        return unquote(url.password or "")
    if url.password or not given["password"].startswith("file:///"):
        _bad("has a password in its query that is no file:///path, or another one beside it")
    return given["password"]


def _bad(problem: str) -> NoReturn:
    raise ConfigError(VARIABLE, f"{problem}; give {_FORM}") from None


class Smtp:
    """Hands mails to one server, each by a connection of its own. See `core.kernel.services.Notifier`."""

    def __init__(self, url: str, sender: str, clock: Clock = system_clock) -> None:
        self._server = server_of(url)
        self._sender = sender
        self._clock = clock

    def send(self, to: str, subject: str, text: str) -> None:
        import ssl
        from smtplib import SMTPException, SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException

        message = written(self._sender, to, subject, text, self._clock())
        try:
            self._hand_over(message)
        except SMTPRecipientsRefused as error:
            ((code, said),) = error.recipients.values()
            self._failed(code, said, to)
        except SMTPResponseException as error:
            self._failed(error.smtp_code, error.smtp_error, to)
        except SMTPNotSupportedError as error:
            raise Refused(f"{self._name} can't do what is asked of it: {error}") from None
        except ssl.SSLCertVerificationError as error:
            raise Refused(f"{self._name} has a certificate that is not trusted: {error.verify_message}") from None
        except (SMTPException, OSError) as error:
            raise unavailable(f"{self._name} did not take the mail") from error

    def _hand_over(self, message: EmailMessage) -> None:
        connection = self._connect()
        try:
            if self._server.user:
                connection.login(self._server.user, self._secret())
            connection.send_message(message)
            # It has the mail now: how the conversation ends is no reason to send another.
            with suppress(Exception):
                connection.quit()
        finally:
            connection.close()

    def _connect(self) -> SMTP:
        import ssl
        from smtplib import SMTP, SMTP_SSL

        server = self._server
        if server.tls:
            return SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=ssl.create_default_context())
        connection = SMTP(server.host, server.port, timeout=TIMEOUT)
        try:
            if server.starttls:
                connection.starttls(context=ssl.create_default_context())
        except BaseException:
            connection.close()
            raise
        return connection

    def _secret(self) -> str:
        password = self._server.password
        if not password.startswith("file:///"):
            return password
        from pathlib import Path

        path = Path(unquote(urlsplit(password).path))
        try:
            return path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(VARIABLE, f"the password in {path} can't be read: {error}") from None

    def _failed(self, code: int, said: bytes | str, to: str) -> NoReturn:
        """From None: what smtplib raised holds the address, which is nobody's to read in a log."""
        text = said.decode(errors="replace") if isinstance(said, bytes) else said
        answer = f"{self._name} answered {code} {without(to, ' '.join(text.split()))}"
        if 500 <= code < 600:
            raise Refused(answer) from None
        raise unavailable(answer) from None

    @property
    def _name(self) -> str:
        return f"the mail server {self._server.host}"


def written(sender: str, to: str, subject: str, text: str, now: datetime) -> EmailMessage:
    """The mail as it goes over the wire.

    Its `Message-ID` is made of what it says: of two that a crash has sent, many a mailbox shows one. Raises
    `ValueError` for a line break in what becomes a header.
    """
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import format_datetime
    from hashlib import sha256

    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))  # not every server takes eight
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(now)
    digest = sha256("\n".join((to, subject, text)).encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{digest}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    message.set_content(text)
    return message
