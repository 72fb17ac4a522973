"""Settings of the forecasts: where they come from, and for which places."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from core.energy.identifiers import SITE
from core.kernel.config import NONE, ConfigError, Variable, url_of
from core.kernel.services import Services

FORECAST_URL = "https://api.open-meteo.com/v1/forecast"
MAX_SITES = 100
"""So many can be fetched within the 540 s of a job, even if every one of them is slow."""
VARIABLES = (
    Variable(
        "TREFOIL_FORECAST_SITES",
        f"the places whose weather is fetched, at most {MAX_SITES}: `name:latitude:longitude`, with commas between, "
        "such as `london:51.5072:-0.1276`",
        NONE,
    ),
    Variable(
        "TREFOIL_FORECAST_URL",
        "an API of Open-Meteo's shape; whose a forecast is, and by which licence (Open-Meteo's is CC BY 4.0), is "
        "answered with it",
        f"`{FORECAST_URL}`",
    ),
)


class Site(Struct, frozen=True):
    """A place that forecasts are fetched for; degrees north and east."""

    name: str
    latitude: float
    longitude: float


class Forecasting(Struct, frozen=True):
    """The validated variables TREFOIL_FORECAST_URL and TREFOIL_FORECAST_SITES."""

    url: str
    sites: tuple[Site, ...]


def read(environment: Mapping[str, str]) -> Forecasting:
    """Read and validate. Raises `ConfigError` for the first variable that is malformed."""
    return Forecasting(
        _forecast_url(environment.get("TREFOIL_FORECAST_URL", "").strip() or FORECAST_URL),
        _sites(environment.get("TREFOIL_FORECAST_SITES", "")),
    )


def of(services: Services) -> Forecasting:
    """What `read` made of the deployment's environment."""
    found: Forecasting = services.own.forecasting
    return found


def _forecast_url(value: str) -> str:
    url = url_of("TREFOIL_FORECAST_URL", value)
    try:
        usable = url.scheme in ("http", "https") and url.hostname and (url.port or True)
    except ValueError:  # a port that is none
        usable = False
    if not usable or not re.fullmatch(r"[!-~]+", value) or url.query or url.fragment:
        raise ConfigError("TREFOIL_FORECAST_URL", f"{value!r} must be a URL without query, as {FORECAST_URL} is")
    return value


def _sites(value: str) -> tuple[Site, ...]:
    sites = tuple(_site(part.strip()) for part in value.split(",") if part.strip())
    names = [site.name for site in sites]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError("TREFOIL_FORECAST_SITES", f"{name!r} is named twice")
    if len(sites) > MAX_SITES:
        raise ConfigError("TREFOIL_FORECAST_SITES", f"names {len(sites)} sites; at most {MAX_SITES} can be fetched")
    return sites


def _site(text: str) -> Site:
    name, *degrees = text.split(":")
    try:
        latitude, longitude = map(float, degrees)
    except ValueError:
        latitude = longitude = 1000.0
    if not SITE.fullmatch(name) or not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ConfigError(
            "TREFOIL_FORECAST_SITES",
            f"{text!r} is not name:latitude:longitude, as in london:51.5072:-0.1276 (degrees north and east)",
        )
    return Site(name, latitude, longitude)
