"""Asking a table of one point, for tests that compare with exact numbers, and counting what comes of a question."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import pytest
from arro3.core import RecordBatchReader

from core.energy.readings import answers
from core.energy.readings.query import Series
from core.energy.readings.view import Opened, opened
from core.kernel.store import Store


class Total(NamedTuple):
    """A period's sum: its first instant (of a day or month: its date), value, minutes recorded, and worst quality."""

    start: datetime | date
    value: Decimal
    minutes: int
    quality: str


def totals(store: Store, account: str, series: Series, *, resolution: str, limit: int = 10**6) -> list[Total]:
    with opened(store, account) as table:
        if table is None:
            return []
        (found,) = answers.page(table, [series], resolution=resolution, limit=limit).found
    begins = datetime.fromisoformat if resolution in answers.STEPS else date.fromisoformat
    recorded = [length - missing for length, missing in zip(found.minutes, found.missing, strict=True)]
    values = map(Decimal, found.value)
    return [
        Total(begins(start), *more) for start, *more in zip(found.start, values, recorded, found.quality, strict=True)
    ]


def rows_that_come(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows come to Python of each question that the engine is asked from now on."""
    came: list[int] = []
    execute = Opened.execute

    def counting(self: Opened, sql: str) -> RecordBatchReader:
        table = execute(self, sql).read_all()
        came.append(table.num_rows)
        return RecordBatchReader.from_arrow(table)

    monkeypatch.setattr(Opened, "execute", counting)
    return came
