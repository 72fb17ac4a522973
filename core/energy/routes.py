"""Every operation of the company's API: routing, validation, access and OpenAPI derive from these."""

from __future__ import annotations

from core.energy import hello
from core.energy.accounts import api as accounts
from core.energy.accounts import settings
from core.energy.alerts import api as alerts
from core.energy.costs import api as costs
from core.energy.exports import api as exports
from core.energy.forecasts import api as forecasts
from core.energy.ingest import api as ingestions
from core.energy.ingest import preview, uploads
from core.energy.overview import api as overview
from core.energy.readings import api as readings
from core.energy.readings import sources
from core.energy.settlement import api as settlements
from core.energy.trading import api as products
from core.energy.trading import trades
from core.kernel.api.context import Route

ROUTES: tuple[Route, ...] = (
    *hello.ROUTES,
    *products.ROUTES,
    *accounts.ROUTES,
    *overview.ROUTES,
    *readings.ROUTES,
    *costs.ROUTES,
    *uploads.ROUTES,
    *preview.ROUTES,
    *ingestions.ROUTES,
    *trades.ROUTES,
    *settings.ROUTES,
    *alerts.ROUTES,
    *sources.ROUTES,
    *exports.ROUTES,
    *settlements.ROUTES,
    *forecasts.ROUTES,
)
