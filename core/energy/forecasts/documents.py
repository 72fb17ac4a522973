"""Stored forecasts: the newest of each site, and for each day what became of its run.

forecasts/{site}.json               the newest forecast
forecast-runs/{date}.json           each site of the run that was due on that day (UTC): stored, or why not
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec

from core.energy.identifiers import SITE
from core.kernel.documents import Documents


class Hourly(msgspec.Struct):
    """Values by the hour, in lists of equal length; the fields are the names that the API is asked for."""

    time: Annotated[list[str], msgspec.Meta(description="Starts of the hours, UTC")]
    temperature_2m: list[float | None]
    cloud_cover: list[float | None]
    wind_speed_10m: list[float | None]
    shortwave_radiation: list[float | None]


PREFIX = "forecasts"
UNSAID = "not recorded"
"""Whose a forecast is that was stored when that was not noted."""


def newest(documents: Documents, site: str) -> dict[str, Any] | None:
    """The newest forecast of a site, with the `date` of its run and `fetched_at`; None when there is none."""
    document = documents.get(_path(site)) if SITE.fullmatch(site) else None
    return None if document is None else _whole(document.value)


def stored(documents: Documents, sites: Iterable[str] = ()) -> dict[str, dict[str, Any] | None]:
    """The newest forecast of every site that has one, and of these sites (None where there is none), ordered."""
    every = sorted({*names(documents), *sites})
    found = documents.get_many([_path(name) for name in every])
    return {name: _whole(document.value) if document else None for name, document in zip(every, found, strict=True)}


def names(documents: Documents) -> list[str]:
    """The sites that a forecast is stored for, ordered."""
    return [path.removeprefix(f"{PREFIX}/").removesuffix(".json") for path in documents.list(PREFIX)]


def _whole(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"source": UNSAID, "licence": None, **value}


def store(documents: Documents, site: str, forecast: Mapping[str, Any]) -> None:
    """Keep a forecast unless a later day's is there already (but not one of a clock that was ahead then)."""

    def later(held: Any | None) -> Any:
        if held is not None and forecast["date"] < held["date"] <= forecast["fetched_at"]:
            return held
        return dict(forecast)

    documents.update(_path(site), later)


def run(documents: Documents, date: str) -> dict[str, Any]:
    """What became of each site in the run of a day; empty when it has not begun."""
    document = documents.get(_run_path(date))
    return {} if document is None else dict(document.value["sites"])


def note(documents: Documents, date: str, sites: Mapping[str, Any]) -> dict[str, Any]:
    """Note what became of some sites in the run of a day; what was stored once stays so. Returns the whole run."""

    def noted(held: Any | None) -> Any:
        before = held["sites"] if held else {}
        stored = {site: state for site, state in before.items() if state["status"] == "stored"}
        return {"date": date, "sites": dict(sorted({**before, **sites, **stored}.items()))}

    return dict(documents.update(_run_path(date), noted)["sites"])


def _path(site: str) -> str:
    return f"{PREFIX}/{site}.json"


def _run_path(date: str) -> str:
    return f"forecast-runs/{date}.json"
