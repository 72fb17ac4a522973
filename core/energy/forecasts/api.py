"""The newest weather forecast of a configured site."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from core.energy.forecasts import documents as forecasts
from core.energy.forecasts import settings
from core.energy.forecasts.documents import Hourly
from core.kernel.api.context import TOKEN, Answer, Call, Route
from core.kernel.api.models import Moment
from core.kernel.errors import Code, not_found
from core.kernel.http import Response, json_response


class Forecast(Struct):
    site: str
    latitude: float
    longitude: float
    date: Annotated[str, Meta(description="The day (UTC) whose 02:00 run fetched it")]
    fetched_at: Moment
    hourly: Hourly
    hourly_units: dict[str, str]


def newest(call: Call) -> Response:
    site = call.params["site"]
    found = forecasts.newest(call.services.documents, site)
    if found is None:
        names = ", ".join(one.name for one in settings.of(call.services).sites) or "none"
        raise not_found(f"a forecast for {site!r} (configured sites: {names})")
    return json_response(found)


ROUTES = (
    Route(
        "GET",
        "/api/forecasts/{site}",
        newest,
        "Weather forecast",
        {200: Answer("The newest one", Forecast)},
        TOKEN,
        errors=(Code.NOT_FOUND,),
    ),
)
