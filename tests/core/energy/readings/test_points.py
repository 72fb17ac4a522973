"""Kinds of points, their check digits, and the zones that settle them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.readings.points import KINDS, flaw_of, kind_of, mpan_digit, nmi_digit, zone_of
from core.energy.readings.zones import named

BERLIN = named("Europe/Berlin")
# AEMO, National Metering Identifier Procedure, appendix with the checksum's worked examples.
NMIS = [
    "2001985732",
    "8",
    "2001985733",
    "6",
    "3075621875",
    "8",
    "3075621876",
    "6",
    "4316854005",
    "9",
    "4316854006",
    "7",
    "6305888444",
    "6",
    "6350888444",
    "2",
    "7001888333",
    "8",
    "7102000001",
    "7",
    "NAAAMYS582",
    "6",
    "NBBBX11110",
    "0",
    "NBBBX11111",
    "8",
    "NCCC519495",
    "5",
    "NGGG000055",
    "4",
    "QAAAVZZZZZ",
    "3",
    "QCDWW00010",
    "2",
    "SMVEW00085",
    "8",
    "VAAA000065",
    "7",
    "VAAA000066",
    "5",
    "VAAA000067",
    "2",
    "VAAASTY576",
    "8",
    "VCCCX00009",
    "1",
    "VEEEX00009",
    "1",
    "VKTS786150",
    "2",
    "VKTS867150",
    "5",
    "VKTS871650",
    "7",
    "VKTS876105",
    "7",
    "VKTS876150",
    "3",
    "VKTS876510",
    "8",
]


@pytest.mark.parametrize(
    ("point", "kind", "zone"),
    [
        ("1012345678903", "mpan", "Europe/London"),
        ("NMI0001234", "nmi", "+10:00"),
        ("6407000001", "nmi", "+10:00"),
        ("10012345678", "mprn", "Europe/Dublin"),
        ("30001234567890", "prm", "Europe/Paris"),
        ("ES0021000000000001AA", "cups", "Europe/Madrid"),
        ("ES0021000000000001AA1P", "cups", "Europe/Madrid"),
        ("541448820000000017", "ean", "Europe/Brussels"),
    ],
)
def test_each_kind_is_known_by_its_form_and_settled_by_its_zone(point: str, kind: str, zone: str) -> None:
    found = kind_of(point)
    assert found is not None
    assert (found.name, zone_of(point), flaw_of(point)) == (kind, zone, None)


def test_no_point_has_the_form_of_two_kinds() -> None:
    for point in ("1012345678903", "6407000001", "10012345678", "30001234567890", "541448820000000017"):
        assert sum(bool(kind.form.fullmatch(point)) for kind in KINDS) == 1


@pytest.mark.parametrize("point", ["meter 7", "", "20012345678", "123", "ES1", "101234567890", "551448820000000017"])
def test_what_has_the_form_of_none_is_refused_unless_it_is_free(point: str) -> None:
    assert "is no MPAN (13 digits), NMI" in str(flaw_of(point))
    assert (flaw_of(point, free=BERLIN) is None) == bool(point)


@pytest.mark.parametrize(("nmi", "digit"), list(zip(NMIS[::2], NMIS[1::2], strict=True)))
def test_an_nmi_s_check_digit_is_that_of_the_published_examples(nmi: str, digit: str) -> None:
    assert nmi_digit(nmi) == digit


@given(st.from_regex(r"[0-9]{12}", fullmatch=True), st.integers(0, 12), st.integers(1, 9))
def test_a_wrong_digit_of_an_mpan_is_found_but_for_the_two_that_look_alike(core: str, place: int, more: int) -> None:
    """Remainders 10 and 0 have the same digit, so one changed digit may pass: at most where they stand for it."""
    mpan = core + mpan_digit(core)
    assert flaw_of(mpan) is None
    wrong = mpan[:place] + str((int(mpan[place]) + more) % 10) + mpan[place + 1 :]
    weights = (3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43)
    remainders = {sum(int(d) * w for d, w in zip(one, weights, strict=False)) % 11 for one in (mpan, wrong)}
    if remainders != {0, 10} or place == 12:
        assert f"the check digit of the MPAN {wrong} does not fit" in str(flaw_of(wrong))


@pytest.mark.parametrize("point", ["9407000001", "0407000001", "1407000001", "5407000001"])
def test_a_gas_meter_s_number_is_no_nmi(point: str) -> None:
    assert f"{point} is no NMI" in str(flaw_of(point))


def test_a_free_name_that_looks_like_a_number_needs_that_number_s_zone() -> None:
    assert "looks like a number of kind mprn, whose days are those of Europe/Dublin" in str(
        flaw_of("10012345678", free=BERLIN)
    )
    assert flaw_of("10012345678", free=named("Europe/Dublin")) is None
    assert flaw_of("Roof 7", free=BERLIN) is None
    assert "up to 64 letters" in str(flaw_of("x" * 65, free=BERLIN))
