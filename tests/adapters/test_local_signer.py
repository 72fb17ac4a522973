from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.local.signer import LIFETIME, LocalSigner, Permit
from tests.conftest import StoppedClock

KEY = "incoming/Account17/a b%ü.csv"
NAME = "Zähler &=1.csv"


def signer(clock: StoppedClock, *secrets: bytes) -> LocalSigner:
    return LocalSigner("http://127.0.0.1:1", lambda: list(secrets or (b"secret",)), clock)


def check(signer: LocalSigner, method: str, url: str) -> Permit | None:
    parts = urlsplit(url)
    return signer.check(method, parts.path, parts.query)


def test_what_was_signed_is_permitted(clock: StoppedClock) -> None:
    signed = signer(clock).upload(KEY, 17)
    assert check(signer(clock), "PUT", signed.url) == Permit("PUT", KEY, 17)
    assert check(signer(clock), "GET", signer(clock).download(KEY, NAME).url) == Permit("GET", KEY, None, NAME)


def test_another_name_than_the_signed_one_is_refused(clock: StoppedClock) -> None:
    url = signer(clock).download(KEY, "mine.csv").url
    assert check(signer(clock), "GET", url.replace("mine.csv", "yours.exe")) is None


def test_it_expires(clock: StoppedClock) -> None:
    signed = signer(clock).download(KEY, NAME)
    clock.advance(seconds=LIFETIME.total_seconds() - 1)
    assert check(signer(clock), "GET", signed.url) is not None
    clock.advance(seconds=1)
    assert check(signer(clock), "GET", signed.url) is None
    assert signed.expires_at == clock.now


def test_a_rotated_secret_keeps_what_was_signed_until_it_is_removed(clock: StoppedClock) -> None:
    signed = signer(clock, b"old").download(KEY, NAME)
    assert check(signer(clock, b"new", b"old"), "GET", signed.url) is not None
    assert check(signer(clock, b"new"), "GET", signed.url) is None


@pytest.mark.parametrize(
    "query", ["", "signature=%C3%A9&expires=x", "expires=99999999999", "size=&expires=&signature="]
)
def test_rubbish_is_refused(clock: StoppedClock, query: str) -> None:
    assert signer(clock).check("GET", "/_local/objects/x", query) is None
    assert signer(clock).check("GET", "/other", query) is None


@given(st.data())
def test_no_changed_character_is_permitted(data: st.DataObject) -> None:
    clock = StoppedClock()
    url = signer(clock).upload("incoming/Account17/x.csv", 17).url
    at = data.draw(st.integers(len("http://127.0.0.1:1"), len(url) - 1))
    changed = url[:at] + data.draw(st.sampled_from("abcdef0123456789/&=%?#")) + url[at + 1 :]
    permit = check(signer(clock), "PUT", changed)
    assert permit is None or permit == Permit("PUT", "incoming/Account17/x.csv", 17)
