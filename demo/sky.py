"""Made-up weather that looks like weather: the same at each place and hour whenever it is asked for.

Hours are those since 1970-01-01T00:00Z, longitudes count eastwards. The sun is where it stands; clouds, wind and what
makes one day warmer than the next are smooth noise that travels, so that neighbours have the same weather soon after.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

YEAR = 365.25 * 24
MIDWINTER, COLDEST = 11 * 24, 20 * 24
"""Hours before New Year at which the sun stands lowest in the north, and after it at which it is coldest there."""
WARMEST = 15
"""Hour of the sun's day: the warmth lags behind the light."""


@dataclass(frozen=True, slots=True)
class Place:
    latitude: float
    longitude: float

    def clouds(self, hours: float) -> float:
        """The part of the sky that is covered, from 0 to 1: often nearly none or nearly all."""
        mixed = 0.6 * self._noise("front", hours, 67) + 0.28 * self._noise("cloud", hours, 13)
        return _eased(min(1.0, max(0.0, (mixed + 0.12 * self._noise("puff", hours, 3.1) - 0.17) / 0.5)))

    def light(self, hours: float) -> float:
        """Shortwave radiation on level ground in W/m²: of a clear sky by Haurwitz, less what clouds keep back.

        B. Haurwitz, Journal of Meteorology 2 (1945); F. Kasten and G. Czeplak, Solar Energy 24 (1980).
        """
        declination = math.radians(-23.44) * math.cos(2 * math.pi * (hours + MIDWINTER) / YEAR)
        latitude, turn = math.radians(self.latitude), math.radians(15 * (self._clock(hours) - 12))
        height = math.sin(latitude) * math.sin(declination)
        height += math.cos(latitude) * math.cos(declination) * math.cos(turn)
        if height <= 0.005:  # twilight is none of it
            return 0.0
        return 1098 * height * math.exp(-0.057 / height) * (1 - 0.75 * math.pow(self.clouds(hours), 3.4))

    def temperature(self, hours: float) -> float:
        """In °C: by latitude and season, by the sun's day, more so under a clear sky, and by what the wind brings."""
        season = -math.cos(2 * math.pi * (hours - COLDEST) / YEAR) * 0.13 * self.latitude
        day = math.cos(2 * math.pi * (self._clock(hours) - WARMEST) / 24) * (4 - 2.5 * self.clouds(hours))
        return 27 - self.latitude**2 / 165 + season + day + 10 * (self._noise("warmth", hours, 83) - 0.5)

    def wind(self, hours: float) -> float:
        """In km/h: calm and stormy days, gusts, and a little more while the sun is up."""
        day = 3 * math.cos(2 * math.pi * (self._clock(hours) - WARMEST) / 24)
        return 6 + day + 30 * math.pow(self._noise("storm", hours, 41), 1.5) + 6 * self._noise("gust", hours, 5.3)

    def _clock(self, hours: float) -> float:
        """The hour by the sun."""
        return (hours + self.longitude / 15) % 24

    def _noise(self, name: str, hours: float, period: float) -> float:
        """From 0 to 1, smooth, with no more than one turn in a period; it reaches the east and the north later."""
        whole, part = divmod(hours / period - self.longitude / 15 - self.latitude / 10, 1)
        before, after = lattice(name, int(whole)), lattice(name, int(whole) + 1)
        return before + (after - before) * _eased(part)


def _eased(part: float) -> float:
    """From 0 to 1 without a bend at either end (smoothstep)."""
    return part * part * (3 - 2 * part)


@lru_cache(maxsize=10_000)
def lattice(name: str, number: int) -> float:
    """A random number from 0 to 1 that is always the same."""
    return int.from_bytes(blake2b(f"{name} {number}".encode(), digest_size=4).digest(), "big") / 0xFFFFFFFF
