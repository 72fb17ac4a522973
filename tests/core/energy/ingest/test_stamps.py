"""Dates and times as people and programs write them: every day in every way is that day, and what is none is none."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.ingest import stamps
from core.energy.ingest.layouts.layout import Order

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]  # fmt: skip
DAYS = st.dates(date(1950, 1, 1), date(2099, 12, 31))
ORDERS: tuple[Order, Order] = ("day", "month")
EITHER = st.sampled_from(ORDERS)
BY_YEAR = {
    "2026-01-31": lambda day: f"{day:%Y-%m-%d}",
    "2026/01/31": lambda day: f"{day:%Y/%m/%d}",
    "2026.01.31": lambda day: f"{day:%Y.%m.%d}",
    "2026-1-5": lambda day: f"{day.year}-{day.month}-{day.day}",
    "20260131": lambda day: f"{day:%Y%m%d}",
}
BY_NAME = {
    "31 Jan 2026": lambda day: f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}",
    "31-Jan-2026": lambda day: f"{day.day:02}-{MONTHS[day.month - 1][:3]}-{day.year}",
    "31-JAN-2026": lambda day: f"{day.day:02}-{MONTHS[day.month - 1][:3].upper()}-{day.year}",
    "31/Jan/2026": lambda day: f"{day.day:02}/{MONTHS[day.month - 1][:3]}/{day.year}",
    "31 January 2026": lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
    "31 January, 2026": lambda day: f"{day.day} {MONTHS[day.month - 1]}, {day.year}",
    "Jan 31 2026": lambda day: f"{MONTHS[day.month - 1][:3]} {day.day:02} {day.year}",
    "Jan  5 2026": lambda day: f"{MONTHS[day.month - 1][:3]} {day.day:>2} {day.year}",
    "January 31, 2026": lambda day: f"{MONTHS[day.month - 1]} {day.day}, {day.year}",
}
BY_ORDER = {
    f"{one}{mark}{two}{mark}{year}": (order, mark, year, padded)
    for order, one, two in (("day", "31", "01"), ("month", "01", "31"))
    for mark in "/-."
    for year in ("2026", "26")
    for padded in (True,)
} | {"5/1/2026": ("day", "/", "2026", False), "1/5/26": ("month", "/", "26", False)}
TIMES = st.integers(0, 24 * 3600 - 1).map(lambda second: timedelta(seconds=second))


def in_order(day: date, order: str, mark: str, year: str, padded: bool) -> str:
    width = 2 if padded else 1
    written = {"day": f"{day.day:0{width}}", "month": f"{day.month:0{width}}"}
    other = "month" if order == "day" else "day"
    return mark.join([written[order], written[other], f"{day.year}"[-len(year) :]])


@pytest.mark.parametrize("form", {**BY_YEAR, **BY_NAME})
@given(day=DAYS, order=st.sampled_from([None, *ORDERS]))
def test_a_date_with_its_year_first_or_a_month_s_name_needs_no_order(form: str, day: date, order: Order | None) -> None:
    written = {**BY_YEAR, **BY_NAME}[form](day)
    assert stamps.day(written, order) == day
    assert stamps.day(f"  {written} ", order) == day
    assert not stamps.other_order(written, order)


@pytest.mark.parametrize("form", BY_ORDER)
@given(day=DAYS)
def test_a_date_of_numbers_is_told_by_the_order_of_its_layout_alone(form: str, day: date) -> None:
    order, mark, year, padded = BY_ORDER[form]
    if year == "26":
        day = day.replace(year=2000 + day.year % 100, day=min(day.day, 28))
    written = in_order(day, order, mark, year, padded)
    assert stamps.day(written, order) == day  # type: ignore[arg-type]
    assert stamps.day(written, None) is None
    other: Order = "month" if order == "day" else "day"
    if day.day > 12:
        assert stamps.day(written, other) is None
        assert stamps.other_order(written, other)
    else:
        assert stamps.day(written, other) == date(day.year, day.day, day.month)
        assert not stamps.other_order(written, other)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "today", "1", "2026", "2026-01", "202601", "2026-13-01", "2026-02-30", "2026-00-10", "2026-01-00",
        "2026-01/31", "31/01-2026", "31/01/206", "31/01/20266", "32/01/2026", "00/01/2026", "2026013", "202601311",
        "18991231", "20261301", "31 Foo 2026", "31 Ja 2026", "31 Jux 2026", "Marvel 5 2026", "5 marraskuu 2026", "31 Januaries 2026",
        "Jan 32 2026", "Jan 0 2026", "Jan 2026", "2026-0a-01", "٢٠٢٦-01-31", "2026-01-31T00", "0000-01-31", "31/01/0000",
    ],
)  # fmt: skip
@pytest.mark.parametrize("order", [None, *ORDERS])
def test_what_is_no_date_is_none(text: str, order: Order | None) -> None:
    assert stamps.day(text, order) is None
    assert stamps.moment(f"{text} 00:30", order) is None


def test_only_a_year_of_two_digits_is_one_of_this_century() -> None:
    assert stamps.day("31/01/26", "day") == date(2026, 1, 31)
    assert stamps.day("31/01/00", "day") == date(2000, 1, 31)
    assert stamps.day("31/01/0026", "day") == date(26, 1, 31)
    assert stamps.day("0026-01-31", None) == date(26, 1, 31)


@given(st.text("0123456789-/. JanFebMy", max_size=12), st.sampled_from([None, *ORDERS]))
def test_a_text_is_a_date_that_it_names_or_none(text: str, order: Order | None) -> None:
    found = stamps.day(text, order)
    assert found is None or str(found.day) in text
    assert found is None or str(found.year % 100) in text


CLOCKS = {
    "00:30": lambda shown: f"{shown:%H:%M}",
    "0:30": lambda shown: f"{shown.hour}:{shown:%M}",
    "00:30:00": lambda shown: f"{shown:%H:%M:%S}",
    "00:30:00.0000000": lambda shown: f"{shown:%H:%M:%S}.0000000",
    "12:30AM": lambda shown: f"{shown:%I:%M%p}",
    "12:30 am": lambda shown: f"{shown:%I:%M} {'am' if shown.hour < 12 else 'pm'}",
    "1:05:09 PM": lambda shown: f"{(shown.hour + 11) % 12 + 1}:{shown:%M:%S %p}",
}


@pytest.mark.parametrize("form", CLOCKS)
@given(at=TIMES)
def test_a_time_is_what_clocks_show_of_24_or_of_12_hours(form: str, at: timedelta) -> None:
    if form.count(":") == 1:
        at -= at % timedelta(minutes=1)
    shown = datetime(2026, 1, 31, tzinfo=UTC) + at
    assert stamps.time_of_day(CLOCKS[form](shown)) == at


def test_a_day_ends_at_24_and_the_longest_at_25() -> None:
    assert stamps.time_of_day("24:00") == timedelta(days=1)
    assert stamps.time_of_day("24:00:00") == timedelta(days=1)
    assert stamps.time_of_day("25:00") == timedelta(hours=25)


@pytest.mark.parametrize(
    "text",
    [
        "", "1", "noon", "0:0", "00:60", "00:00:60", "24:30", "24:00:01", "25:30", "26:00", "-1:00", "00:30:00.5", "00.30",
        "0030", "13:00PM", "00:00 AM", "0:30pm", "00:30 xm", "00:30Z", "00:30+01:00", "1:2:3", "٠٠:30", "123:00",
    ],
)  # fmt: skip
def test_what_is_no_time_is_none(text: str) -> None:
    assert stamps.time_of_day(text) is None
    assert stamps.moment(f"2026-01-31 {text}", None) is None


@given(st.integers(0, 99))
def test_an_hour_s_number_is_written_in_three_ways(number: int) -> None:
    for written in (f"{number}", f"{number:02}", f"{number:02}:00", f" {number} "):
        assert stamps.hour(written) == number


@pytest.mark.parametrize("text", ["", "a", "1.0", "-1", "001", "1:30", "01:00:00", "1:0", ":00", "٣"])
def test_what_is_no_hour_is_none(text: str) -> None:
    assert stamps.hour(text) is None


@given(DAYS, TIMES, st.sampled_from(sorted({**BY_YEAR, **BY_NAME})), st.sampled_from(sorted(CLOCKS)), EITHER)
def test_a_moment_is_a_date_and_a_time(day: date, at: timedelta, form: str, clock: str, order: Order) -> None:
    if clock.count(":") == 1:
        at -= at % timedelta(minutes=1)
    shown = datetime.combine(day, time(), UTC) + at
    written = {**BY_YEAR, **BY_NAME}[form](day), CLOCKS[clock](shown)
    wanted = shown.replace(tzinfo=None)
    assert stamps.moment(" ".join(written), order) == wanted
    assert stamps.moment("  ".join(written), order) == wanted
    assert stamps.split(" ".join(written)) == written
    if form in BY_YEAR:
        assert stamps.moment("T".join(written), order) == wanted


@given(DAYS, TIMES, EITHER)
def test_a_moment_of_numbers_is_told_by_the_order(day: date, at: timedelta, order: Order) -> None:
    shown = datetime.combine(day, time(), UTC) + at
    written = in_order(day, order, "/", "2026", padded=True)
    assert stamps.moment(f"{written} {shown:%H:%M:%S}", order) == shown.replace(tzinfo=None)
    assert stamps.moment(f"{written}:{shown:%H:%M:%S}", order) == shown.replace(tzinfo=None)


def test_24_00_is_the_next_midnight() -> None:
    for day, after in (("31/12/2026", (2027, 1, 1)), ("28/02/2028", (2028, 2, 29))):
        midnight = datetime(*after, tzinfo=UTC).replace(tzinfo=None)
        assert stamps.moment(f"{day} 24:00", "day") == midnight


def test_a_moment_has_both_a_date_and_a_time_within_its_day() -> None:
    for text in ("2026-01-31", "00:30", "2026-01-31 25:00", "9999-12-31 24:00", "2026-01-31 00:30 00:30"):
        assert stamps.moment(text, "day") is None


@given(st.text(max_size=20), st.sampled_from([None, *ORDERS]))
def test_no_text_crashes_it(text: str, order: Order | None) -> None:
    stamps.moment(text, order)
    stamps.moment(f"{text} 24:00", order)
    stamps.other_order(text, order)
    stamps.hour(text)
