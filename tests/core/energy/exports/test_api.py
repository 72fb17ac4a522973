from __future__ import annotations

import pytest

from core.energy.exports.api import file_name


@pytest.mark.parametrize(
    ("begin", "end", "name"),
    [
        (None, None, "A-readings.csv"),
        ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "A-readings-2026-01-01-2026-01-31.csv"),
        ("2026-06-30T23:00:00Z", "2026-07-31T23:00:00Z", "A-readings-2026-07-01-2026-07-31.csv"),
        ("2026-01-01T00:00:00Z", None, "A-readings-from-2026-01-01.csv"),
        (None, "2026-01-01T00:30:00Z", "A-readings-to-2026-01-01.csv"),
    ],
    ids=["all", "a month", "a month in summer", "no end", "no begin, and half an hour of the last day"],
)
def test_an_export_is_called_by_its_first_and_last_day_in_london(begin: str | None, end: str | None, name: str) -> None:
    assert file_name({"account": "A", "format": "csv", "from": begin, "to": end}) == name
