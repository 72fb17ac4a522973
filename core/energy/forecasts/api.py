"""The newest weather forecast of a configured site."""

from __future__ import annotations

from core.energy.forecasts import documents as forecasts
from core.kernel.api.context import Call
from core.kernel.errors import not_found
from core.kernel.http import Response, json_response


def newest(call: Call) -> Response:
    site = call.params["site"]
    found = forecasts.newest(call.services.documents, site)
    if found is None:
        names = ", ".join(one.name for one in call.services.config.forecast_sites) or "none"
        raise not_found(f"a forecast for {site!r} (configured sites: {names})")
    return json_response(found)
