"""A weather source on this machine, for where there is none to ask: Open-Meteo's answers, with made-up weather.

It says so in the field `source`, which Open-Meteo's answers do not have. The weather is that of `demo.sky`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from demo.sky import Place
from tools.serving import reply, serve

SOURCE = "made up by the demo"
"""What it says of itself, so that nobody takes it for a forecast."""
UNITS = {
    "time": "iso8601",
    "temperature_2m": "°C",
    "cloud_cover": "%",
    "wind_speed_10m": "km/h",
    "shortwave_radiation": "W/m²",
}


def weather_of(query: dict[str, str]) -> dict[str, Any]:
    """The answer to a query for hourly values. https://open-meteo.com/en/docs"""
    place = Place(float(query["latitude"]), float(query["longitude"]))
    first = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    times = [first + timedelta(hours=n) for n in range(24 * int(query["forecast_days"]))]
    hours = [at.timestamp() / 3600 for at in times]
    values: dict[str, list[float]] = {
        "temperature_2m": [round(place.temperature(at), 1) for at in hours],
        "cloud_cover": [round(100 * place.clouds(at)) for at in hours],
        "wind_speed_10m": [round(place.wind(at), 1) for at in hours],
        # As Open-Meteo has it, the mean of the hour before: here what its middle has.
        "shortwave_radiation": [round(place.light(at - 0.5), 1) for at in hours],
    }
    wanted = query["hourly"].split(",")
    return {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "generationtime_ms": 0.1,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 38.0,
        "source": SOURCE,
        "hourly_units": {name: UNITS[name] for name in ("time", *wanted)},
        "hourly": {
            "time": [f"{at:%Y-%m-%dT%H:%M}" for at in times],
            **{name: values[name] for name in wanted},
        },
    }


class WeatherStandIn:
    """Listens on a free port of this machine until it is closed.

    Latitudes (as text) in `down` are answered with 503; `asked` holds every query, in order.
    """

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.asked: list[dict[str, str]] = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                stand_in.asked.append(query)
                stand_in.answer(self, query)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/forecast"
        serve(self._server, "weather")

    def answer(self, handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        """Answer one query."""
        if query["latitude"] in self.down:
            reply(handler, 503, b'{"error":true,"reason":"the stand-in was told to be down"}')
        else:
            reply(handler, 200, json.dumps(weather_of(query)).encode())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
