"""Slots of a month, and what is put in place of those that were not read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.readings.zones import named
from core.energy.settlement.intervals import Reading, day_and_minute, estimates, slots
from core.energy.settlement.month import Month, before

LONDON = named("Europe/London")
ZONES = ("Europe/London", "+10:00", "Europe/Madrid", "UTC", "Australia/Lord_Howe")


def half_hours(begin: datetime, end: datetime, value: str = "1") -> list[Reading]:
    count = int((end - begin) / timedelta(minutes=30))
    return [Reading(begin + timedelta(minutes=30) * number, Decimal(value), 30) for number in range(count)]


@pytest.mark.parametrize(
    ("name", "zone", "count"),
    [
        ("2025-10", "Europe/London", 31 * 48 + 2),
        ("2025-03", "Europe/London", 31 * 48 - 2),
        ("2025-10", "+10:00", 31 * 48),
        ("2024-02", "UTC", 29 * 48),
        ("2025-10", "Australia/Lord_Howe", 31 * 48 - 1),  # whose clocks change by half an hour
    ],
)
def test_every_half_hour_of_a_month_is_a_slot(name: str, zone: str, count: int) -> None:
    begin, end = Month.named(name).bounds(named(zone))
    found = slots([], begin, end)
    assert len(found) == count
    assert {slot.missing for slot in found} == {30}


def test_days_of_a_clock_change_have_46_and_50_half_hours() -> None:
    for name, day, count in (("2025-03", "2025-03-30", 46), ("2025-10", "2025-10-26", 50)):
        begin, end = Month.named(name).bounds(LONDON)
        found = [day_and_minute(LONDON, slot.start)[0] for slot in slots([], begin, end)]
        assert found.count(day) == count


READING = st.sampled_from([5, 10, 15, 30])


@given(
    st.lists(st.tuples(st.integers(0, 95), READING, st.decimals(0, 100, places=3)), max_size=40), st.sampled_from(ZONES)
)
def test_slots_sum_up_to_the_readings_and_miss_what_these_do(rows: list[tuple[int, int, Decimal]], zone: str) -> None:
    begin, _ = Month.named("2025-10").bounds(named(zone))
    end = begin + timedelta(days=1)
    readings, taken = [], set()
    for quarter, minutes, value in rows:
        start = begin + timedelta(minutes=15 * quarter // minutes * minutes)
        grain = {start + timedelta(minutes=5 * part) for part in range(minutes // 5)}
        if start < end and not grain & taken:
            taken |= grain
            readings.append(Reading(start, value, minutes))
    found = slots(readings, begin, end)
    assert sum((slot.value for slot in found), Decimal()) == sum((one.value for one in readings), Decimal())
    assert sum(slot.missing for slot in found) == 24 * 60 - 5 * len(taken)


EVERYWHERE = (*ZONES, "Asia/Kathmandu", "Asia/Kolkata", "Australia/Adelaide", "Pacific/Chatham")


@pytest.mark.parametrize("zone", EVERYWHERE)
@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
def test_whatever_the_zone_every_reading_that_begins_in_the_month_is_in_a_slot(zone: str, minutes: int) -> None:
    begin, end = Month.named("2025-10").bounds(named(zone))
    first = begin.replace(minute=0) - timedelta(hours=2)
    count = int((end - first) / timedelta(minutes=minutes)) + 60
    readings = [Reading(first + timedelta(minutes=minutes) * number, Decimal(1), minutes) for number in range(count)]
    found = slots(readings, begin, end)
    within = [one for one in readings if begin <= one.start < end]
    if minutes == 30 or begin.minute % 30 == 0:
        assert sum(slot.value for slot in found) == len(within)
    assert {slot.missing for slot in found} == {0}


def test_a_month_in_which_the_meter_changes_from_half_hours_to_hours_keeps_both() -> None:
    begin, end = Month.named("2025-11").bounds(LONDON)
    change = begin + timedelta(days=10)
    readings = half_hours(begin, change)
    readings += [Reading(change + timedelta(hours=number), Decimal(2), 60) for number in range(20 * 24)]
    found = slots(readings, begin, end)
    assert sum(slot.value for slot in found) == 30 * 48
    assert [slot.minutes for slot in found] == [30] * 480 + [60] * 480


def test_an_estimate_passes_over_a_week_in_which_that_time_never_came() -> None:
    gap = datetime(2025, 4, 6, 0, 30, tzinfo=UTC)  # 01:30 on London's clock, which on 30 March went from 1 to 2
    former = half_hours(datetime(2025, 3, 1, tzinfo=UTC), gap)
    former = [
        Reading(one.start, Decimal(100), 30) if one.start == datetime(2025, 3, 30, 1, 30, tzinfo=UTC) else one
        for one in former
    ]
    begin, end = Month.named("2025-04").bounds(LONDON)
    (slot,) = [one for one in slots([], begin, end) if one.start == gap]
    assert estimates([slot], former, LONDON)[0] == {gap: Decimal("1.000")}


def test_an_hour_that_is_read_as_one_is_not_divided() -> None:
    begin, end = Month.named("2025-10").bounds(LONDON)
    found = slots([Reading(begin, Decimal(2), 60)], begin, end)
    assert (len(found), found[0].value, found[0].missing, found[1].missing) == (31 * 24 + 1, 2, 0, 60)


def test_an_estimate_is_the_mean_of_the_same_half_hour_of_the_four_weeks_before() -> None:
    begin, end = Month.named("2025-11").bounds(LONDON)
    gap = datetime(2025, 11, 12, 9, tzinfo=UTC)  # 9:00 on London's clock, as 8:00 UTC was before the clocks went back
    former = {
        datetime(2025, 11, 5, 9, tzinfo=UTC): "1",
        datetime(2025, 10, 29, 9, tzinfo=UTC): "2",
        datetime(2025, 10, 22, 8, tzinfo=UTC): "4",
        datetime(2025, 10, 15, 8, tzinfo=UTC): "4.0004",
    }
    readings = [Reading(start, Decimal(value), 30) for start, value in former.items()]
    (slot,) = [one for one in slots(readings, begin, end) if one.start == gap]
    found, unknown = estimates([slot], readings, LONDON)
    assert (found, unknown) == ({gap: Decimal("2.750")}, [])


def test_of_a_half_hour_that_was_read_in_part_the_rest_is_estimated() -> None:
    begin, end = Month.named("2025-11").bounds(LONDON)
    gap = datetime(2025, 11, 12, 9, tzinfo=UTC)
    readings = [Reading(gap - timedelta(weeks=1), Decimal(3), 30), Reading(gap, Decimal("0.5"), 10)]
    (slot,) = [one for one in slots(readings, begin, end) if one.start == gap]
    assert estimates([slot], readings, LONDON)[0] == {gap: Decimal("2.000")}


def test_what_no_former_week_has_is_not_guessed() -> None:
    begin, end = Month.named("2025-11").bounds(LONDON)
    gap = datetime(2025, 11, 12, 9, tzinfo=UTC)
    half = [Reading(gap - timedelta(weeks=1), Decimal(3), 15), Reading(gap - timedelta(weeks=5), Decimal(3), 30)]
    (slot,) = [one for one in slots([], begin, end) if one.start == gap]
    assert estimates([slot], half, LONDON) == ({}, [slot])


def test_months_by_their_names() -> None:
    assert before(date(2026, 1, 3)).name == "2025-12"
    assert [len(Month.named(name).days()) for name in ("2024-02", "2025-02", "2025-12")] == [29, 28, 31]
    for bad in ("2025-13", "2025-1", "", "0001-01", "9999-12", "2025-10\n"):
        with pytest.raises(ValueError, match="is no month"):
            Month.named(bad)
