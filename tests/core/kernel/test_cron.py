"""Cron expressions, against one minute after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.cron import FIELDS, WEEKDAYS, check, last_due

NOW = datetime(2026, 7, 1, 12, 30, 15, tzinfo=UTC)


def part(least: int, most: int) -> st.SearchStrategy[str]:
    numbers = st.integers(least, most)
    ranges = st.tuples(numbers, numbers).filter(lambda ends: ends[0] < ends[1]).map(lambda ends: f"{ends[0]}-{ends[1]}")
    return st.lists(st.one_of(numbers.map(str), ranges), min_size=1, max_size=3).map(",".join)


def field(least: int, most: int) -> st.SearchStrategy[str]:
    return st.one_of(st.just("*"), st.integers(1, most).map(lambda step: f"*/{step}"), part(least, most))


EXPRESSIONS = st.tuples(*(field(least, most) for _, least, most in FIELDS[:2]), st.just("*"), st.just("*")).flatmap(
    lambda fields: st.sampled_from(["*", "MON-FRI", "SUN,WED", "SAT"]).map(lambda day: " ".join((*fields, day)))
)


def names(text: str, value: int, least: int) -> bool:
    """Whether a field names a value: the model."""
    if text.startswith("*"):
        return (value - least) % int(text[2:] or 1) == 0
    for one in text.split(","):
        ends = [WEEKDAYS.index(end) if end in WEEKDAYS else int(end) for end in one.split("-")]
        if ends[0] <= value <= ends[-1]:
            return True
    return False


def fires(expression: str, at: datetime) -> bool:
    values = (at.minute, at.hour, at.day, at.month, at.isoweekday() % 7)
    pairs = zip(expression.split(" "), values, FIELDS, strict=True)
    return all(names(text, value, least) for text, value, (_, least, _) in pairs)


@given(EXPRESSIONS, st.integers(0, 4 * 365 * 24 * 3600).map(lambda seconds: NOW - timedelta(seconds=seconds)))
def test_what_was_due_last_is_the_last_minute_that_the_expression_names(expression: str, now: datetime) -> None:
    check(expression)
    at = now.replace(second=0, microsecond=0)
    while not fires(expression, at):
        at -= timedelta(minutes=1)
    assert last_due(expression, now) == at


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("30 12 * * *", "2026-07-01T12:30:00+00:00"),
        ("31 12 * * *", "2026-06-30T12:31:00+00:00"),
        ("0 0 29 2 *", "2024-02-29T00:00:00+00:00"),
        ("0 0 31 */2 *", "2026-05-31T00:00:00+00:00"),
        ("0 0 1,31 2-4 *", "2026-04-01T00:00:00+00:00"),
    ],
)
def test_the_last_time(expression: str, due: str) -> None:
    check(expression)
    assert last_due(expression, NOW).isoformat() == due


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "has not five fields"),
        ("0 2 * *", "has not five fields"),
        ("0  2 * * *", "has not five fields"),
        ("0 0 2 * * *", "has not five fields"),
        ("@daily", "has not five fields"),
        ("60 2 * * *", "the minute '60'"),
        ("0 24 * * *", "the hour '24'"),
        ("0 2 0 * *", "the day '0'"),
        ("0 2 * 13 *", "the month '13'"),
        ("0 2 * JAN *", "the month 'JAN'"),
        ("0 2 * * 1", "the weekday '1'"),
        ("0 2 * * mon", "the weekday 'mon'"),
        ("0 2 * * FRI-MON", "the weekday 'FRI-MON'"),
        ("0 2 * * */2", "the weekday '*/2'"),
        ("*/0 2 * * *", "the minute '*/0'"),
        ("0-30/5 2 * * *", "the minute '0-30/5'"),
        ("5-3 2 * * *", "the minute '5-3'"),
        ("1,,2 2 * * *", "the minute '1,,2'"),
        ("-1 2 * * *", "the minute '-1'"),
        ("٣ 2 * * *", "the minute '٣'"),
        ("0 2 ? * *", "the day '?'"),
        ("0 2 L * *", "the day 'L'"),
        ("0 2 1 * MON", "has a day and a weekday"),
        ("0 2 31 2 *", "never comes: no such month has a day 31"),
        ("0 2 30-31 2 *", "never comes: no such month has a day 30"),
        ("0 2 31 4,6 *", "never comes"),
    ],
)
def test_what_a_cloud_would_refuse_or_read_otherwise_is_named(expression: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the message is looked at below
        check(expression)
    assert said in str(caught.value)
    assert repr(expression) in str(caught.value)
