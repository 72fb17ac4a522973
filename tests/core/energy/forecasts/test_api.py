"""The list of sites: those that are configured, and those that a forecast is stored for still."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from core.energy.forecasts import api
from core.energy.forecasts import documents as forecasts
from core.energy.forecasts.settings import Site
from core.kernel.api.context import Call
from core.kernel.services import Services


def listed(services: Services, *sites: Site) -> list[dict[str, Any]]:
    own = replace(services.own, forecasting=replace(services.own.forecasting, sites=sites))
    call = Call(replace(services, own=own), (), None, {}, None, None, None, None)  # type: ignore[arg-type]
    return list(json.loads(api.every(call).body)["sites"])


def test_a_site_without_a_forecast_has_nulls_and_one_that_is_configured_no_more_is_there(services: Services) -> None:
    stored = {"site": "york", "latitude": 54.0, "longitude": -1.1, "date": "2026-01-01", "hourly": {}}
    forecasts.store(services.documents, "york", {**stored, "fetched_at": "2026-01-01T02:00:05Z", "source": "x"})
    nulls = dict.fromkeys(("fetched_at", "date", "source", "licence"))
    york = {
        "site": "york",
        "latitude": 54.0,
        "longitude": -1.1,
        "fetched_at": "2026-01-01T02:00:05Z",
        "date": "2026-01-01",
        "source": "x",
        "licence": None,
    }
    assert listed(services, Site("leeds", 53.8, -1.5)) == [
        {"site": "leeds", "latitude": 53.8, "longitude": -1.5, **nulls},
        york,
    ]
    assert listed(services, Site("york", 54.5, -1.0)) == [{**york, "latitude": 54.5, "longitude": -1.0}]
    assert listed(services) == [york]
