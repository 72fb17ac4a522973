from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.ingest import fields, times
from core.energy.ingest.fields import Bad, Value
from core.energy.ingest.terms import BOUND, FAULT, FUTURE, PAST, Terms

TERMS = Terms(0, allow=frozenset({BOUND, FAULT, FUTURE, PAST}))


def worth(text: str) -> int:
    found = fields.value(text, Fraction(1), 30, TERMS)
    assert isinstance(found, Value)
    return found.scaled


@pytest.mark.parametrize("text", ["1012345678903", "NEM1203045", "4103035421", " 1012345678903 "])
def test_points(text: str) -> None:
    assert fields.point(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    ["", "101234567890", "NEMI203045", "NEM120304O", "１０１２３４５６７８９０１", "NEM1203045\0"],
)
def test_what_is_no_point(text: str) -> None:
    assert isinstance(fields.point(text), Bad)


@given(st.integers(-1000, 1000))
def test_versions_are_1_to_24(number: int) -> None:
    found = fields.version(str(number))
    assert found == number if 1 <= number <= 24 else isinstance(found, Bad)


@pytest.mark.parametrize("text", ["", "1.5", "+1", "1e0", "001", "٣", "one", "²"])
def test_what_is_no_version(text: str) -> None:
    assert isinstance(fields.version(text), Bad)


@given(st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)), st.integers(-14 * 2, 14 * 2))  # noqa: DTZ001
def test_starts_of_any_zone_are_the_same_instant(moment: datetime, half_hours: int) -> None:
    zone = timezone(timedelta(minutes=30 * half_hours))
    local = moment.replace(tzinfo=UTC).astimezone(zone)
    found = times.start(local.isoformat(), TERMS)
    on_the_half_hour = local.astimezone(UTC).minute % 30 == 0 and local.second == local.microsecond == 0
    if on_the_half_hour:
        assert found == int(local.timestamp()) // 300
    else:
        assert isinstance(found, Bad)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-01-01T00:00:00", "no zone"),
        ("2026-01-01", "this is a day"),
        ("2026-01-01T00:15:00Z", "half hour"),
        ("2026-01-01T00:29:00Z", "grid"),
        ("2026-01-01T00:30:00.000001Z", "grid"),
        ("2026-01-01T00:00:00+00:15", "half hour"),
        ("2026-02-30T00:00:00Z", "ISO 8601"),
        ("", "ISO 8601"),
        ("1", "ISO 8601"),
        ("0001-01-01T00:00:00+14:00", "year"),
        ("9999-12-31T23:30:00-14:00", "year"),
        ("1899-12-31T23:30:00Z", "year"),
        ("2200-01-01T00:00:00Z", "year"),
    ],
)
def test_what_is_no_start(text: str, reason: str) -> None:
    found = times.start(text, TERMS)
    assert isinstance(found, Bad)
    assert reason in found.reason


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=Decimal(-999999999), max_value=Decimal(999999999), places=9
    )
)
def test_kwh_is_exact(value: Decimal) -> None:
    for text in (format(value, "f"), f"{value:E}", f" {value} "):
        assert worth(text) == int(value * 10**9)


@pytest.mark.parametrize(
    ("text", "scaled"),
    [
        ("+1.", 10**9),
        (".5", 5 * 10**8),
        ("-0", 0),
        ("1e-9", 1),
        ("1E3", 10**12),
        ("0e9999", 0),
        ("0" * 60 + "1", 10**9),
    ],
)
def test_ways_to_write_a_number(text: str, scaled: int) -> None:
    assert worth(text) == scaled


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *((text, "not a finite number") for text in (".", "e5", "-inf", "1_0", "0x1", "٣", "--1", "1 0", "1" * 65)),
        ("0.0000000001", "after the point"),
        ("1e-10", "after the point"),
        ("1e-9999", "after the point"),
        ("1000000000", "before the point"),
        ("1e9999", "before the point"),
        ("1,5", "in two ways"),
        ("-999999999.9999999999", "before the point"),
    ],
)  # fmt: skip
def test_what_is_no_kwh(text: str, reason: str) -> None:
    found = fields.value(text, Fraction(1), 30, TERMS)
    assert isinstance(found, Bad)
    assert reason in found.reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "31/01/2026",
        "2026-02-30",
        "2026-01-01T00:00:00Z",
        "2026-01-01 00:30",
        "1899-12-31",
        "2200-01-01",
        "２０２６-01-01",
    ],
)
def test_what_is_no_settlement_date(text: str) -> None:
    assert isinstance(times.settlement_date(text), Bad)
