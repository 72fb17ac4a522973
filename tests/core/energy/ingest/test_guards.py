"""What no single row shows: steps, registers, ends of intervals, offsets, and values that nothing carries."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.energy.ingest.source import Refused
from core.energy.readings.sources import Source
from tests.core.energy.ingest.files import HEADER, MPAN, Outcome, mpan, run

DAY = datetime(2026, 1, 15, tzinfo=UTC)


def load(number: int) -> float:
    """A supply's usual curve: it falls as often as it rises."""
    return round(1 + math.sin(number / 7), 3)


def series(
    steps: int,
    minutes: int,
    *,
    begin: datetime = DAY,
    value: Callable[[int], float] = load,
    point: str = MPAN,
    version: int = 1,
) -> bytes:
    starts = (begin + timedelta(minutes=minutes) * number for number in range(steps))
    rows = [f"{point},{start:%Y-%m-%dT%H:%M:%SZ},{version},{value(number)}\n" for number, start in enumerate(starts)]
    return "".join(rows).encode()


def judged(content: bytes, **said: Any) -> Outcome:
    """As an account's file is, of which the sources say no more than this."""
    return run(HEADER + content, Source(files="*", **said) if said else None)


@pytest.mark.parametrize("minutes", [5, 10, 15])
def test_readings_at_a_finer_step_are_of_that_length_and_that_is_said(minutes: int) -> None:
    found = judged(series(96, minutes))
    assert len(found.rows) == 96
    assert f"readings of {minutes} minutes, as their starts show" in found.staged.assumed


def test_half_hours_that_are_left_out_are_no_coarser_step() -> None:
    lines = series(96, 30).splitlines(keepends=True)
    assert len(judged(b"".join(line for number, line in enumerate(lines) if number % 5)).rows) == 76


@pytest.mark.parametrize(
    ("minutes", "word"), [(60, "hour"), (120, "120 minutes|hour"), (1440, "day"), (10080, "7 days")]
)
def test_readings_at_a_coarser_step_are_refused_naming_it(minutes: int, word: str) -> None:
    with pytest.raises(Refused, match=f"{MPAN} import has a reading every ({word})"):
        judged(series(30, minutes))


def test_hours_land_as_hours_where_the_sources_say_so() -> None:
    found = judged(series(48, 60), minutes=60)
    assert len(found.rows) == 48
    assert any(told.startswith("minutes 60 (the account's sources") for told in found.staged.assumed)


def test_one_point_of_another_step_is_not_hidden_by_the_others() -> None:
    with pytest.raises(Refused, match=f"{mpan(7)} import has a reading every hour"):
        judged(b"".join(series(48, 60 if number == 7 else 30, point=mpan(number)) for number in range(1, 12)))


def test_finer_readings_of_a_later_point_are_refused_and_not_thinned_out() -> None:
    with pytest.raises(Refused, match=rf"{mpan(2)} has \d+ starts between those of 30 minutes"):
        judged(series(960, 30, point=mpan(1)) + series(96, 15, point=mpan(2)))


@pytest.mark.parametrize(
    "value",
    [
        lambda number: 48213 + number * 0.4,
        lambda number: 48213 + number * 2 // 3,
        lambda number: round(number * 0.25, 2),
    ],
    ids=["from its height", "in whole kWh", "from zero"],
)
def test_what_never_falls_is_a_register_and_is_refused(value: Callable[[int], float]) -> None:
    with pytest.raises(Refused, match=f"{MPAN} import never falls"):
        judged(series(48, 30, value=value))
    assert len(judged(series(48, 30, value=value), allow=["register"]).rows) == 48


def test_a_register_between_usual_series_is_found() -> None:
    usual = b"".join(series(48, 30, point=mpan(number)) for number in range(1, 9))
    with pytest.raises(Refused, match=f"{mpan(9)} import never falls"):
        judged(usual + series(48, 30, point=mpan(9), value=lambda number: 10000 + number * 0.5))


def test_a_day_that_only_rises_by_much_is_taken_and_that_is_said() -> None:
    found = judged(series(48, 30, value=lambda number: 1000 + number / 2))
    assert len(found.rows) == 48
    assert (
        f"{MPAN} import, from 1000 to 1023.5, never falls, but is the energy of each interval" in found.staged.assumed
    )
    with pytest.raises(Refused, match="never falls"):
        judged(series(340, 30, value=lambda number: 1000 + number / 2))


@pytest.mark.parametrize(
    "value", [lambda _: 0, lambda _: 2.5, lambda number: 1 + (number == 40), lambda number: 5 - number / 10]
)
def test_flat_and_falling_series_are_no_registers(value: Callable[[int], float]) -> None:
    assert len(judged(series(48, 30, value=value)).rows) == 48


def test_whole_days_from_half_past_midnight_to_midnight_are_ends() -> None:
    content = series(48, 30, begin=DAY + timedelta(minutes=30))
    with pytest.raises(Refused, match="whole days, if the times are the ends of intervals"):
        judged(content)
    starts = judged(content, stamp="start")
    ends = judged(content, stamp="end")
    assert (starts.rows[0][1], ends.rows[0][1]) == (DAY + timedelta(minutes=30), DAY)


@pytest.mark.parametrize("steps", [40, 47, 200])
def test_parts_of_days_and_days_that_begin_elsewhere_are_taken_as_they_are(steps: int) -> None:
    assert len(judged(series(steps, 30, begin=DAY + timedelta(minutes=30))).rows) == steps


def test_a_few_readings_that_end_at_midnight_are_no_whole_days() -> None:
    lines = series(48, 30, begin=DAY + timedelta(minutes=30)).splitlines(keepends=True)
    assert len(judged(b"".join([*lines[:2], *lines[20:23], lines[-1]])).rows) == 6


def test_the_offset_that_a_day_began_with_is_not_taken_past_its_change() -> None:
    rows = "".join(
        f"{MPAN},2026-10-25T{number // 2:02}:{number % 2 * 30:02}:00+01:00,1,{load(number)}\n" for number in range(48)
    )
    with pytest.raises(Refused, match="offset of the other part of its day, in which clocks in Europe/London change"):
        judged(rows.encode())
    assert len(judged(rows.encode(), allow=["offset"]).rows) == 48


@pytest.mark.parametrize(
    ("kwh", "reason", "allowed"),
    [
        ("16777.215", "what a meter shows that has no value", "fault"),
        ("4294967.295", "what a meter shows that has no value", "fault"),
        ("500000.001", "more than 1,000,000 kW", "bound"),
        ("-500000.001", "more than 1,000,000 kW", "bound"),
    ],
)
def test_a_value_that_nothing_carries_lands_only_where_it_is_allowed(kwh: str, reason: str, allowed: str) -> None:
    row = f"{MPAN},2026-01-15T00:00:00Z,1,{kwh}\n".encode()
    ((_, column, value, why),) = judged(row).rejects
    assert (column, value.removeprefix("'")) == ("kwh", kwh)
    assert reason in why
    assert len(judged(row, allow=["fault", "bound"]).rows) == 1
    assert f"allow `{allowed}` in the account's sources" in why
    assert judged(row.replace(kwh.encode(), b"500000")).rejects == []
