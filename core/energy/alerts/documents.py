"""Alerts that were sent, a document each, and what was looked at.

alerts/{account}/told/{stamp}.json    an alert; the digits of `stamp` are those of its day, taken from nine
alerts/{account}/looked.json          the days that are of interest, and those that are done (`days.Looked`)

So a store, which lists from the front, gives the newest alerts at once. An alert is created once, after its mail.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct, to_builtins

from core.kernel.api.models import Moment
from core.kernel.clock import newest_first
from core.kernel.documents import AlreadyExists, Documents


class Took(Struct):
    point: str
    kwh: Annotated[str, Meta(description="Exact decimal text")]
    missing: Annotated[int, Meta(description="Minutes of the day of which there was no reading")]


class Told(Struct):
    """An alert, as it was sent."""

    day: Annotated[str, Meta(description="The settlement day, of each point by its own clock")]
    kwh: Annotated[str, Meta(description="What all points took on it, as far as it was read then; exact decimal text")]
    limit: Annotated[str, Meta(description="What the settings allowed then, kWh a day")]
    estimated: Annotated[str, Meta(description="How much of the kWh is estimated")]
    missing: Annotated[int, Meta(description="Minutes of all points of which there was no reading")]
    points: Annotated[list[Took], Meta(description="Those that took most, at most three")]
    sent_to: str
    at: Moment


def folder(account: str) -> str:
    return f"alerts/{account}/told"


def path(account: str, day: date) -> str:
    return f"{folder(account)}/{newest_first(day.isoformat())}.json"


def looked(account: str) -> str:
    return f"alerts/{account}/looked.json"


def was_told(documents: Documents, account: str, day: date) -> bool:
    return documents.get(path(account, day)) is not None


def note(documents: Documents, account: str, day: date, told: Told) -> None:
    """Note what was sent; of two that were sent at once, the first."""
    with suppress(AlreadyExists):
        documents.create(path(account, day), to_builtins(told))
