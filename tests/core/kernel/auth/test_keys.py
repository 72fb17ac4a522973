from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from core.kernel.auth import keys
from core.kernel.auth.keys import CACHE_LIFE, Keyring
from core.kernel.config import ConfigError
from tests.conftest import StoppedClock


def test_a_bundle_keeps_its_order(pem: str) -> None:
    other = keys.generate()
    bundle = keys.parse(other + pem)
    assert [key.kid for key in bundle] == [keys.parse(other)[0].kid, keys.parse(pem)[0].kid]
    assert keys.parse("".join(key.pem() for key in bundle)) != ()


def test_a_pem_on_one_line_is_read(pem: str) -> None:
    assert keys.parse(pem.replace("\n", "\\n"))[0].kid == keys.parse(pem)[0].kid


def test_the_kid_is_the_thumbprint_of_rfc_7638() -> None:
    """The example key of the RFC, section 3.1, by its public members."""
    import json
    from hashlib import sha256

    key = keys.parse(keys.generate())[0]
    jwk = key.jwk()
    canonical = json.dumps({"e": jwk["e"], "kty": "RSA", "n": jwk["n"]}, separators=(",", ":")).encode()
    assert key.kid == base64.urlsafe_b64encode(sha256(canonical).digest()).rstrip(b"=").decode()


def _pem(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda pem: "", "holds no PEM private key"),
        (lambda pem: "hello", "holds no PEM private key"),
        (lambda pem: pem.replace("PRIVATE", "PUBLIC"), "holds no PEM private key"),
        (lambda pem: pem[:200] + pem[300:], "can't be read"),
        (lambda pem: _pem(rsa.generate_private_key(65537, 1024)), "at least 2048 bits"),
        (lambda pem: _pem(ec.generate_private_key(ec.SECP256R1())), "must hold RSA keys"),
    ],
)
def test_a_bundle_that_is_no_good_is_refused_without_quoting_it(pem: str, make, complaint: str) -> None:  # type: ignore[no-untyped-def]
    text = make(pem)
    with pytest.raises(ConfigError, match=f"TREFOIL_SIGNING_KEY: .*{complaint}") as caught:
        keys.parse(text)
    assert not text or text not in str(caught.value)


def test_no_changed_byte_of_a_key_goes_unnoticed(pem: str) -> None:
    body = base64.b64decode("".join(pem.splitlines()[1:-1]))
    for place in range(len(body)):
        for bit in (0x01, 0x80):
            changed = base64.b64encode(body[:place] + bytes([body[place] ^ bit]) + body[place + 1 :]).decode()
            with pytest.raises(ConfigError, match="TREFOIL_SIGNING_KEY"):
                keys.parse(f"-----BEGIN PRIVATE KEY-----\n{changed}\n-----END PRIVATE KEY-----\n")


MEMBERS = ("n", "e", "d", "p", "q", "dmp1", "dmq1", "iqmp")


def _numbers(pem: str) -> dict[str, int]:
    numbers = keys.parse(pem)[0].private.private_numbers()
    return {name: getattr(numbers.public_numbers if name in "ne" else numbers, name) for name in MEMBERS}


def _encoded(numbers: dict[str, int]) -> str:
    """As PEM (PKCS #1), which libraries write of numbers that fit together only."""

    def der(tag: int, body: bytes) -> bytes:
        size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
        return bytes([tag, *([] if len(body) < 128 else [0x80 + len(size)]), *size]) + body

    def integer(number: int) -> bytes:
        return der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))

    body = der(0x30, integer(0) + b"".join(integer(numbers[name]) for name in MEMBERS))
    return f"-----BEGIN RSA PRIVATE KEY-----\n{base64.b64encode(body).decode()}\n-----END RSA PRIVATE KEY-----\n"


def test_a_key_in_the_older_form_is_read(pem: str) -> None:
    assert keys.parse(_encoded(_numbers(pem)))[0].kid == keys.parse(pem)[0].kid


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("change", [-2, 2])
def test_a_key_whose_numbers_do_not_fit_together_is_refused(pem: str, member: str, change: int) -> None:
    numbers = _numbers(pem)
    numbers[member] += change
    with pytest.raises(ConfigError, match=r"TREFOIL_SIGNING_KEY: .*(don't fit together|can't be read)"):
        keys.parse(_encoded(numbers))


def test_a_key_that_anybody_could_sign_with_is_refused(pem: str) -> None:
    """With the exponents 1 the numbers fit together, and a signature is what it signs."""
    with pytest.raises(ConfigError, match="TREFOIL_SIGNING_KEY"):
        keys.parse(_encoded({**_numbers(pem), "e": 1, "d": 1, "dmp1": 1, "dmq1": 1}))


def test_the_ring_reads_its_source_again_after_its_life(pem: str, clock: StoppedClock) -> None:
    bundles = [pem, keys.generate() + pem]
    ring = Keyring(lambda: bundles[0], clock)
    old = ring.signing_key().kid
    bundles.pop(0)
    clock.advance(seconds=CACHE_LIFE.total_seconds() - 1)
    assert ring.signing_key().kid == old
    clock.advance(seconds=1)
    assert ring.signing_key().kid != old
    assert ring.find(old) is not None
    assert len(ring.jwks()["keys"]) == 2


def test_keys_whose_source_fails_are_kept_for_an_hour_and_no_longer(pem: str, clock: StoppedClock) -> None:
    sources = [pem]

    def source() -> str:
        if not sources:
            raise OSError("down")
        return sources[0]

    ring = Keyring(source, clock)
    kid = ring.signing_key().kid
    sources.clear()
    for _ in range(12):
        clock.advance(seconds=CACHE_LIFE.total_seconds() - 1)
        assert ring.find(kid) is not None
    clock.advance(seconds=11)
    assert ring.find(kid) is not None
    clock.advance(seconds=1)
    for _ in range(2):
        with pytest.raises(OSError, match="down"):
            ring.find(kid)
    sources.append(keys.generate())
    assert ring.find(kid) is None
    assert ring.signing_key().kid != kid


def test_a_clock_set_back_makes_the_ring_read_again(pem: str, clock: StoppedClock) -> None:
    bundles = [pem, keys.generate()]
    ring = Keyring(lambda: bundles[0], clock)
    old = ring.signing_key().kid
    bundles.pop(0)
    clock.advance(hours=-1)
    assert ring.signing_key().kid != old
