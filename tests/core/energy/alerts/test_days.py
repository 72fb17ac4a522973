"""The rule of days: whatever comes when, and whichever mornings there are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.alerts.days import WINDOW, Looked, after, due, newest_over, read, written

START = date(2026, 3, 20)
LONDON, SYDNEY, ALASKA = ZoneInfo("Europe/London"), timezone(timedelta(hours=10)), ZoneInfo("America/Anchorage")


@pytest.mark.parametrize(
    ("at", "zones", "day"),
    [
        ("2026-01-02T07:00:00", {LONDON}, "2026-01-01"),
        ("2026-07-02T00:00:00", {LONDON}, "2026-07-01"),
        ("2026-07-01T23:00:00", {LONDON}, "2026-07-01"),
        ("2026-07-01T22:59:59", {LONDON}, "2026-06-30"),
        ("2026-07-01T14:00:00", {SYDNEY}, "2026-07-01"),
        ("2026-07-01T14:00:00", {SYDNEY, LONDON}, "2026-06-30"),
        ("2026-01-02T07:00:00", {ALASKA, SYDNEY}, "2025-12-31"),
    ],
)
def test_the_newest_day_is_over_in_every_zone(at: str, zones: set[ZoneInfo], day: str) -> None:
    assert newest_over(datetime.fromisoformat(at).replace(tzinfo=UTC), zones).isoformat() == day


@given(
    st.sets(st.integers(0, 29), min_size=1),
    st.lists(st.none() | st.integers(1, 10), min_size=30, max_size=30),
)
def test_a_day_is_done_on_the_first_morning_that_can_tell_and_given_up_after_a_week(
    mornings: set[int], comes: list[int | None]
) -> None:
    """Morning `m` is that after day `m`; `comes` says how many mornings after its day the readings are there."""
    looked: Looked | None = None
    done: dict[int, int] = {}
    looks: Counter[int] = Counter()
    for morning in sorted(mornings):
        newest = START + timedelta(days=morning)
        found = set()
        for day in due(newest, looked):
            number = (day - START).days
            looks[number] += 1
            late = comes[number]
            if late is not None and morning - number >= late - 1:
                assert number not in done
                done[number] = morning
                found.add(day)
        looked = read(written(after(newest, looked, found)))
    first = min(mornings)
    assert max(looks.values()) <= WINDOW
    for number in range(30):
        own = [one for one in sorted(mornings) if 0 <= one - number < WINDOW and number >= first]
        late = comes[number]
        wanted = next((one for one in own if late is not None and one - number >= late - 1), None)
        assert done.get(number) == wanted


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=30))
def test_mornings_that_come_late_or_twice_forget_nothing_of_the_last_week(came: list[tuple[int, bool]]) -> None:
    looked: Looked | None = None
    done: set[date] = set()
    latest = START
    for number, all_done in came:
        newest = START + timedelta(days=number)
        latest = max(latest, newest)
        found = set(due(newest, looked)) if all_done else set()
        assert not found & {day for day in done if latest - day < timedelta(days=WINDOW)}
        done |= found
        looked = after(newest, looked, found)
