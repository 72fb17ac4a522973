from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.auth import keys, tokens
from core.kernel.auth.authorizer import Principal, Refused, verdict
from core.kernel.auth.keys import Keyring
from tests.conftest import StoppedClock
from tests.hostile_tokens import CASES, Case, Forge

ISSUER, AUDIENCE = "https://issuer.example", "trefoil"


@pytest.fixture
def ring(pem: str, clock: StoppedClock) -> Keyring:
    return Keyring(lambda: pem, clock)


@pytest.fixture
def forge(pem: str, ring: Keyring, clock: StoppedClock) -> Forge:
    return Forge(pem, ring.jwks()["keys"][0], ISSUER, AUDIENCE, int(clock.now.timestamp()))


def judge(ring: Keyring, clock: StoppedClock, *values: str) -> Principal | Refused:
    return verdict(values, ring, issuer=ISSUER, audience=AUDIENCE, now=clock.now)


def test_a_minted_token_is_accepted(ring: Keyring, clock: StoppedClock) -> None:
    token = tokens.mint(ring, clock, issuer=ISSUER, audience=AUDIENCE, subject="podge")
    for header in (f"Bearer {token}", f"bearer {token}", f"BEARER  {token}"):
        assert judge(ring, clock, header) == Principal("podge", int(clock().timestamp()))


@pytest.mark.parametrize(
    "letter", ["\u017f", "\u212a", "\uff41", "\u0660"], ids=["long s", "Kelvin", "wide a", "digit"]
)
def test_letters_that_only_look_like_ascii_are_refused(
    ring: Keyring, clock: StoppedClock, forge: Forge, letter: str
) -> None:
    """Some match a case-insensitive pattern."""
    for value in (f"Bearer {letter}{forge.token()[1:]}", f"Bearer {forge.token()[:-1]}{letter}"):
        assert judge(ring, clock, value) == Refused("Authorization is not 'Bearer' and one compact token")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile(ring: Keyring, clock: StoppedClock, forge: Forge, case: Case) -> None:
    values = [value for _, value in case.headers(forge)]
    assert isinstance(judge(ring, clock, *values), Refused)


@pytest.mark.parametrize(
    ("claims", "accepted"),
    [
        ({"exp": -29}, True),
        ({"exp": -30}, False),
        ({"nbf": 30}, True),
        ({"nbf": 31}, False),
        ({"iat": 30}, True),
        ({"iat": 31}, False),
    ],
)
def test_thirty_seconds_of_skew_at_the_edges(
    ring: Keyring, clock: StoppedClock, forge: Forge, claims: dict[str, int], accepted: bool
) -> None:
    token = forge.token(**{name: forge.now + seconds for name, seconds in claims.items()})
    assert isinstance(judge(ring, clock, f"Bearer {token}"), Principal) is accepted


def test_a_token_outlives_the_rotation_of_its_key_until_the_key_is_removed(pem: str, clock: StoppedClock) -> None:
    bundle = [pem]
    ring = Keyring(lambda: bundle[0], clock)
    token = tokens.mint(ring, clock, issuer=ISSUER, audience=AUDIENCE, subject="podge")
    new = keys.generate()
    for text, accepted in ((pem + new, True), (new + pem, True), (new, False)):
        bundle[0] = text
        clock.now += timedelta(minutes=5)
        assert isinstance(judge(ring, clock, f"Bearer {token}"), Principal) is accepted


RING: dict[str, Any] = {}


def _shared() -> tuple[Keyring, StoppedClock, str]:
    if not RING:
        clock = StoppedClock()
        pem = keys.generate()
        ring = Keyring(lambda: pem, clock)
        RING["all"] = ring, clock, tokens.mint(ring, clock, issuer=ISSUER, audience=AUDIENCE, subject="podge")
    return RING["all"]  # type: ignore[no-any-return]


@given(st.text())
def test_no_text_is_a_token(text: str) -> None:
    ring, clock, _ = _shared()
    assert isinstance(judge(ring, clock, text), Refused)
    assert isinstance(judge(ring, clock, f"Bearer {text}"), Refused)


@given(st.data())
def test_no_single_changed_character_passes(data: st.DataObject) -> None:
    ring, clock, token = _shared()
    at = data.draw(st.integers(0, len(token) - 2))  # the last character holds bits that are not part of the signature
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."))
    changed = token[:at] + other + token[at + 1 :]
    if changed != token:
        assert isinstance(judge(ring, clock, f"Bearer {changed}"), Refused)
