"""Which way of sending TREFOIL_MAIL names, and what is said of one that is none: never the value itself."""

from __future__ import annotations

import pytest

from core.kernel.config import Config, ConfigError
from core.kernel.mail.chosen import notifier
from core.kernel.mail.smtp import Server, Smtp, server_of
from tests.conftest import KeptMail

ENVIRONMENT = {
    "TREFOIL_STORE": "memory:///",
    "TREFOIL_ISSUER": "https://trefoil.example",
    "TREFOIL_AUDIENCE": "trefoil",
    "TREFOIL_SIGNING_KEY": "-",
}


def config(**variables: str) -> Config:
    return Config.from_environment({**ENVIRONMENT, **variables})


def test_without_it_there_is_none() -> None:
    assert notifier(config(), "", {}) is None


def test_an_adapters_own_way_is_known_by_what_it_begins_with() -> None:
    mail = KeptMail()
    for value in ("own", "own://there"):
        assert notifier(config(TREFOIL_MAIL=value, TREFOIL_MAIL_FROM="a@b.c"), "own, ", {"own": lambda: mail}) is mail
    assert isinstance(notifier(config(TREFOIL_MAIL="smtp://h", TREFOIL_MAIL_FROM="a@b.c"), "", {}), Smtp)


@pytest.mark.parametrize(
    ("variables", "variable", "said"),
    [
        ({"TREFOIL_MAIL": "ses"}, "TREFOIL_MAIL_FROM", "is not set; give the address that mails come from"),
        ({"TREFOIL_MAIL_FROM": "a@b.c"}, "TREFOIL_MAIL", "is not set, but TREFOIL_MAIL_FROM is"),
        ({"TREFOIL_MAIL": "ses", "TREFOIL_MAIL_FROM": "me"}, "TREFOIL_MAIL_FROM", "'me' is no e-mail address"),
        ({"TREFOIL_SITE": "app.example.com"}, "TREFOIL_SITE", "must be the URL of the site"),
    ],
)
def test_half_of_it_is_named_at_the_start(variables: dict[str, str], variable: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        config(**variables)
    assert caught.value.variable == variable


@pytest.mark.parametrize(
    "value",
    [
        "sendmail",
        "smtp:secret@host",
        "smtp://",
        "smtp://u:secret@",
        "smtp://u:secret@host:port?starttls",
        "smtp://u:secret@host",
        "smtp://u:secret@host?tls",
        "smtp://u:secret@host?starttls=yes",
        "smtp://u:secret@host/path?starttls",
        "smtps://u:secret@host?starttls",
        "smtps://u@host",
        "smtps://:secret@host",
        "smtps://u@host?password=secret",
        "smtps://u:secret%C3%BC@host",
        "smtps://u:secret@host?password=file:///a",
        "smtp://u:secret@[host?starttls",
        "u:secret@host",
        "SECRET://secret",
    ],
)
def test_what_is_no_mail_server_is_told_without_the_password(value: str) -> None:
    with pytest.raises(ConfigError, match=r"^TREFOIL_MAIL: ") as caught:
        notifier(config(TREFOIL_MAIL=value, TREFOIL_MAIL_FROM="a@b.c"), "own, ", {"own": KeptMail})
    assert "secret" not in str(caught.value).lower()
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("value", "server"),
    [
        ("smtp://h", Server("h", 587, False, False, "", "")),
        ("smtp://h:25", Server("h", 25, False, False, "", "")),
        ("smtp://u:p%40s%2Fs@h?starttls", Server("h", 587, False, True, "u", "p@s/s")),
        ("smtps://u%40e.com:secret@h", Server("h", 465, True, False, "u@e.com", "secret")),
        ("smtps://u@h?password=file:///run/p", Server("h", 465, True, False, "u", "file:///run/p")),
    ],
)
def test_a_mail_server_is_read_whole_and_shown_without_its_password(value: str, server: Server) -> None:
    assert server_of(value) == server
    assert server.password not in repr(server) or not server.password
