"""The sites of the weather forecasts, and the newest forecast of each."""

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
    source: Annotated[str, Meta(description="Whose forecast it is, to be shown beside it")]
    licence: Annotated[str | None, Meta(description="By which it may be shown, as CC BY 4.0; null where none is known")]


class SiteTold(Struct):
    site: str
    latitude: float
    longitude: float
    fetched_at: Annotated[Moment | None, Meta(description="null where no forecast is stored yet")]
    date: str | None
    source: str | None
    licence: str | None


class Sites(Struct):
    sites: list[SiteTold]


def every(call: Call) -> Response:
    """The sites that are configured, and those that a forecast was stored for before."""
    configured = {site.name: site for site in settings.of(call.services).sites}
    found = []
    for name, forecast in forecasts.stored(call.services.documents, configured).items():
        site = configured.get(name)
        if site is None and forecast is None:  # it was taken away meanwhile
            continue
        place = {"latitude": site.latitude, "longitude": site.longitude} if site else {}
        told = {field: (forecast or place).get(field) for field in SiteTold.__struct_fields__}
        found.append({**told, **place, "site": name})
    return json_response({"sites": found})


def newest(call: Call) -> Response:
    site = call.params["site"]
    found = forecasts.newest(call.services.documents, site)
    if found is None:
        configured = [one.name for one in settings.of(call.services).sites]
        known = ", ".join(sorted({*configured, *forecasts.names(call.services.documents)})) or "none"
        raise not_found(f"a forecast for {site!r} (sites: {known})")
    return json_response(found)


ROUTES = (
    Route(
        "GET",
        "/api/forecasts",
        every,
        "Sites of the weather forecasts",
        {200: Answer("Each with when its newest forecast was fetched", Sites)},
        TOKEN,
    ),
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
