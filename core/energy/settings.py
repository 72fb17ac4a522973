"""The company's own variables, each feature's read by itself."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from core.energy.forecasts import settings as forecasts
from core.energy.settlement import settings as settlement

VARIABLES = (*forecasts.VARIABLES, *settlement.VARIABLES)


class Own(Struct, frozen=True):
    forecasting: forecasts.Forecasting
    settling: settlement.Settling


def read(environment: Mapping[str, str]) -> Own:
    """Read and validate. Raises `ConfigError` for the first variable that is malformed."""
    return Own(forecasts.read(environment), settlement.read(environment))
