"""Periods by their numbers: each follows the one before without a gap, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.costs.periods import begin_of, first_day, minutes_of, number_from, number_of, text_of
from core.energy.readings.periods import day_of
from core.energy.readings.zones import named

ZONES = ("Europe/London", "+10:00", "UTC", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu")
MOMENTS = st.integers(0, 297 * 365 * 86_400).map(lambda n: datetime(1901, 1, 1, tzinfo=UTC) + timedelta(seconds=n))


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(["hour", "day", "month"]))
def test_an_instant_is_in_the_one_period_of_its_number(moment: datetime, name: str, resolution: str) -> None:
    zone = named(name)
    number = number_of(resolution, zone, moment)
    begin, end = begin_of(resolution, zone, number), begin_of(resolution, zone, number + 1)
    assert begin <= moment < end
    assert minutes_of(resolution, zone, number) * timedelta(minutes=1) == end - begin
    assert first_day(resolution, zone, number) == day_of(zone, begin)
    assert number_from(resolution, text_of(resolution, number)) == number


def test_starts_are_written_as_the_readings_route_does() -> None:
    moment, zone = datetime(2026, 7, 1, 12, 30, tzinfo=UTC), named("Europe/London")
    texts = [text_of(one, number_of(one, zone, moment)) for one in ("hour", "day", "month")]
    assert texts == ["2026-07-01T12:00:00Z", "2026-07-01", "2026-07-01"]


@pytest.mark.parametrize(
    ("resolution", "text"),
    [("hour", "2026-07-01T12:30:00Z"), ("hour", "2026-07-01"), ("day", "1 July"), ("month", "2026-07-02"), ("day", "")],
)
def test_what_begins_no_period_has_no_number(resolution: str, text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        number_from(resolution, text)
