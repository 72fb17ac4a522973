from __future__ import annotations

from typing import Any

import pytest

from core.energy.forecasts import documents as forecasts
from core.kernel.documents import Documents


def forecast(date: str, fetched_at: str) -> dict[str, Any]:
    return {"site": "london", "date": date, "fetched_at": fetched_at}


@pytest.mark.parametrize(
    ("arriving", "kept"),
    [
        (forecast("2026-01-02", "2026-01-02T02:00:05Z"), "2026-01-02"),
        (forecast("2026-01-01", "2026-01-01T09:00:00Z"), "2026-01-01"),
        (forecast("2025-12-31", "2026-01-01T09:00:00Z"), "2026-01-01"),
    ],
    ids=["a later day", "the same day again", "an earlier day, late"],
)
def test_the_newest_day_is_kept(documents: Documents, arriving: dict[str, Any], kept: str) -> None:
    forecasts.store(documents, "london", forecast("2026-01-01", "2026-01-01T02:00:05Z"))
    forecasts.store(documents, "london", arriving)
    found = forecasts.newest(documents, "london")
    assert found is not None
    assert found["date"] == kept


def test_a_forecast_of_a_clock_that_was_ahead_is_replaced(documents: Documents) -> None:
    forecasts.store(documents, "london", forecast("2036-01-01", "2036-01-01T02:00:05Z"))
    forecasts.store(documents, "london", forecast("2026-01-01", "2026-01-01T02:00:05Z"))
    assert forecasts.newest(documents, "london")["date"] == "2026-01-01"  # type: ignore[index]


@pytest.mark.parametrize("site", ["", "..", "a/b", "London", "x" * 65])
def test_what_cannot_be_a_site_has_no_forecast(documents: Documents, site: str) -> None:
    assert forecasts.newest(documents, site) is None


def test_what_was_stored_in_a_run_stays_so(documents: Documents) -> None:
    day, at = "2026-01-01", "2026-01-01T02:00:05Z"
    stored = {"status": "stored", "at": at}
    forecasts.note(documents, day, {"leeds": {"status": "failed", "error": "x", "at": at}, "london": stored})
    forecasts.note(documents, day, {"leeds": stored, "london": {"status": "failed", "error": "y", "at": at}})
    assert forecasts.run(documents, day) == {"leeds": stored, "london": stored}
    assert forecasts.run(documents, "2026-01-02") == {}


def test_what_was_stored_before_sources_were_noted_says_so(documents: Documents) -> None:
    forecasts.store(documents, "london", forecast("2026-01-01", "2026-01-01T02:00:05Z"))
    found = forecasts.newest(documents, "london")
    assert found is not None
    assert (found["source"], found["licence"]) == ("not recorded", None)


def test_stored_sites_are_listed_beside_those_asked_for(documents: Documents) -> None:
    forecasts.store(documents, "york", forecast("2026-01-01", "2026-01-01T02:00:05Z"))
    found = forecasts.stored(documents, ["leeds"])
    assert list(found) == ["leeds", "york"]
    assert found["leeds"] is None
    assert found["york"] is not None
    assert forecasts.names(documents) == ["york"]
