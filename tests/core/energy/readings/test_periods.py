from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.readings.periods import day_of, midnight, next_period
from core.energy.readings.zones import named, offsets

ZONE = named("Europe/London")


@pytest.mark.parametrize(
    ("day", "half_hours"),
    [(date(2026, 3, 29), 46), (date(2026, 10, 25), 50), (date(2026, 3, 28), 48), (date(2026, 12, 31), 48)],
)
def test_a_settlement_day_is_46_48_or_50_half_hours_long(day: date, half_hours: int) -> None:
    begin, end = midnight(ZONE, day), midnight(ZONE, next_period(day, "day"))
    assert (end.astimezone(UTC) - begin.astimezone(UTC)) / timedelta(minutes=30) == half_hours


@given(st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC)))  # noqa: DTZ001
def test_every_instant_is_in_the_day_and_month_it_belongs_to(moment: datetime) -> None:
    day = day_of(ZONE, moment)
    month = day.replace(day=1)
    assert midnight(ZONE, day) <= moment < midnight(ZONE, next_period(day, "day"))
    assert midnight(ZONE, month) <= moment < midnight(ZONE, next_period(month, "month"))


INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=4000)), st.floats(0, 1))
def test_offsets_are_those_of_the_zone_at_every_instant(begin: datetime, length: timedelta, part: float) -> None:
    known = offsets(ZONE, begin, begin + length)
    moment = begin + length * part
    assert known == sorted(known)
    assert [offset for since, offset in known if since <= moment][-1] == moment.astimezone(ZONE).utcoffset()


def test_offsets_change_at_the_second_at_which_clocks_do() -> None:
    """Also after 2100, where the zones of some engines end, and in the years of the war, when they changed four times."""
    summer = timedelta(hours=1)
    assert offsets(ZONE, datetime(2150, 1, 1, tzinfo=UTC), datetime(2151, 1, 1, tzinfo=UTC)) == [
        (datetime(2150, 1, 1, tzinfo=UTC), timedelta(0)),
        (datetime(2150, 3, 29, 1, tzinfo=UTC), summer),
        (datetime(2150, 10, 25, 1, tzinfo=UTC), timedelta(0)),
    ]
    assert [
        offset for _, offset in offsets(ZONE, datetime(1947, 1, 1, tzinfo=UTC), datetime(1948, 1, 1, tzinfo=UTC))
    ] == [
        timedelta(0),
        summer,
        2 * summer,
        summer,
        timedelta(0),
    ]
