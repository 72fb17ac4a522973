"""What an alert says, in plain text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from core.energy.alerts.sums import MOST, Day
from core.energy.readings.decimals import plain


def subject(account: str, day: Day, limit: Decimal) -> str:
    return f"{account} took {plain(day.kwh)} kWh on {written(day.day)}, more than {plain(limit)}"


def text(account: str, day: Day, limit: Decimal, site: str) -> str:
    """`site` is the URL of the site; empty where nobody knows it."""
    lines = [
        f"{account} took {plain(day.kwh)} kWh on {written(day.day)}.",
        f"Its settings ask for a mail when a day takes more than {plain(limit)} kWh.",
        "",
        *_table("These points took most:", [(one.point, f"{plain(one.kwh)} kWh") for one in day.most]),
        *_quality(day),
        *([f"The readings are at {site}", ""] if site else []),
        f"Whoever may change the settings of {account} can set another limit or address, or none.",
    ]
    return "\n".join(lines) + "\n"


def written(day: date) -> str:
    """`27 November 2026`, whatever the machine's language is."""
    months = [
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
    ]
    return f"{day.day} {months[day.month - 1]} {day.year}"


def _quality(day: Day) -> list[str]:
    lines = []
    if day.estimated:
        lines += [f"Of this, {plain(day.estimated)} kWh are estimated, not measured.", ""]
    if day.missing:
        gaps = [(one.point, f"{one.missing} minutes") for one in day.points if one.missing]
        more = f"and {len(gaps) - MOST} others" if len(gaps) > MOST else ""
        lines += _table("It may be more: there is no reading for", gaps[:MOST], more)
    return lines


def _table(title: str, rows: Sequence[tuple[str, str]], more: str = "") -> list[str]:
    width = max((len(name) for name, _ in rows), default=0)
    return [title, *(f"  {name:<{width}}  {value}" for name, value in rows), *([f"  {more}"] if more else []), ""]
