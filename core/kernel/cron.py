"""Cron expressions (UTC) that every cloud takes and reads alike.

`minute hour day month weekday`: each a `*`, `*/step`, or a list of numbers and ranges; weekdays by name (`MON-FRI`),
since AWS counts them from 1 and the others from 0. Either the day or the weekday is `*`: where both are given, cron
takes either, Azure both, and AWS none. A step stands on `*` alone.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules
https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 6))
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
LENGTHS = {month: 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31 for month in range(1, 13)}


def check(expression: str) -> None:
    """Raises `ValueError` naming what a cloud would refuse, or read in another way."""
    fields = expression.split(" ")
    if len(fields) != len(FIELDS):
        raise ValueError(
            f"the cron {expression!r} has not five fields, as in 0 2 * * * (minute hour day month weekday)"
        )
    for text, (name, least, most) in zip(fields, FIELDS, strict=True):
        if not _takes(text, name, least, most):
            expected = "names such as MON-FRI" if name == "weekday" else f"{least} to {most}"
            raise ValueError(
                f"the {name} {text!r} of the cron {expression!r} is not taken by every cloud: give *, */step, or "
                f"a list of {expected} and ranges of these"
            )
    if fields[2] != "*" and fields[4] != "*":
        raise ValueError(f"the cron {expression!r} has a day and a weekday, which clouds read differently: make one *")
    if fields[2][0].isdigit() and not any(_first(fields[2]) <= LENGTHS[month] for month in _months(fields[3])):
        raise ValueError(f"the cron {expression!r} never comes: no such month has a day {_first(fields[2])}")


def last_due(expression: str, now: datetime) -> datetime:
    """The last time, not after `now`, that a cron expression names. `now` is aware; the answer is in UTC."""
    from cronsim import CronSim  # only what a schedule has fired pays for it

    # It looks for what comes before, and by whole minutes.
    after = now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return next(CronSim(expression, after, reverse=True))


def _takes(text: str, name: str, least: int, most: int) -> bool:
    if text == "*":
        return True
    if text.startswith("*/"):
        step = text.removeprefix("*/")
        return name != "weekday" and bool(re.fullmatch(r"[1-9][0-9]?", step)) and int(step) <= most
    for part in text.split(","):
        ends = [_number(end, name) for end in part.split("-")]
        if not 1 <= len(ends) <= 2 or any(end is None or not least <= end <= most for end in ends):
            return False
        if len(ends) == 2 and not ends[0] < ends[1]:  # type: ignore[operator]  # none is None here
            return False
    return True


def _number(text: str, name: str) -> int | None:
    if name == "weekday":
        return WEEKDAYS.index(text) if text in WEEKDAYS else None
    return int(text) if re.fullmatch(r"0|[1-9][0-9]?", text, re.ASCII) else None


def _first(days: str) -> int:
    return min(int(part.split("-")[0]) for part in days.split(","))


def _months(text: str) -> list[int]:
    """The months that a field names."""
    if text.startswith("*"):
        return list(range(1, 13, int(text.removeprefix("*").removeprefix("/") or 1)))
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
